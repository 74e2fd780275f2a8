#include "probes/dialect.h"

// The wire protocol of OpenAI's /responses.

namespace heyhi {
namespace {

HttpRequest BuildRequest(const Target& target) {
  JsonObject body;
  body.Set("model", target.id.model)
      .Set("input", target.prompt)
      .Set(target.call.cap_field, target.call.token_cap);
  if (IsStream(target)) body.Set("stream", true);
  return BuildCall(target, "/responses", std::move(body));
}

// A response is also what the last event of a stream holds.
Answer ReadAnswer(JsonView body) {
  Answer answer;
  const std::string status = body["status"].StringOrEmpty();
  if (status == "failed" || HasError(body)) answer.error = ReadErrorBody(body);
  // "incomplete" is the cap's doing.
  answer.well_formed =
      body["output"].IsArray() && (status == "completed" || status == "incomplete");
  answer.served_model = body["model"].StringOrEmpty();
  const JsonView usage = body["usage"];
  answer.usage =
      BelievableUsage(usage["input_tokens"].AsInteger(), usage["output_tokens"].AsInteger());
  return answer;
}

void ReadEvent(std::string_view name, JsonView data, StreamReading* reading) {
  const std::string type = data["type"].StringOrEmpty();
  if (name == "error" || type == "error" || HasError(data)) {
    // Flat by the documentation, nested in the wild.
    reading->answer.error = HasError(data) ? ReadErrorBody(data) : ReadErrorObject(data);
  } else if (type == "response.completed" || type == "response.incomplete" ||
             type == "response.failed") {
    reading->answer = ReadAnswer(data["response"]);
    if (type == "response.failed" && !reading->answer.error.has_value()) {
      reading->answer.error = ReadErrorBody(data["response"]);
    }
    reading->finished = reading->terminated = true;
  } else if (type.ends_with(".delta") && HasText(data["delta"])) {
    reading->has_content = true;
  }
}

}  // namespace

const Dialect kOpenAiResponses = {"openai_responses", /*done_ends_stream=*/false,
                                  &BuildRequest,      &BuildModelsRequest,
                                  &ReadAnswer,        &ReadEvent};

}  // namespace heyhi
