#include "exporter/probe_metrics.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

constexpr double kSlipBuckets[] = {0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5};

}  // namespace

ProbeMetrics::ProbeMetrics(MetricTable& table) : table_(table), families_(table) {
  slip_ = table.AddHistogram(table.AddFamily(MetricType::kHistogram, "heyhi_scheduler_slip_seconds",
                                             "How long after its due time a timed probe started.",
                                             {std::begin(kSlipBuckets), std::end(kSlipBuckets)}),
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

void ProbeMetrics::SetTarget(std::size_t index, const std::shared_ptr<const Target>& target,
                             bool has_price) {
  if (index >= series_.size()) series_.resize(index + 1);
  std::unique_ptr<ProbeSeries>& series = series_[index];
  if (series == nullptr) {
    series = std::make_unique<ProbeSeries>(table_, families_, target, has_price);
  } else if (MetricTable::Group* const left =
                 series->SetConstants(table_, families_, target, has_price)) {
    left_groups_.push_back(left);
  }
}

void ProbeMetrics::RemoveTarget(std::size_t index) {
  left_groups_.push_back(series_[index]->group);
  left_groups_.push_back(series_[index]->facts);
  series_[index].reset();
}

void ProbeMetrics::DropRemoved() {
  table_.RemoveGroups(std::exchange(left_groups_, {}));
  std::set<std::string> providers;
  for (const auto& series : series_) {
    if (series != nullptr) providers.insert(series->target->id.provider);
  }
  std::erase_if(skew_of_provider_,
                [&](const auto& skew) { return !providers.contains(skew.first); });
}

void ProbeMetrics::Started() { in_flight_.Set(++in_flight_count_); }

void ProbeMetrics::Began(absl::Duration slip) { slip_.Observe(absl::ToDoubleSeconds(slip)); }

void ProbeMetrics::Ended() { in_flight_.Set(--in_flight_count_); }

void ProbeMetrics::Skipped(SkipCause cause, int count) {
  skipped_[static_cast<int>(cause)].Increment(count);
}

void ProbeMetrics::SetSchedule(std::size_t index, TargetState state, absl::Duration interval) {
  ProbeSeries& series = *series_[index];
  series.interval.Set(absl::ToDoubleSeconds(interval));
  for (std::size_t i = 0; i < std::size(kTargetStates); ++i) {
    series.states[i].Set(kTargetStates[i] == state ? 1 : 0);
  }
}

void ProbeMetrics::Completed(std::size_t index, const ProbeResult& result, Trigger trigger) {
  ProbeSeries& series = *series_[index];
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
      found->second = table_.AddCounter(families_.responses,
                                        {{"code", absl::StrCat(result.http_status)}}, series.group);
    }
    found->second.Increment();
  }
  UpdateUsage(series, result);
  ObserveDuration(series, result, trigger);
  UpdateClockSkew(result);
}

void ProbeMetrics::UpdateUsage(ProbeSeries& series, const ProbeResult& result) {
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

void ProbeMetrics::CountFailure(ProbeSeries& series, const ProbeResult& result, Trigger trigger) {
  series.failures[static_cast<int>(result.error_type)][static_cast<int>(result.fault)].Increment();
  if (trigger == Trigger::kScheduled) {
    series.scheduled_failures[static_cast<int>(result.fault)].Increment();
  }
  auto [found, added] = series.reasons.try_emplace(*result.reason);
  if (added) {
    found->second = table_.AddCounter(
        families_.reasons, {{"reason", std::string(ReasonName(*result.reason))}}, series.group);
  }
  found->second.Increment();
}

// Waiting in vain is a duration too, else an outage would look fast. Refusals and
// errors come quickly and would flatter; our own network says nothing.
void ProbeMetrics::ObserveDuration(ProbeSeries& series, const ProbeResult& result,
                                   Trigger trigger) {
  absl::Duration total = result.times.total;
  if (result.outcome == Outcome::kFailed) {
    const bool waited = result.reason == Reason::kTtfb || result.reason == Reason::kTotal;
    if (!waited || result.fault == Fault::kNetwork) return;
    total = series.target->timeout;
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

void ProbeMetrics::AddPhases(ProbeSeries& series, const ProbeResult& result, absl::Duration total) {
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
