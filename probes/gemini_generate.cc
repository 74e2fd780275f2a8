#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "probes/dialect.h"
#include "probes/url.h"

// The wire protocol of Gemini's :generateContent and :streamGenerateContent.

namespace heyhi {
namespace {

HttpRequest BuildRequest(const Target& target) {
  JsonObject content;
  content.Set("parts", std::vector<JsonObject>{JsonObject().Set("text", target.prompt)})
      .Set("role", "user");
  JsonObject body;
  body.Set("contents", std::vector<JsonObject>{content})
      .Set("generationConfig", JsonObject().Set(target.call.cap_field, target.call.token_cap));
  const std::string model(absl::StripPrefix(target.id.model, "models/"));
  const char* method = IsStream(target) ? ":streamGenerateContent?alt=sse" : ":generateContent";
  return BuildCall(target, absl::StrCat("/models/", EncodePathSegment(model), method),
                   std::move(body));
}

// Counts of nothing are left out; thinking is counted apart.
std::optional<TokenUsage> ReadUsage(JsonView usage) {
  const auto count = [&usage](const char* member) -> std::optional<std::int64_t> {
    return usage[member].exists() ? usage[member].AsInteger() : 0;
  };
  const auto text =
      BelievableUsage(usage["promptTokenCount"].AsInteger(), count("candidatesTokenCount"));
  const auto thinking = BelievableUsage(0, count("thoughtsTokenCount"));
  if (!text.has_value() || !thinking.has_value()) return std::nullopt;
  return BelievableUsage(text->input, text->output + thinking->output);
}

bool HasParts(JsonView candidate) { return candidate["content"]["parts"].size() > 0; }

// The filter's words for a refused prompt, and for a refused answer.
bool IsBlocked(JsonView body) {
  const JsonView candidate = body["candidates"].At(0);
  if (!candidate.exists()) return HasText(body["promptFeedback"]["blockReason"]);
  const std::string finish = candidate["finishReason"].StringOrEmpty();
  static constexpr std::string_view kFilters[] = {"SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST",
                                                  "SPII",   "RECITATION",         "IMAGE_SAFETY"};
  return std::find(std::begin(kFilters), std::end(kFilters), finish) != std::end(kFilters) &&
         !HasParts(candidate);
}

Answer ReadAnswer(JsonView body) {
  Answer answer;
  if (HasError(body)) answer.error = ReadErrorBody(body);
  answer.blocked = IsBlocked(body);
  // No parts are fine: thinking may have spent the cap.
  answer.well_formed = HasText(body["candidates"].At(0)["finishReason"]);
  answer.served_model = body["modelVersion"].StringOrEmpty();
  answer.usage = ReadUsage(body["usageMetadata"]);
  return answer;
}

void ReadEvent(std::string_view /*name*/, JsonView data, StreamReading* reading) {
  Answer& answer = reading->answer;
  if (HasError(data)) {
    answer.error = ReadErrorBody(data);
    return;
  }
  const JsonView candidate = data["candidates"].At(0);
  const JsonView parts = candidate["content"]["parts"];
  for (std::size_t i = 0; parts.IsArray() && i < parts.size(); ++i) {
    if (HasText(parts.At(i)["text"])) reading->has_content = true;
  }
  if (candidate.IsObject()) answer.well_formed = true;
  // There is no last word: the connection closes after the reason.
  if (HasText(candidate["finishReason"])) reading->finished = true;
  if (IsBlocked(data) && !reading->has_content) answer.blocked = true;
  if (HasText(data["modelVersion"])) answer.served_model = data["modelVersion"].StringOrEmpty();
  if (auto usage = ReadUsage(data["usageMetadata"])) answer.usage = usage;
}

}  // namespace

const Dialect kGeminiGenerate = {"gemini_generate", /*done_ends_stream=*/false,
                                 &BuildRequest,     &BuildModelsRequest,
                                 &ReadAnswer,       &ReadEvent};

}  // namespace heyhi
