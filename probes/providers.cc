#include "probes/providers.h"

#include <fnmatch.h>

namespace heyhi {
namespace {

constexpr std::string_view kChat = "openai_chat";
constexpr std::string_view kResponses = "openai_responses";
constexpr std::string_view kMessages = "anthropic_messages";
constexpr std::string_view kGenerate = "gemini_generate";
constexpr std::string_view kCohereChat = "cohere_chat";

constexpr std::string_view kNotStored = R"({"store":false})";

Provider OpenAi() {
  Provider row;
  row.name = "openai";
  row.base_url = "https://api.openai.com/v1";
  row.dialect = kChat;
  row.api_key_env = "OPENAI_API_KEY";
  row.default_model = "gpt-6-luna";
  row.request_id_header = "x-request-id";
  row.rate_limit_headers = "x-ratelimit-*";
  row.status_page = "https://status.openai.com";
  // The oldest families know no reasoning_effort and answer 400 to it; of the
  // others each has its own word for the least.
  row.minimal_calls = {
      {kChat, "gpt-3*", "max_completion_tokens", 1, "{}"},
      {kChat, "gpt-4*", "max_completion_tokens", 1, "{}"},
      {kChat, "ft:gpt-[34]*", "max_completion_tokens", 1, "{}"},
      {kChat, "chatgpt-*", "max_completion_tokens", 1, "{}"},
      {kChat, "gpt-5-chat*", "max_completion_tokens", 16, "{}"},
      {kChat, "o[0-9]*", "max_completion_tokens", 16, R"({"reasoning_effort":"low"})"},
      {kChat, "gpt-5", "max_completion_tokens", 16, R"({"reasoning_effort":"minimal"})"},
      {kChat, "gpt-5-*", "max_completion_tokens", 16, R"({"reasoning_effort":"minimal"})"},
      {kChat, "*", "max_completion_tokens", 16, R"({"reasoning_effort":"none"})"},
      {kResponses, "gpt-3*", "max_output_tokens", 16, kNotStored},
      {kResponses, "gpt-4*", "max_output_tokens", 16, kNotStored},
      {kResponses, "ft:gpt-[34]*", "max_output_tokens", 16, kNotStored},
      {kResponses, "chatgpt-*", "max_output_tokens", 16, kNotStored},
      {kResponses, "gpt-5-chat*", "max_output_tokens", 16, kNotStored},
      {kResponses, "o[0-9]*", "max_output_tokens", 16,
       R"({"reasoning":{"effort":"low"},"store":false})"},
      {kResponses, "gpt-5", "max_output_tokens", 16,
       R"({"reasoning":{"effort":"minimal"},"store":false})"},
      {kResponses, "gpt-5-*", "max_output_tokens", 16,
       R"({"reasoning":{"effort":"minimal"},"store":false})"},
      {kResponses, "*", "max_output_tokens", 16,
       R"({"reasoning":{"effort":"none"},"store":false})"}};
  return row;
}

Provider Anthropic() {
  Provider row;
  row.name = "anthropic";
  row.base_url = "https://api.anthropic.com/v1";
  row.dialect = kMessages;
  row.api_key_env = "ANTHROPIC_API_KEY";
  row.default_model = "claude-haiku-5-5";
  row.error_rules = ErrorRules::kAnthropic;
  row.api_version = "2026-10-21";
  row.request_id_header = "request-id";
  row.rate_limit_headers = "anthropic-ratelimit-*";
  row.status_page = "https://status.claude.com";
  row.minimal_calls = {{kMessages, "*", "max_tokens", 1, R"({"thinking":{"type":"disabled"}})"}};
  return row;
}

Provider Gemini() {
  Provider row;
  row.name = "gemini";
  row.base_url = "https://generativelanguage.googleapis.com/v1beta";
  row.dialect = kGenerate;
  row.api_key_env = "GEMINI_API_KEY";
  row.default_model = "gemini-2.5-flash-lite";
  row.error_rules = ErrorRules::kGemini;
  row.key_header = KeyHeader::kXGoogApiKey;
  row.status_page = "https://aistudio.google.com/status";
  // 2.5 has a budget, 3 has levels; both together are refused. The Pro models
  // cannot stop thinking.
  row.minimal_calls = {{kGenerate, "gemini-2.5-flash*", "maxOutputTokens", 1,
                        R"({"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}})"},
                       {kGenerate, "gemini-3*-pro*", "maxOutputTokens", 1,
                        R"({"generationConfig":{"thinkingConfig":{"thinkingLevel":"LOW"}}})"},
                       {kGenerate, "gemini-3*", "maxOutputTokens", 1,
                        R"({"generationConfig":{"thinkingConfig":{"thinkingLevel":"MINIMAL"}}})"},
                       {kGenerate, "*", "maxOutputTokens", 1, "{}"}};
  return row;
}

Provider Xai() {
  Provider row;
  row.name = "xai";
  row.base_url = "https://api.x.ai/v1";
  row.dialect = kChat;
  row.api_key_env = "XAI_API_KEY";
  row.default_model = "grok-4.20-0309-non-reasoning";
  row.error_rules = ErrorRules::kXai;
  row.request_id_header = "x-request-id";
  row.status_page = "https://status.x.ai";
  row.minimal_calls = {{kChat, "*", "max_tokens", 16, "{}"}};
  return row;
}

Provider Cohere() {
  Provider row;
  row.name = "cohere";
  row.base_url = "https://api.cohere.com/v2";
  row.dialect = kCohereChat;
  row.api_key_env = "CO_API_KEY";
  row.default_model = "command-r7b-12-2024";
  row.error_rules = ErrorRules::kCohere;
  row.request_id_header = "x-debug-trace-id";
  row.rate_limit_headers = "x-trial-endpoint-call-*";
  row.status_page = "https://status.cohere.com";
  row.minimal_calls = {{kCohereChat, "*", "max_tokens", 1, "{}"}};
  return row;
}

Provider Mistral() {
  Provider row;
  row.name = "mistral";
  row.base_url = "https://api.mistral.ai/v1";
  row.dialect = kChat;
  row.api_key_env = "MISTRAL_API_KEY";
  row.default_model = "ministral-3b-latest";
  row.error_rules = ErrorRules::kMistral;
  row.request_id_header = "mistral-correlation-id";
  row.rate_limit_headers = "x-ratelimit-*";
  row.status_page = "https://status.mistral.ai";
  row.always_says_stream = true;
  row.minimal_calls = {{kChat, "*", "max_tokens", 1, "{}"}};
  return row;
}

Provider DeepSeek() {
  Provider row;
  row.name = "deepseek";
  row.base_url = "https://api.deepseek.com";
  row.dialect = kChat;
  row.api_key_env = "DEEPSEEK_API_KEY";
  row.default_model = "deepseek-flash";
  row.request_id_header = "x-ds-trace-id";
  row.status_page = "https://status.deepseek.com";
  row.minimal_calls = {{kChat, "*", "max_tokens", 16, R"({"thinking":{"type":"disabled"}})"}};
  return row;
}

Provider Groq() {
  Provider row;
  row.name = "groq";
  row.base_url = "https://api.groq.com/openai/v1";
  row.dialect = kChat;
  row.api_key_env = "GROQ_API_KEY";
  row.default_model = "openai/gpt-oss-20b";
  row.request_id_header = "x-request-id";
  row.rate_limit_headers = "x-ratelimit-*";
  row.status_page = "https://groqstatus.com";
  // gpt-oss cannot stop reasoning; "low" is its least.
  row.minimal_calls = {
      {kChat, "openai/gpt-oss*", "max_tokens", 16, R"({"reasoning_effort":"low"})"},
      {kChat, "*", "max_tokens", 16, "{}"}};
  return row;
}

Provider OpenRouter() {
  Provider row;
  row.name = "openrouter";
  row.base_url = "https://openrouter.ai/api/v1";
  row.dialect = kChat;
  row.api_key_env = "OPENROUTER_API_KEY";
  row.request_id_header = "x-generation-id";
  row.status_page = "https://status.openrouter.ai";
  row.minimal_calls = {{kChat, "*", "max_tokens", 16, "{}"}};
  return row;
}

Provider AzureOpenAi() {
  Provider row;
  row.name = "azure_openai";
  row.base_url_form = "https://RESOURCE.openai.azure.com/openai/v1";
  row.dialect = kChat;
  row.api_key_env = "AZURE_OPENAI_API_KEY";
  row.error_rules = ErrorRules::kAzure;
  row.api_version = "2024-10-21";
  row.request_id_header = "apim-request-id";
  row.rate_limit_headers = "x-ratelimit-*";
  row.status_page = "https://azure.status.microsoft";
  row.has_deployment_route = true;
  // A deployment has a name of the customer's choice, and so hides its family:
  // no thinking switch is safe.
  row.names_served_model = false;
  row.minimal_calls = {{kChat, "*", "max_completion_tokens", 16, "{}"}};
  return row;
}

Provider Bedrock() {
  Provider row;
  row.name = "bedrock";
  row.base_url_form = "https://bedrock-mantle.REGION.api.aws/openai/v1";
  row.dialect = kChat;
  row.api_key_env = "AWS_BEARER_TOKEN_BEDROCK";
  row.error_rules = ErrorRules::kBedrock;
  row.request_id_header = "x-amzn-requestid";
  row.status_page = "https://health.aws.amazon.com/health/status";
  row.names_served_model = false;
  row.minimal_calls = {{kChat, "*", "max_tokens", 16, "{}"}};
  return row;
}

std::vector<Provider> CompatibleRows() {
  std::vector<Provider> rows(5);
  rows[0].dialect = kChat;
  rows[0].minimal_calls = {{kChat, "*", "max_tokens", 1, "{}"}};
  rows[1].dialect = kResponses;
  rows[1].minimal_calls = {{kResponses, "*", "max_output_tokens", 16, kNotStored}};
  rows[2].dialect = kMessages;
  rows[2].error_rules = ErrorRules::kAnthropic;
  rows[2].api_version = "2023-06-01";  // what those who copied the protocol copied
  rows[2].request_id_header = "request-id";
  rows[2].minimal_calls = {{kMessages, "*", "max_tokens", 1, "{}"}};
  rows[3].dialect = kGenerate;
  rows[3].error_rules = ErrorRules::kGemini;
  rows[3].key_header = KeyHeader::kXGoogApiKey;
  rows[3].minimal_calls = {{kGenerate, "*", "maxOutputTokens", 1, "{}"}};
  rows[4].dialect = kCohereChat;
  rows[4].error_rules = ErrorRules::kCohere;
  rows[4].minimal_calls = {{kCohereChat, "*", "max_tokens", 1, "{}"}};
  return rows;
}

const MinimalCall* FindMinimalCall(const Provider& provider, const std::string& dialect,
                                   const std::string& model) {
  for (const MinimalCall& call : provider.minimal_calls) {
    // Literals, so the pattern ends in a NUL.
    if (call.dialect == dialect && fnmatch(call.models.data(), model.c_str(), 0) == 0) {
      return &call;
    }
  }
  return nullptr;
}

}  // namespace

// Never destroyed: programs may still read it while they end.
const std::vector<Provider>& Providers() {
  static const auto& rows = *new std::vector<Provider>{
      OpenAi(),   Anthropic(), Gemini(),     Xai(),         Cohere(), Mistral(),
      DeepSeek(), Groq(),      OpenRouter(), AzureOpenAi(), Bedrock()};
  return rows;
}

const Provider* FindProvider(const std::string& name) {
  for (const Provider& provider : Providers()) {
    if (provider.name == name) return &provider;
  }
  return nullptr;
}

const Provider& CompatibleProvider(const std::string& dialect) {
  static const auto& rows = *new std::vector<Provider>(CompatibleRows());
  for (const Provider& row : rows) {
    if (row.dialect == dialect) return row;
  }
  return rows.front();
}

const MinimalCall& MinimalCallFor(const Provider& provider, const std::string& dialect,
                                  const std::string& model) {
  if (const MinimalCall* call = FindMinimalCall(provider, dialect, model)) return *call;
  return CompatibleProvider(dialect).minimal_calls.front();
}

}  // namespace heyhi
