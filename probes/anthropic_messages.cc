#include "probes/dialect.h"

// The wire protocol of Anthropic's /messages.

namespace heyhi {
namespace {

HttpRequest BuildRequest(const Target& target) {
  JsonObject message;
  message.Set("role", "user").Set("content", target.prompt);
  JsonObject body;
  body.Set("model", target.id.model)
      .Set(target.call.cap_field, target.call.token_cap)
      .Set("messages", std::vector<JsonObject>{message});
  if (IsStream(target)) body.Set("stream", true);
  return BuildCall(target, "/messages", std::move(body));
}

// What comes from or goes to a cache is input all the same.
std::optional<std::int64_t> InputTokens(JsonView usage) {
  auto total = usage["input_tokens"].AsInteger();
  for (const char* member : {"cache_creation_input_tokens", "cache_read_input_tokens"}) {
    const auto cached = BelievableUsage(usage[member].AsInteger(), 0);
    if (total.has_value() && BelievableUsage(total, 0).has_value() && cached.has_value()) {
      *total += cached->input;
    }
  }
  return total;
}

bool IsError(JsonView body) { return body["type"].StringOrEmpty() == "error" || HasError(body); }

Answer ReadAnswer(JsonView body) {
  Answer answer;
  if (IsError(body)) answer.error = ReadErrorBody(body);
  // A refusal has no content and is an answer.
  answer.well_formed = body["content"].IsArray() && HasText(body["stop_reason"]);
  answer.served_model = body["model"].StringOrEmpty();
  const JsonView usage = body["usage"];
  answer.usage = BelievableUsage(InputTokens(usage), usage["output_tokens"].AsInteger());
  return answer;
}

bool CarriesContent(JsonView delta) {
  return HasText(delta["text"]) || HasText(delta["thinking"]) || HasText(delta["partial_json"]);
}

void ReadEvent(std::string_view name, JsonView data, StreamReading* reading) {
  Answer& answer = reading->answer;
  if (name == "error" || IsError(data)) {
    answer.error = ReadErrorBody(data);
  } else if (name == "message_start") {
    const JsonView message = data["message"];
    answer.well_formed = message["content"].IsArray();
    answer.served_model = message["model"].StringOrEmpty();
    const JsonView usage = message["usage"];
    answer.usage = BelievableUsage(InputTokens(usage), usage["output_tokens"].AsInteger());
  } else if (name == "content_block_delta") {
    if (CarriesContent(data["delta"])) reading->has_content = true;
  } else if (name == "message_delta") {
    // The count so far, not of this event.
    const auto output = BelievableUsage(0, data["usage"]["output_tokens"].AsInteger());
    if (answer.usage.has_value() && output.has_value()) answer.usage->output = output->output;
  } else if (name == "message_stop") {
    reading->finished = reading->terminated = true;
  }
}

}  // namespace

const Dialect kAnthropicMessages = {"anthropic_messages", /*done_ends_stream=*/false,
                                    &BuildRequest,        &BuildModelsRequest,
                                    &ReadAnswer,          &ReadEvent};

}  // namespace heyhi
