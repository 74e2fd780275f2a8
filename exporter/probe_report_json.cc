#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/probe_facts.h"
#include "exporter/probe_report.h"
#include "exporter/terminal_text.h"
#include "probes/json.h"

namespace heyhi {
namespace {

constexpr std::size_t kMostReportText = 2048;

// Null where nothing is known.
template <typename T>
void SetKnown(const std::string& key, const std::optional<T>& value, JsonObject* object) {
  if (value.has_value()) {
    object->Set(key, *value);
  } else {
    object->Set(key, JsonView());
  }
}

std::optional<double> Seconds(const std::optional<absl::Duration>& duration) {
  return duration.has_value() ? std::optional(absl::ToDoubleSeconds(*duration)) : std::nullopt;
}

class JsonReport {
 public:
  JsonReport(const Target& target, const ProbeResult& result, const ReportOptions& options)
      : target_(target), result_(result), options_(options) {}

  std::string Write() {
    WriteTarget();
    WriteVerdict();
    WriteAnswer();
    WriteUsage();
    WriteSample();
    return json_.Dump();
  }

 private:
  void WriteTarget();
  void WriteVerdict();
  void WriteAnswer();
  void WriteUsage();
  void WriteSample();

  std::string Clean(const std::string& text) const {
    const std::string clean = CleanText(text, target_.api_key, kMostReportText);
    return options_.utf8 ? clean : AsciiOnly(clean);
  }
  // Null for "".
  void Text(const std::string& key, const std::string& text);

  const Target& target_;
  const ProbeResult& result_;
  const ReportOptions& options_;
  JsonObject json_;
};

void JsonReport::Text(const std::string& key, const std::string& text) {
  SetKnown(key, text.empty() ? std::nullopt : std::optional(Clean(text)), &json_);
}

void JsonReport::WriteTarget() {
  Text("target", result_.target.Name());
  Text("provider", result_.target.provider);
  Text("model", result_.target.model);
  Text("check", result_.target.check);
  Text("region", result_.target.region);
  Text("base_url", target_.base_url);
  Text("dialect", target_.dialect);
  Text("origin", options_.origin);
  json_.Set("slow_after_seconds", absl::ToDoubleSeconds(target_.slow_after));
  json_.Set("timeout_seconds", absl::ToDoubleSeconds(target_.timeout));
  Text("started_at",
       absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", result_.started_at, absl::UTCTimeZone()));
}

void JsonReport::WriteVerdict() {
  const bool failed = result_.outcome == Outcome::kFailed;
  const auto of_failure = [&](const std::string& key, std::string_view text) {
    Text(key, failed ? std::string(text) : "");
  };
  Text("outcome", std::string(OutcomeName(result_.outcome)));
  of_failure("reason", failed ? ReasonName(*result_.reason) : "");
  of_failure("error_type", ErrorTypeName(result_.error_type));
  of_failure("fault", FaultName(result_.fault));
  of_failure("rule", result_.rule);
  of_failure("advice", failed ? FullAdvice(result_) : "");
  of_failure("detail", result_.detail);
  of_failure("provider_message", failed ? ProviderMessage(result_) : "");
  const std::optional<Phase> stopped = StoppedIn(result_);
  of_failure("stopped_in", stopped.has_value() ? stopped->metric : "");
  SetKnown("named_token_cap", result_.named_token_cap, &json_);
  Text("status_page", StatusPage(result_));
}

void JsonReport::WriteAnswer() {
  SetKnown("http_status",
           result_.http_status > 0 ? std::optional(result_.http_status) : std::nullopt, &json_);
  Text("remote_address", result_.remote_address);
  Text("request_id", result_.request_id);
  json_.Set("duration_seconds", absl::ToDoubleSeconds(result_.times.total));
  JsonObject phases;
  for (const Phase& phase : AllPhases()) phases.Set(std::string(phase.metric), JsonView());
  for (const Phase& phase : PhasesOf(result_.times)) {
    phases.Set(std::string(phase.metric), absl::ToDoubleSeconds(phase.length));
  }
  json_.Set("phase_seconds", phases);
  SetKnown("time_to_first_token_seconds", Seconds(result_.time_to_first_token), &json_);
  SetKnown("clock_skew_seconds", Seconds(result_.clock_skew), &json_);
}

void JsonReport::WriteUsage() {
  const bool counted = result_.usage.has_value();
  JsonObject tokens;
  SetKnown("input", counted ? std::optional(result_.usage->input) : std::nullopt, &tokens);
  SetKnown("output", counted ? std::optional(result_.usage->output) : std::nullopt, &tokens);
  tokens.Set("cap", target_.call.token_cap);
  json_.Set("tokens", tokens);
  SetKnown("cost_usd", result_.cost_usd, &json_);
  Text("served_model", result_.served_model);
  SetKnown("rerouted", result_.rerouted, &json_);
  JsonObject limits;
  SetKnown("requests", result_.headroom.requests, &limits);
  SetKnown("tokens", result_.headroom.tokens, &limits);
  json_.Set("limits", limits);
}

void JsonReport::WriteSample() {
  if (!result_.sample.has_value()) {
    json_.Set("sample", JsonView());
    return;
  }
  std::vector<JsonObject> headers;
  for (const auto& [name, value] : result_.sample->headers) {
    JsonObject header;
    header.Set("name", Clean(name)).Set("value", Clean(value));
    headers.push_back(header);
  }
  JsonObject sample;
  sample.Set("headers", headers).Set("body", Clean(result_.sample->body));
  json_.Set("sample", sample);
}

}  // namespace

std::string ReportJson(const Target& target, const ProbeResult& result,
                       const ReportOptions& options) {
  return JsonReport(target, result, options).Write();
}

}  // namespace heyhi
