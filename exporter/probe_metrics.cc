#include "exporter/probe_metrics.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "exporter/latency_buckets.h"
#include "probes/dialect.h"

namespace heyhi {
namespace {

constexpr const char* kPhases[] = {"dns", "connect", "tls", "processing", "transfer"};
constexpr double kSlipBuckets[] = {0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5};

// Reasons that alerts read: their counters exist from the start.
constexpr Reason kReasonsFromStart[] = {Reason::kBillingQuota, Reason::kInvalidKey,
                                        Reason::kMissingKey, Reason::kModelRetired};

constexpr std::size_t kErrorTypeCount = std::size(kErrorTypes);
constexpr std::size_t kFaultCount = std::size(kFaults);

template <std::size_t size>
std::vector<double> Buckets(const double (&bounds)[size]) {
  return {std::begin(bounds), std::end(bounds)};
}

MetricLabels BaseLabels(const TargetId& id) {
  return {
      {"provider", id.provider}, {"model", id.model}, {"check", id.check}, {"region", id.region}};
}

MetricLabels With(MetricLabels labels, const std::string& name, std::string_view value) {
  labels.emplace_back(name, value);
  return labels;
}

}  // namespace

struct ProbeMetrics::Families {
  explicit Families(MetricTable& table);

  MetricTable::Family* attempts;
  MetricTable::Family* failures;
  MetricTable::Family* reasons;
  MetricTable::Family* slow;
  MetricTable::Family* scheduled_attempts;
  MetricTable::Family* scheduled_failures;
  MetricTable::Family* duration;
  MetricTable::Family* scheduled_duration;
  MetricTable::Family* objective;
  MetricTable::Family* phase;
  MetricTable::Family* responses;
  MetricTable::Family* success;
  MetricTable::Family* last_completion;
  MetricTable::Family* last_success;
  MetricTable::Family* interval;
  MetricTable::Family* state;
  MetricTable::Family* info;
  MetricTable::Family* tokens;
  MetricTable::Family* token_cap;
  MetricTable::Family* first_token;
  MetricTable::Family* cost;
  MetricTable::Family* headroom;
  MetricTable::Family* rerouted;
};

struct ProbeMetrics::Series {
  Series(MetricTable& table, const Families& families, const Target& target, bool has_price);
  // What is known about the target from the start.
  void SetConstants(MetricTable& table, const Families& families, const Target& target);

  MetricLabels labels;
  Counter attempts;
  Counter failures[kErrorTypeCount][kFaultCount];  // valid pairs only
  std::map<Reason, Counter> reasons;               // grows with what is seen
  Counter slow;
  Counter scheduled_attempts;
  Counter scheduled_failures[kFaultCount];
  Histogram duration;
  Histogram scheduled_duration;
  Counter phases[std::size(kPhases)];
  std::map<int, Counter> responses;  // by status code; grows with what is seen
  Gauge interval;
  Gauge states[std::size(kTargetStates)];
  Gauge success;
  Gauge last_completion;
  Gauge last_success;
  Counter input_tokens;
  Counter output_tokens;
  Gauge token_cap;
  std::optional<Histogram> first_token;  // streams only
  std::optional<Counter> cost;           // where the price is known
  Gauge request_headroom;
  Gauge token_headroom;
  Gauge rerouted;
};

ProbeMetrics::Families::Families(MetricTable& table) {
  const auto counter = [&table](const char* name, const char* help) {
    return table.AddFamily(MetricType::kCounter, name, help);
  };
  const auto gauge = [&table](const char* name, const char* help) {
    return table.AddFamily(MetricType::kGauge, name, help);
  };
  attempts = counter("heyhi_probe_attempts_total",
                     "Timed probes that have ended. Probes run on a timer; a scrape starts none.");
  failures = counter("heyhi_probe_failures_total",
                     "Timed probes that failed, by error_type and whose fault it was.");
  reasons = counter("heyhi_probe_failure_reasons_total",
                    "Timed probes that failed, by the finer reason.");
  slow = counter("heyhi_probe_slow_total",
                 "Timed probes that were answered rightly, but after slow_after.");
  scheduled_attempts = counter("heyhi_scheduled_probe_attempts_total",
                               "Timed probes on base ticks, for availability.");
  scheduled_failures = counter("heyhi_scheduled_probe_failures_total",
                               "Timed probes on base ticks that failed, by whose fault it was.");
  duration = table.AddFamily(
      MetricType::kHistogram, "heyhi_probe_duration_seconds",
      "Start to last byte of ok and slow timed probes; answers that did not come in time count "
      "at the timeout.",
      Buckets(kDurationBuckets));
  scheduled_duration = table.AddFamily(
      MetricType::kHistogram, "heyhi_scheduled_probe_duration_seconds",
      "As heyhi_probe_duration_seconds, on base ticks only.", Buckets(kScheduledDurationBuckets));
  objective = gauge("heyhi_probe_latency_objective_seconds",
                    "The duration that the target should stay below; configured.");
  phase = counter("heyhi_probe_phase_seconds_total",
                  "Time by phase of the probes in heyhi_probe_duration_seconds; processing is "
                  "request sent to first byte, transfer first byte to last.");
  responses =
      counter("heyhi_probe_http_responses_total", "Answers to timed probes by HTTP status code.");
  success = gauge("heyhi_probe_success",
                  "Whether the last timed probe was ok or slow (1) or "
                  "failed (0).");
  last_completion =
      gauge("heyhi_probe_last_completion_timestamp_seconds", "When the last timed probe ended.");
  last_success = gauge("heyhi_probe_last_success_timestamp_seconds",
                       "When the last ok or slow timed probe ended.");
  interval = gauge("heyhi_probe_interval_seconds", "The interval between probes now in force.");
  state = gauge("heyhi_target_state", "1 for the state that the target's schedule is in.");
  info = gauge("heyhi_target_info", "Facts about the target; always 1.");
  tokens =
      counter("heyhi_probe_tokens_total", "Tokens of timed probes as the provider reported them.");
  token_cap = gauge("heyhi_probe_token_cap",
                    "The cap on output tokens that probes send; learned ones included.");
  first_token = table.AddFamily(
      MetricType::kHistogram, "heyhi_probe_time_to_first_token_seconds",
      "Request sent to the first piece of content, as this client saw it, of ok and slow streams.",
      Buckets(kDurationBuckets));
  cost =
      counter("heyhi_probe_cost_usd_total",
              "Cost of probes: tokens as the provider reported them at the price table's price.");
  headroom = gauge("heyhi_ratelimit_remaining_ratio",
                   "Share of the account's rate limit that the last answer said is left.");
  rerouted = gauge("heyhi_model_rerouted",
                   "Whether another model than the one asked for answered last (1) or not (0).");
}

ProbeMetrics::Series::Series(MetricTable& table, const Families& families, const Target& target,
                             bool has_price)
    : labels(BaseLabels(target.id)) {
  attempts = table.AddCounter(families.attempts, labels);
  for (const ErrorType type : kErrorTypes) {
    for (const Fault fault : kFaults) {
      if (!IsValidPair(type, fault)) continue;
      failures[static_cast<int>(type)][static_cast<int>(fault)] = table.AddCounter(
          families.failures,
          With(With(labels, "error_type", ErrorTypeName(type)), "fault", FaultName(fault)));
    }
  }
  for (const Reason reason : kReasonsFromStart) {
    reasons.emplace(reason,
                    table.AddCounter(families.reasons, With(labels, "reason", ReasonName(reason))));
  }
  slow = table.AddCounter(families.slow, labels);
  scheduled_attempts = table.AddCounter(families.scheduled_attempts, labels);
  for (const Fault fault : kFaults) {
    scheduled_failures[static_cast<int>(fault)] =
        table.AddCounter(families.scheduled_failures, With(labels, "fault", FaultName(fault)));
  }
  duration = table.AddHistogram(families.duration, labels);
  scheduled_duration = table.AddHistogram(families.scheduled_duration, labels);
  for (std::size_t i = 0; i < std::size(kPhases); ++i) {
    phases[i] = table.AddCounter(families.phase, With(labels, "phase", kPhases[i]));
  }
  success = table.AddGauge(families.success, labels);
  last_completion = table.AddGauge(families.last_completion, labels);
  last_success = table.AddGauge(families.last_success, labels);
  input_tokens = table.AddCounter(families.tokens, With(labels, "direction", "input"));
  output_tokens = table.AddCounter(families.tokens, With(labels, "direction", "output"));
  if (IsStream(target)) first_token = table.AddHistogram(families.first_token, labels);
  if (has_price) cost = table.AddCounter(families.cost, labels);
  request_headroom = table.AddGauge(families.headroom, With(labels, "limit", "requests"));
  token_headroom = table.AddGauge(families.headroom, With(labels, "limit", "tokens"));
  rerouted = table.AddGauge(families.rerouted, labels);
  SetConstants(table, families, target);
}

void ProbeMetrics::Series::SetConstants(MetricTable& table, const Families& families,
                                        const Target& target) {
  table.AddGauge(families.objective, labels).Set(absl::ToDoubleSeconds(target.latency_objective));
  interval = table.AddGauge(families.interval, labels);
  token_cap = table.AddGauge(families.token_cap, labels);
  token_cap.Set(target.call.token_cap);
  for (std::size_t i = 0; i < std::size(kTargetStates); ++i) {
    states[i] =
        table.AddGauge(families.state, With(labels, "state", TargetStateName(kTargetStates[i])));
  }
  table
      .AddGauge(families.info, With(With(labels, "dialect", target.dialect), "serves_production",
                                    target.serves_production ? "true" : "false"))
      .Set(1);
}

ProbeMetrics::ProbeMetrics(MetricTable& table,
                           const std::vector<std::shared_ptr<const Target>>& targets,
                           const PriceTable& prices)
    : table_(table), targets_(targets), families_(std::make_unique<Families>(table)) {
  for (const auto& target : targets_) {
    const bool has_price =
        prices.Find(target->id.provider, target->id.model, absl::InfiniteFuture()).has_value();
    series_.push_back(std::make_unique<Series>(table, *families_, *target, has_price));
  }
  slip_ = table.AddHistogram(
      table.AddFamily(MetricType::kHistogram, "heyhi_scheduler_slip_seconds",
                      "How long after its due time a timed probe started.", Buckets(kSlipBuckets)),
      {});
  in_flight_ = table.AddGauge(table.AddFamily(MetricType::kGauge, "heyhi_probes_in_flight",
                                              "Timed probes that have started and not ended."),
                              {});
  in_flight_.Set(0);
  auto* skipped = table.AddFamily(MetricType::kCounter, "heyhi_probes_skipped_total",
                                  "Due probes that were not started or do not count, by cause.");
  for (std::size_t i = 0; i < std::size(kSkipCauses); ++i) {
    skipped_[i] =
        table.AddCounter(skipped, {{"cause", std::string(SkipCauseName(kSkipCauses[i]))}});
  }
  clock_skew_ = table.AddGauge(
      table.AddFamily(MetricType::kGauge, "heyhi_clock_skew_seconds",
                      "This machine's clock minus the providers' Date headers, median over "
                      "providers, to about a second."),
      {});
}

ProbeMetrics::~ProbeMetrics() = default;

void ProbeMetrics::Started() { in_flight_.Set(++in_flight_count_); }

void ProbeMetrics::Began(absl::Duration slip) { slip_.Observe(absl::ToDoubleSeconds(slip)); }

void ProbeMetrics::Ended() { in_flight_.Set(--in_flight_count_); }

void ProbeMetrics::Skipped(SkipCause cause, int count) {
  skipped_[static_cast<int>(cause)].Increment(count);
}

void ProbeMetrics::SetSchedule(std::size_t index, TargetState state, absl::Duration interval) {
  Series& series = *series_[index];
  series.interval.Set(absl::ToDoubleSeconds(interval));
  for (std::size_t i = 0; i < std::size(kTargetStates); ++i) {
    series.states[i].Set(kTargetStates[i] == state ? 1 : 0);
  }
}

void ProbeMetrics::Completed(std::size_t index, const ProbeResult& result, Trigger trigger) {
  Series& series = *series_[index];
  const double completed_at = absl::ToDoubleSeconds(result.completed_at - absl::UnixEpoch());
  const bool failed = result.outcome == Outcome::kFailed;
  series.attempts.Increment();
  if (trigger == Trigger::kScheduled) series.scheduled_attempts.Increment();
  if (failed) CountFailure(series, result, trigger);
  if (result.outcome == Outcome::kSlow) series.slow.Increment();
  series.success.Set(failed ? 0 : 1);
  series.last_completion.Set(completed_at);
  if (!failed) series.last_success.Set(completed_at);
  if (result.http_status > 0) {
    auto [found, added] = series.responses.try_emplace(result.http_status);
    if (added) {
      found->second = table_.AddCounter(
          families_->responses, With(series.labels, "code", absl::StrCat(result.http_status)));
    }
    found->second.Increment();
  }
  UpdateUsage(series, result);
  ObserveDuration(series, result, trigger, targets_[index]->timeout);
  UpdateClockSkew(result);
}

void ProbeMetrics::UpdateUsage(Series& series, const ProbeResult& result) {
  if (result.usage.has_value()) {
    series.input_tokens.Increment(static_cast<double>(result.usage->input));
    series.output_tokens.Increment(static_cast<double>(result.usage->output));
  }
  if (result.cost_usd.has_value() && series.cost.has_value()) {
    series.cost->Increment(*result.cost_usd);
  }
  const RateLimitHeadroom& headroom = result.headroom;
  if (headroom.requests.has_value()) series.request_headroom.Set(*headroom.requests);
  if (headroom.tokens.has_value()) series.token_headroom.Set(*headroom.tokens);
  if (result.rerouted.has_value()) series.rerouted.Set(*result.rerouted ? 1 : 0);
}

void ProbeMetrics::Discarded(std::size_t index, const ProbeResult& result) {
  UpdateUsage(*series_[index], result);
}

void ProbeMetrics::SetTokenCap(std::size_t index, int token_cap) {
  series_[index]->token_cap.Set(token_cap);
}

void ProbeMetrics::CountFailure(Series& series, const ProbeResult& result, Trigger trigger) {
  series.failures[static_cast<int>(result.error_type)][static_cast<int>(result.fault)].Increment();
  if (trigger == Trigger::kScheduled) {
    series.scheduled_failures[static_cast<int>(result.fault)].Increment();
  }
  auto [found, added] = series.reasons.try_emplace(*result.reason);
  if (added) {
    found->second = table_.AddCounter(families_->reasons,
                                      With(series.labels, "reason", ReasonName(*result.reason)));
  }
  found->second.Increment();
}

// Waiting in vain is a duration too, else an outage would look fast. Refusals and
// errors come quickly and would flatter; our own network says nothing.
void ProbeMetrics::ObserveDuration(Series& series, const ProbeResult& result, Trigger trigger,
                                   absl::Duration timeout) {
  absl::Duration total = result.times.total;
  if (result.outcome == Outcome::kFailed) {
    const bool waited = result.reason == Reason::kTtfb || result.reason == Reason::kTotal;
    if (!waited || result.fault == Fault::kNetwork) return;
    total = timeout;
  }
  if (result.outcome != Outcome::kFailed && result.time_to_first_token.has_value() &&
      series.first_token.has_value()) {
    series.first_token->Observe(absl::ToDoubleSeconds(*result.time_to_first_token));
  }
  series.duration.Observe(absl::ToDoubleSeconds(total));
  if (trigger == Trigger::kScheduled) {
    series.scheduled_duration.Observe(absl::ToDoubleSeconds(total));
  }
  AddPhases(series, result, total);
}

void ProbeMetrics::AddPhases(Series& series, const ProbeResult& result, absl::Duration total) {
  const HttpTimes& times = result.times;
  // Each phase ends where its own mark stands; a step that did not end or does
  // not apply has no mark, and the last phase reached takes the rest.
  const std::optional<absl::Duration> ends[] = {times.dns, times.connect, times.tls,
                                                times.first_byte, total};
  absl::Duration begin = absl::ZeroDuration();
  for (std::size_t i = 0; i < std::size(ends); ++i) {
    const bool waits_here = i == 3 && !times.first_byte.has_value();
    const std::optional<absl::Duration> end = waits_here ? total : ends[i];
    if (!end.has_value() || *end <= begin) continue;
    series.phases[i].Increment(absl::ToDoubleSeconds(*end - begin));
    begin = *end;
  }
}

void ProbeMetrics::UpdateClockSkew(const ProbeResult& result) {
  if (!result.clock_skew.has_value()) return;
  skew_of_provider_[result.target.provider] = absl::ToDoubleSeconds(*result.clock_skew);
  std::vector<double> skews;
  for (const auto& [provider, skew] : skew_of_provider_) skews.push_back(skew);
  std::nth_element(skews.begin(), skews.begin() + static_cast<std::ptrdiff_t>(skews.size() / 2),
                   skews.end());
  clock_skew_.Set(skews[skews.size() / 2]);
}

}  // namespace heyhi
