#include <algorithm>

#include "probes/dialect.h"

// The wire protocol of OpenAI's /chat/completions and of all who copied it.

namespace heyhi {
namespace {

HttpRequest BuildRequest(const Target& target) {
  JsonObject message;
  message.Set("role", "user").Set("content", target.prompt);
  JsonObject body;
  body.Set("model", target.id.model)
      .Set("messages", std::vector<JsonObject>{message})
      .Set(target.call.cap_field, target.call.token_cap);
  if (target.call.always_says_stream) {
    body.Set("stream", IsStream(target));
  } else if (IsStream(target)) {
    body.Set("stream", true).Set("stream_options", JsonObject().Set("include_usage", true));
  }
  return BuildCall(target, "/chat/completions", std::move(body));
}

std::optional<TokenUsage> ReadUsage(JsonView usage) {
  auto result =
      BelievableUsage(usage["prompt_tokens"].AsInteger(), usage["completion_tokens"].AsInteger());
  // xAI and others leave hidden thinking out of the completion; the total has it.
  const auto total = BelievableUsage(usage["total_tokens"].AsInteger(), 0);
  if (result.has_value() && total.has_value()) {
    result->output = std::max(result->output, total->input - result->input);
  }
  return result;
}

std::optional<ErrorBody> FindError(JsonView body) {
  const JsonView choice = body["choices"].At(0);
  if (HasError(body)) return ReadErrorBody(body);
  // OpenRouter's form for an upstream that failed after the status line.
  const std::string finish_reason = choice["finish_reason"].StringOrEmpty();
  if (finish_reason == "error") {
    return ReadErrorObject(choice["error"].exists() ? choice["error"] : choice);
  }
  // DeepSeek's for an answer that it broke off.
  if (finish_reason == "insufficient_system_resource") {
    ErrorBody error;
    error.code = finish_reason;
    return error;
  }
  // Mistral's.
  if (body["object"].StringOrEmpty() == "error") return ReadErrorObject(body);
  return std::nullopt;
}

Answer ReadAnswer(JsonView body) {
  Answer answer;
  const JsonView choice = body["choices"].At(0);
  answer.error = FindError(body);
  // An empty text is fine: a cap of one token is often spent before it. What
  // must be there is the choice, and the word why it ended.
  answer.well_formed = choice["message"].IsObject() && HasText(choice["finish_reason"]);
  answer.served_model = body["model"].StringOrEmpty();
  answer.usage = ReadUsage(body["usage"]);
  return answer;
}

// Thinking counts as content: its tokens are the model's first.
bool CarriesContent(JsonView delta) {
  for (const char* member : {"content", "reasoning_content", "reasoning", "refusal"}) {
    if (HasText(delta[member])) return true;
  }
  return false;
}

// An event that is no chunk but words: "detail", "message".
bool IsComplaint(JsonView data) {
  return !data["choices"].exists() && (HasText(data["message"]) || HasText(data["detail"]));
}

void ReadEvent(std::string_view name, JsonView data, StreamReading* reading) {
  Answer& answer = reading->answer;
  if (name == "error" || IsComplaint(data)) {
    answer.error = ReadErrorBody(data);
    return;
  }
  if (auto error = FindError(data)) {
    answer.error = std::move(error);
    return;
  }
  const JsonView choice = data["choices"].At(0);
  if (choice["delta"].IsObject()) answer.well_formed = true;
  if (CarriesContent(choice["delta"])) reading->has_content = true;
  if (HasText(choice["finish_reason"])) reading->finished = true;
  if (HasText(data["model"])) answer.served_model = data["model"].StringOrEmpty();
  if (auto usage = ReadUsage(data["usage"])) answer.usage = usage;
}

}  // namespace

const Dialect kOpenAiChat = {"openai_chat", /*done_ends_stream=*/true,
                             &BuildRequest, &BuildModelsRequest,
                             &ReadAnswer,   &ReadEvent};

}  // namespace heyhi
