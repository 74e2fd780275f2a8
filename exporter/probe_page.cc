#include "exporter/probe_page.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "exporter/probe_facts.h"
#include "exporter/probe_report.h"
#include "serving/metric_table.h"

namespace heyhi {
namespace {

// As blackbox_exporter calls them.
constexpr std::pair<std::string_view, const char*> kPhaseLabels[] = {
    {"dns", "resolve"},           {"connect", "connect"},   {"tls", "tls"},
    {"processing", "processing"}, {"transfer", "transfer"},
};

const char* PhaseLabel(std::string_view phase) {
  for (const auto& [ours, theirs] : kPhaseLabels) {
    if (ours == phase) return theirs;
  }
  return "transfer";
}

ServerResponse Page(const ServerRequest& request, const Target& target, const ProbeResult& result,
                    const std::string& origin) {
  const auto debug = request.query.find("debug");
  ServerResponse response;
  response.headers.emplace_back("Cache-Control", "no-store");
  if (debug != request.query.end() && debug->second == "true") {
    response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    response.body = ProbeTrace(target, result, origin);
  } else {
    response.headers.emplace_back("Content-Type", kMetricsContentType);
    response.body = ProbeMetricsText(result);
  }
  return response;
}

}  // namespace

std::string ProbeMetricsText(const ProbeResult& result) {
  MetricTable table;
  const auto gauge = [&table](const char* name, const char* help, double value) {
    table.AddGauge(table.AddFamily(MetricType::kGauge, name, help), {}).Set(value);
  };
  const bool failed = result.outcome == Outcome::kFailed;
  gauge("probe_success", "Whether the call was answered rightly, in time or slowly.",
        failed ? 0 : 1);
  gauge("probe_duration_seconds", "Start to last byte, or to the failure.",
        absl::ToDoubleSeconds(result.times.total));
  gauge("probe_http_status_code", "The answer's status; 0 where none came.", result.http_status);
  auto* phases = table.AddFamily(MetricType::kGauge, "probe_http_duration_seconds",
                                 "Time by phase of the call.");
  for (const Phase& phase : PhasesOf(result.times)) {
    table.AddGauge(phases, {{"phase", PhaseLabel(phase.metric)}})
        .Set(absl::ToDoubleSeconds(phase.length));
  }
  gauge("probe_completion_timestamp_seconds",
        "When the call that this tells of ended; reading this page makes none.",
        absl::ToDoubleSeconds(result.completed_at - absl::UnixEpoch()));
  if (failed) {
    table
        .AddGauge(table.AddFamily(MetricType::kGauge, "probe_failure_info",
                                  "Why the call failed, and through whose fault; always 1."),
                  {{"reason", std::string(ReasonName(*result.reason))},
                   {"error_type", std::string(ErrorTypeName(result.error_type))},
                   {"fault", std::string(FaultName(result.fault))}})
        .Set(1);
  }
  std::string text;
  table.WriteText(&text);
  return text;
}

std::string ProbeTrace(const Target& target, const ProbeResult& result, const std::string& origin) {
  ReportOptions options;
  options.origin = origin;
  std::string text = ReportText(target, result, options);
  if (result.sample.has_value()) {
    absl::StrAppend(&text, "\nHeaders of the answer:\n");
    for (const auto& [name, value] : result.sample->headers) {
      absl::StrAppend(&text, "  ", name, ": ", value, "\n");
    }
  }
  absl::StrAppend(&text, "\nMetrics that /probe returns without debug=true:\n",
                  ProbeMetricsText(result));
  return text;
}

std::optional<TargetStanding> ProbePage::Find(const ServerRequest& request,
                                              ServerResponse* refusal) const {
  const auto target = request.query.find("target");
  if (target == request.query.end() || target->second.empty()) {
    *refusal = TextResponse(400, "Target parameter is missing: add ?target=PROVIDER/MODEL[/CHECK]");
    return std::nullopt;
  }
  std::optional<TargetStanding> found = sources_.find(target->second);
  // The name is not repeated: it is whatever the client sent.
  if (!found.has_value()) {
    *refusal = TextResponse(400, "Unknown target: only configured ones are probed; see / for them");
  }
  return found;
}

ServerResponse ProbePage::Get(const ServerRequest& request) {
  ServerResponse refusal;
  const std::optional<TargetStanding> found = Find(request, &refusal);
  if (!found.has_value()) return refusal;
  if (!found->last.has_value()) return TextResponse(503, "Not probed yet");
  return Page(request, *found->target, *found->last, "at its last probe by the schedule");
}

absl::Duration ProbePage::TakeTurn(const std::string& target) {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(&mutex_);
  std::erase_if(posted_at_, [now](const auto& each) { return now - each.second >= kLeastBetween; });
  const auto [last, is_first] = posted_at_.try_emplace(target, now);
  return is_first ? absl::ZeroDuration() : last->second + kLeastBetween - now;
}

void ProbePage::Post(const ServerRequest& request, const Reply& reply) {
  ServerResponse refusal;
  const std::optional<TargetStanding> found = Find(request, &refusal);
  if (!found.has_value()) return reply(std::move(refusal));
  const TargetId& id = found->target->id;
  if (const absl::Duration wait = TakeTurn(id.Name()); wait > absl::ZeroDuration()) {
    const auto seconds = absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1)));
    ServerResponse response = TextResponse(
        429, absl::StrCat("Each call costs money: one a minute for each target; again in ", seconds,
                          " s"));
    response.headers.emplace_back("Retry-After", absl::StrCat(seconds));
    return reply(std::move(response));
  }
  sources_.probe_now(id, [request, reply](const std::optional<ManualProbe>& probe) {
    reply(probe.has_value()
              ? Page(request, *probe->target, probe->result, "by this request")
              : TextResponse(503, "Not probed: the target has gone, or the exporter is stopping"));
  });
}

}  // namespace heyhi
