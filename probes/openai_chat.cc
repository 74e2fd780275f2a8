#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "probes/dialect.h"

namespace heyhi {

HttpRequest BuildOpenAiChatRequest(const Target& target) {
  JsonObject message;
  message.Set("role", "user").Set("content", target.prompt);
  JsonObject body;
  body.Set("model", target.id.model)
      .Set("messages", std::vector<JsonObject>{message})
      .Set(target.cap_field, target.token_cap);
  if (const auto extra = JsonDocument::Parse(target.extra_body)) {
    body.Merge(JsonObject(extra->root()));
  }

  HttpRequest request;
  request.method = "POST";
  request.url = absl::StrCat(absl::StripSuffix(target.base_url, "/"), "/chat/completions");
  request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/json"}};
  if (!target.api_key.empty()) {
    request.headers.emplace_back("Authorization", absl::StrCat("Bearer ", target.api_key.Reveal()));
  }
  request.body = body.Dump();
  request.timeout = target.timeout;
  request.ca_file = target.ca_file;
  return request;
}

Answer ReadOpenAiChatAnswer(JsonView body) {
  Answer answer;
  const JsonView choice = body["choices"].At(0);
  const std::string finish_reason = choice["finish_reason"].StringOrEmpty();
  if (const JsonView error = body["error"]; error.exists() && !error.IsNull()) {
    answer.error = error;
  } else if (finish_reason == "error") {
    // OpenRouter's form for an upstream that failed after the status line.
    answer.error = choice["error"].exists() ? choice["error"] : choice;
  }
  // An empty text is fine: a cap of one token is often spent before it. What
  // must be there is the choice, and the word why it ended.
  answer.well_formed = choice["message"].IsObject() && !finish_reason.empty();
  answer.served_model = body["model"].StringOrEmpty();
  const JsonView usage = body["usage"];
  const auto input = usage["prompt_tokens"].AsInteger();
  const auto output = usage["completion_tokens"].AsInteger();
  // More than any probe can use is a lie, and would spoil the counters for good.
  constexpr std::int64_t kMostTokens = 1000000;
  const auto believable = [](const std::optional<std::int64_t>& count) {
    return count.has_value() && *count >= 0 && *count <= kMostTokens;
  };
  if (believable(input) && believable(output)) {
    answer.usage = TokenUsage{*input, *output};
  }
  return answer;
}

}  // namespace heyhi
