#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
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

// The list of models never came to /v2.
HttpRequest BuildListRequest(const Target& target) {
  absl::string_view base = absl::StripSuffix(target.base_url, "/");
  if (!absl::ConsumeSuffix(&base, "/v2")) return BuildModelsRequest(target);
  return BuildGet(target, absl::StrCat(base, "/v1/models"));
}

// What is billed; the other counts include a preamble of hundreds of tokens.
std::optional<TokenUsage> ReadUsage(JsonView usage) {
  const JsonView billed = usage["billed_units"];
  return BelievableUsage(billed["input_tokens"].AsInteger(), billed["output_tokens"].AsInteger());
}

// The end of an answer, whole or streamed: its reason may be the failure itself.
std::optional<ErrorBody> FindError(JsonView end) {
  const std::string finish = end["finish_reason"].StringOrEmpty();
  const bool failed = finish.starts_with("ERROR") || finish == "TIMEOUT";
  if (!failed && !HasError(end)) return std::nullopt;
  ErrorBody result = HasError(end) ? ReadErrorObject(end["error"]) : ErrorBody();
  if (result.code.empty()) result.code = failed && finish != "TIMEOUT" ? "ERROR" : finish;
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
  if (HasError(data) || (type.empty() && HasText(data["message"]))) {
    answer.error = ReadErrorBody(data);
  } else if (type == "message-start") {
    answer.well_formed = true;
  } else if (type == "content-delta") {
    const JsonView content = delta["message"]["content"];
    if (HasText(content["text"]) || HasText(content["thinking"])) reading->has_content = true;
  } else if (type == "message-end") {
    if (auto failure = FindError(delta)) answer.error = std::move(failure);
    if (auto usage = ReadUsage(delta["usage"])) answer.usage = usage;
    reading->terminated = true;
    if (HasText(delta["finish_reason"])) reading->finished = true;
  }
}

}  // namespace

const Dialect kCohereChat = {"cohere_chat", /*done_ends_stream=*/true,
                             &BuildRequest, &BuildListRequest,
                             &ReadAnswer,   &ReadEvent};

}  // namespace heyhi
