#include "exporter/probe_series.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/latency_buckets.h"
#include "probes/dialect.h"

namespace heyhi {
namespace {

// Reasons that alerts read: their counters exist from the start.
constexpr Reason kReasonsFromStart[] = {Reason::kBillingQuota, Reason::kInvalidKey,
                                        Reason::kMissingKey, Reason::kModelRetired};

template <std::size_t size>
std::vector<double> Buckets(const double (&bounds)[size]) {
  return {std::begin(bounds), std::end(bounds)};
}

MetricLabels BaseLabels(const TargetId& id) {
  return {
      {"provider", id.provider}, {"model", id.model}, {"check", id.check}, {"region", id.region}};
}

MetricLabels Label(const char* name, std::string_view value) {
  return {{name, std::string(value)}};
}

}  // namespace

ProbeFamilies::ProbeFamilies(MetricTable& table) {
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

ProbeSeries::ProbeSeries(MetricTable& table, const ProbeFamilies& families,
                         const std::shared_ptr<const Target>& of, bool has_price)
    : target(of), group(table.AddGroup(BaseLabels(of->id))) {
  AddOutcomes(table, families);
  duration = table.AddHistogram(families.duration, {}, group);
  scheduled_duration = table.AddHistogram(families.scheduled_duration, {}, group);
  if (IsStream(*of)) first_token = table.AddHistogram(families.first_token, {}, group);
  for (std::size_t i = 0; i < std::size(kProbePhases); ++i) {
    phases[i] = table.AddCounter(families.phase, Label("phase", kProbePhases[i]), group);
  }
  last_completion = table.AddGauge(families.last_completion, {}, group);
  last_success = table.AddGauge(families.last_success, {}, group);
  input_tokens = table.AddCounter(families.tokens, Label("direction", "input"), group);
  output_tokens = table.AddCounter(families.tokens, Label("direction", "output"), group);
  request_headroom = table.AddGauge(families.headroom, Label("limit", "requests"), group);
  token_headroom = table.AddGauge(families.headroom, Label("limit", "tokens"), group);
  rerouted = table.AddGauge(families.rerouted, {}, group);
  objective = table.AddGauge(families.objective, {}, group);
  interval = table.AddGauge(families.interval, {}, group);
  token_cap = table.AddGauge(families.token_cap, {}, group);
  for (std::size_t i = 0; i < std::size(kTargetStates); ++i) {
    states[i] =
        table.AddGauge(families.state, Label("state", TargetStateName(kTargetStates[i])), group);
  }
  SetConstants(table, families, of, has_price);
}

void ProbeSeries::AddOutcomes(MetricTable& table, const ProbeFamilies& families) {
  attempts = table.AddCounter(families.attempts, {}, group);
  for (const ErrorType type : kErrorTypes) {
    for (const Fault fault : kFaults) {
      if (!IsValidPair(type, fault)) continue;
      failures[static_cast<int>(type)][static_cast<int>(fault)] =
          table.AddCounter(families.failures,
                           {{"error_type", std::string(ErrorTypeName(type))},
                            {"fault", std::string(FaultName(fault))}},
                           group);
    }
  }
  for (const Reason reason : kReasonsFromStart) {
    reasons.emplace(reason,
                    table.AddCounter(families.reasons, Label("reason", ReasonName(reason)), group));
  }
  slow = table.AddCounter(families.slow, {}, group);
  scheduled_attempts = table.AddCounter(families.scheduled_attempts, {}, group);
  for (const Fault fault : kFaults) {
    scheduled_failures[static_cast<int>(fault)] =
        table.AddCounter(families.scheduled_failures, Label("fault", FaultName(fault)), group);
  }
  success = table.AddGauge(families.success, {}, group);
}

MetricTable::Group* ProbeSeries::SetConstants(MetricTable& table, const ProbeFamilies& families,
                                              const std::shared_ptr<const Target>& of,
                                              bool has_price) {
  const bool same_facts = facts != nullptr && target->dialect == of->dialect &&
                          target->serves_production == of->serves_production;
  target = of;
  objective.Set(absl::ToDoubleSeconds(of->latency_objective));
  token_cap.Set(of->call.token_cap);
  if (has_price && !cost.has_value()) cost = table.AddCounter(families.cost, {}, group);
  if (same_facts) return nullptr;
  MetricTable::Group* const before = std::exchange(facts, table.AddGroup(BaseLabels(of->id)));
  table
      .AddGauge(families.info,
                {{"dialect", of->dialect},
                 {"serves_production", of->serves_production ? "true" : "false"}},
                facts)
      .Set(1);
  return before;
}

}  // namespace heyhi
