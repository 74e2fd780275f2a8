#include "probes/providers.h"

namespace heyhi {

// Never destroyed: programs may still read it while they end.
const std::vector<Provider>& Providers() {
  static const auto& rows = *new std::vector<Provider>{
      {"openai",
       "https://api.openai.com/v1",
       "openai_chat",
       "OPENAI_API_KEY",
       "gpt-6-luna",
       ErrorRules::kOpenAi,
       // The older families know no reasoning_effort and answer 400 to it.
       {{"gpt-3", "max_completion_tokens", 1, "{}"},
        {"gpt-4", "max_completion_tokens", 1, "{}"},
        {"", "max_completion_tokens", 16, R"({"reasoning_effort":"none"})"}}},
      {"xai",
       "https://api.x.ai/v1",
       "openai_chat",
       "XAI_API_KEY",
       "grok-4.20-0309-non-reasoning",
       ErrorRules::kXai,
       {{"", "max_tokens", 16, "{}"}}},
      {"mistral",
       "https://api.mistral.ai/v1",
       "openai_chat",
       "MISTRAL_API_KEY",
       "ministral-3b-latest",
       ErrorRules::kMistral,
       {{"", "max_tokens", 1, R"({"stream":false})"}}},
      {"deepseek",
       "https://api.deepseek.com",
       "openai_chat",
       "DEEPSEEK_API_KEY",
       "deepseek-flash",
       ErrorRules::kOpenAi,
       {{"", "max_tokens", 16, R"({"thinking":{"type":"disabled"}})"}}},
      {"groq",
       "https://api.groq.com/openai/v1",
       "openai_chat",
       "GROQ_API_KEY",
       "openai/gpt-oss-20b",
       ErrorRules::kOpenAi,
       // gpt-oss cannot stop reasoning; "low" is its least.
       {{"openai/gpt-oss", "max_tokens", 16, R"({"reasoning_effort":"low"})"},
        {"", "max_tokens", 16, "{}"}}},
      {"openrouter",
       "https://openrouter.ai/api/v1",
       "openai_chat",
       "OPENROUTER_API_KEY",
       "",
       ErrorRules::kOpenAi,
       {{"", "max_tokens", 16, "{}"}}},
  };
  return rows;
}

const MinimalCall& Provider::MinimalCallFor(const std::string& model) const {
  for (const MinimalCall& call : minimal_calls) {
    if (model.starts_with(call.model_prefix)) return call;
  }
  return minimal_calls.back();
}

const Provider* FindProvider(const std::string& name) {
  for (const Provider& provider : Providers()) {
    if (provider.name == name) return &provider;
  }
  return nullptr;
}

const Provider& CompatibleProvider() {
  static const auto& provider = *new Provider{
      "", "", "openai_chat", "", "", ErrorRules::kOpenAi, {{"", "max_tokens", 1, "{}"}}};
  return provider;
}

}  // namespace heyhi
