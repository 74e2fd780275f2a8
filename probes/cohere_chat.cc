#include "probes/dialect.h"

// The wire protocol of Cohere's /v2/chat.

namespace heyhi {
namespace {

HttpRequest BuildRequest(const Target& target) {
  JsonObject message;
  message.Set("role", "user").Set("content", target.prompt);
  JsonObject body;
  body.Set("model", target.id.model)
      .Set(target.call.cap_field, target.call.token_cap)
      .Set("messages", std::vector<JsonObject>{message})
      .Set("stream", IsStream(target));
  return BuildCall(target, "/chat", std::move(body));
}

// What is billed; the other counts include a preamble of hundreds of tokens.
std::optional<TokenUsage> ReadUsage(JsonView usage) {
  const JsonView billed = usage["billed_units"];
  return BelievableUsage(billed["input_tokens"].AsInteger(), billed["output_tokens"].AsInteger());
}

// The end of an answer, whole or streamed: its reason may be the failure itself.
std::optional<ErrorBody> FindError(JsonView end) {
  const std::string finish = end["finish_reason"].StringOrEmpty();
  const JsonView error = end["error"];
  const bool has_error = error.exists() && !error.IsNull();
  if (finish != "ERROR" && finish != "TIMEOUT" && !has_error) return std::nullopt;
  ErrorBody result = has_error ? ReadErrorObject(error) : ErrorBody();
  if (result.code.empty()) result.code = finish;
  return result;
}

Answer ReadAnswer(JsonView body) {
  Answer answer;
  answer.error = FindError(body);
  answer.well_formed = body["message"].IsObject() && HasText(body["finish_reason"]);
  answer.usage = ReadUsage(body["usage"]);
  return answer;
}

void ReadEvent(std::string_view /*name*/, JsonView data, StreamReading* reading) {
  Answer& answer = reading->answer;
  const std::string type = data["type"].StringOrEmpty();
  const JsonView delta = data["delta"];
  if (const JsonView error = data["error"]; error.exists() && !error.IsNull()) {
    answer.error = ReadErrorBody(data);
  } else if (type == "message-start") {
    answer.well_formed = true;
  } else if (type == "content-delta") {
    const JsonView content = delta["message"]["content"];
    if (HasText(content["text"]) || HasText(content["thinking"])) reading->has_content = true;
  } else if (type == "message-end") {
    if (auto failure = FindError(delta)) answer.error = std::move(failure);
    if (auto usage = ReadUsage(delta["usage"])) answer.usage = usage;
    reading->finished = reading->terminated = true;
  }
}

}  // namespace

const Dialect kCohereChat = {"cohere_chat", /*done_ends_stream=*/true, &BuildRequest, &ReadAnswer,
                             &ReadEvent};

}  // namespace heyhi
