#include "probes/providers.h"

#include <fnmatch.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "probes/url.h"

namespace heyhi {
namespace {

constexpr std::string_view kChat = "openai_chat";
constexpr std::string_view kResponses = "openai_responses";
constexpr std::string_view kMessages = "anthropic_messages";
constexpr std::string_view kGenerate = "gemini_generate";
constexpr std::string_view kCohereChat = "cohere_chat";

constexpr std::string_view kNotStored = R"({"store":false})";

// What many accept.
constexpr MinimalCall kOneToken[] = {{kChat, "*", "max_tokens", 1, "{}"}};
constexpr MinimalCall kSixteenTokens[] = {{kChat, "*", "max_tokens", 16, "{}"}};

// The oldest families know no reasoning_effort and answer 400 to it; of the
// others each has its own word for the least.
constexpr MinimalCall kOpenAiCalls[] = {
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
    {kResponses, "*", "max_output_tokens", 16, R"({"reasoning":{"effort":"none"},"store":false})"}};

constexpr MinimalCall kAnthropicCalls[] = {
    {kMessages, "*", "max_tokens", 1, R"({"thinking":{"type":"disabled"}})"}};

// 2.5 has a budget, 3 has levels; both together are refused. The Pro models
// cannot stop thinking.
constexpr MinimalCall kGeminiCalls[] = {
    {kGenerate, "gemini-2.5-flash*", "maxOutputTokens", 1,
     R"({"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}})"},
    {kGenerate, "gemini-3*-pro*", "maxOutputTokens", 1,
     R"({"generationConfig":{"thinkingConfig":{"thinkingLevel":"LOW"}}})"},
    {kGenerate, "gemini-3*", "maxOutputTokens", 1,
     R"({"generationConfig":{"thinkingConfig":{"thinkingLevel":"MINIMAL"}}})"},
    {kGenerate, "*", "maxOutputTokens", 1, "{}"}};

constexpr MinimalCall kDeepSeekCalls[] = {
    {kChat, "*", "max_tokens", 16, R"({"thinking":{"type":"disabled"}})"}};

// gpt-oss cannot stop reasoning; "low" is its least.
constexpr MinimalCall kGroqCalls[] = {
    {kChat, "openai/gpt-oss*", "max_tokens", 16, R"({"reasoning_effort":"low"})"},
    {kChat, "*", "max_tokens", 16, "{}"}};

// A deployment has a name of the customer's choice, and so hides its family: no
// thinking switch is safe.
constexpr MinimalCall kAzureOpenAiCalls[] = {{kChat, "*", "max_completion_tokens", 16, "{}"}};

// What the servers that copied a dialect accept.
constexpr MinimalCall kResponsesCalls[] = {{kResponses, "*", "max_output_tokens", 16, kNotStored}};
constexpr MinimalCall kMessagesCalls[] = {{kMessages, "*", "max_tokens", 1, "{}"}};
constexpr MinimalCall kGenerateCalls[] = {{kGenerate, "*", "maxOutputTokens", 1, "{}"}};
constexpr MinimalCall kCohereCalls[] = {{kCohereChat, "*", "max_tokens", 1, "{}"}};

constexpr Provider kProviders[] = {
    {
        .name = "openai",
        .base_url = "https://api.openai.com/v1",
        .dialect = kChat,
        .api_key_env = "OPENAI_API_KEY",
        .default_model = "gpt-6-luna",
        .request_id_header = "x-request-id",
        .rate_limit_headers = "x-ratelimit-*",
        .status_page = "https://status.openai.com",
        .minimal_calls = kOpenAiCalls,
    },
    {
        .name = "anthropic",
        .base_url = "https://api.anthropic.com/v1",
        .dialect = kMessages,
        .api_key_env = "ANTHROPIC_API_KEY",
        .default_model = "claude-haiku-5-5",
        .error_rules = ErrorRules::kAnthropic,
        .api_version = "2026-10-21",
        .request_id_header = "request-id",
        .rate_limit_headers = "anthropic-ratelimit-*",
        .status_page = "https://status.claude.com",
        .minimal_calls = kAnthropicCalls,
    },
    {
        .name = "gemini",
        .base_url = "https://generativelanguage.googleapis.com/v1beta",
        .dialect = kGenerate,
        .api_key_env = "GEMINI_API_KEY",
        .default_model = "gemini-2.5-flash-lite",
        .error_rules = ErrorRules::kGemini,
        .key_header = KeyHeader::kXGoogApiKey,
        .status_page = "https://aistudio.google.com/status",
        .minimal_calls = kGeminiCalls,
    },
    {
        .name = "xai",
        .base_url = "https://api.x.ai/v1",
        .dialect = kChat,
        .api_key_env = "XAI_API_KEY",
        .default_model = "grok-4.20-0309-non-reasoning",
        .error_rules = ErrorRules::kXai,
        .request_id_header = "x-request-id",
        .status_page = "https://status.x.ai",
        .minimal_calls = kSixteenTokens,
    },
    {
        .name = "cohere",
        .base_url = "https://api.cohere.com/v2",
        .dialect = kCohereChat,
        .api_key_env = "CO_API_KEY",
        .default_model = "command-r7b-12-2024",
        .error_rules = ErrorRules::kCohere,
        .request_id_header = "x-debug-trace-id",
        .rate_limit_headers = "x-trial-endpoint-call-*",
        .status_page = "https://status.cohere.com",
        .minimal_calls = kCohereCalls,
    },
    {
        .name = "mistral",
        .base_url = "https://api.mistral.ai/v1",
        .dialect = kChat,
        .api_key_env = "MISTRAL_API_KEY",
        .default_model = "ministral-3b-latest",
        .error_rules = ErrorRules::kMistral,
        .request_id_header = "mistral-correlation-id",
        .rate_limit_headers = "x-ratelimit-*",
        .status_page = "https://status.mistral.ai",
        .always_says_stream = true,
        .minimal_calls = kOneToken,
    },
    {
        .name = "deepseek",
        .base_url = "https://api.deepseek.com",
        .dialect = kChat,
        .api_key_env = "DEEPSEEK_API_KEY",
        .default_model = "deepseek-flash",
        .request_id_header = "x-ds-trace-id",
        .status_page = "https://status.deepseek.com",
        .minimal_calls = kDeepSeekCalls,
    },
    {
        .name = "groq",
        .base_url = "https://api.groq.com/openai/v1",
        .dialect = kChat,
        .api_key_env = "GROQ_API_KEY",
        .default_model = "openai/gpt-oss-20b",
        .request_id_header = "x-request-id",
        .rate_limit_headers = "x-ratelimit-*",
        .status_page = "https://groqstatus.com",
        .minimal_calls = kGroqCalls,
    },
    {
        .name = "openrouter",
        .base_url = "https://openrouter.ai/api/v1",
        .dialect = kChat,
        .api_key_env = "OPENROUTER_API_KEY",
        .request_id_header = "x-generation-id",
        .status_page = "https://status.openrouter.ai",
        .models_need_key = false,  // documented as public; a wrong key gets it too
        .minimal_calls = kSixteenTokens,
    },
    {
        .name = "azure_openai",
        .base_url_form = "https://RESOURCE.openai.azure.com/openai/v1",
        .dialect = kChat,
        .api_key_env = "AZURE_OPENAI_API_KEY",
        .error_rules = ErrorRules::kAzure,
        .api_version = "2024-10-21",
        .request_id_header = "apim-request-id",
        .rate_limit_headers = "x-ratelimit-*",
        .status_page = "https://azure.status.microsoft",
        .has_deployment_route = true,
        .names_served_model = false,
        .minimal_calls = kAzureOpenAiCalls,
    },
    {
        .name = "bedrock",
        .base_url_form = "https://bedrock-mantle.REGION.api.aws/openai/v1",
        .dialect = kChat,
        .api_key_env = "AWS_BEARER_TOKEN_BEDROCK",
        .error_rules = ErrorRules::kBedrock,
        .request_id_header = "x-amzn-requestid",
        .status_page = "https://health.aws.amazon.com/health/status",
        .names_served_model = false,
        .minimal_calls = kSixteenTokens,
    },
};

// One row a dialect; they have no names.
constexpr Provider kCompatible[] = {
    {
        .dialect = kChat,
        .minimal_calls = kOneToken,
    },
    {
        .dialect = kResponses,
        .minimal_calls = kResponsesCalls,
    },
    {
        .dialect = kMessages,
        .error_rules = ErrorRules::kAnthropic,
        .api_version = "2023-06-01",  // what those who copied the protocol copied
        .request_id_header = "request-id",
        .minimal_calls = kMessagesCalls,
    },
    {
        .dialect = kGenerate,
        .error_rules = ErrorRules::kGemini,
        .key_header = KeyHeader::kXGoogApiKey,
        .minimal_calls = kGenerateCalls,
    },
    {
        .dialect = kCohereChat,
        .error_rules = ErrorRules::kCohere,
        .minimal_calls = kCohereCalls,
    },
};

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

// Whether a part of a host's name is the form's; capitals there stand for any.
bool FitsLabel(absl::string_view label, absl::string_view form) {
  const bool is_placeholder = std::all_of(form.begin(), form.end(), absl::ascii_isupper);
  return is_placeholder ? !label.empty() : absl::EqualsIgnoreCase(label, form);
}

bool FitsHost(const std::string& host, const std::string& form) {
  const std::vector<absl::string_view> labels = absl::StrSplit(host, '.');
  const std::vector<absl::string_view> forms = absl::StrSplit(form, '.');
  return std::equal(labels.begin(), labels.end(), forms.begin(), forms.end(), &FitsLabel);
}

}  // namespace

std::span<const Provider> Providers() { return kProviders; }

std::vector<std::string> ProviderNames() {
  std::vector<std::string> names;
  for (const Provider& provider : kProviders) names.emplace_back(provider.name);
  return names;
}

const Provider* FindProvider(const std::string& name) {
  for (const Provider& provider : kProviders) {
    if (provider.name == name) return &provider;
  }
  return nullptr;
}

bool IsOwnAddress(const Provider& provider, const std::string& base_url) {
  const std::string_view known =
      provider.base_url.empty() ? provider.base_url_form : provider.base_url;
  const auto own = ParseUrl(std::string(known));
  const auto asked = ParseUrl(base_url);
  return own.ok() && asked.ok() && asked->https && asked->port == own->port &&
         FitsHost(asked->host, own->host);
}

const Provider& CompatibleProvider(const std::string& dialect) {
  for (const Provider& row : kCompatible) {
    if (row.dialect == dialect) return row;
  }
  return kCompatible[0];
}

const MinimalCall& MinimalCallFor(const Provider& provider, const std::string& dialect,
                                  const std::string& model) {
  if (const MinimalCall* call = FindMinimalCall(provider, dialect, model)) return *call;
  return CompatibleProvider(dialect).minimal_calls.front();
}

}  // namespace heyhi
