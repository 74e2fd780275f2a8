#include "tests/exporter/schedule_harness.h"

#include <algorithm>
#include <utility>

namespace heyhi {

Targets MakeTargets(int count, absl::Duration interval, const std::string& provider) {
  Targets targets;
  for (int i = 0; i < count; ++i) {
    auto target = std::make_shared<Target>();
    target->id.provider = provider;
    target->id.model = std::to_string(i);
    target->interval = interval;
    targets.push_back(target);
  }
  return targets;
}

Finding Ok() { return {}; }

Finding Slow() {
  Finding finding;
  finding.outcome = Outcome::kSlow;
  return finding;
}

Finding FailedBy(Fault fault) {
  Finding finding;
  finding.outcome = Outcome::kFailed;
  finding.fault = fault;
  return finding;
}

Finding RateLimited(std::optional<absl::Duration> retry_after) {
  Finding finding = FailedBy(Fault::kAccount);
  finding.rate_limited = true;
  finding.retry_after = retry_after;
  return finding;
}

ScheduleHarness::ScheduleHarness(const Targets& targets, const Scheduler::Options& options,
                                 Script script_of_probes, absl::Time start)
    : script(std::move(script_of_probes)), clock_(start) {
  Scheduler::Callbacks callbacks;
  callbacks.start = [this](std::size_t index, absl::Duration slip) {
    const MonotonicTime now = clock_.Monotonic();
    starts[index].push_back({now, std::nullopt});
    slips.push_back(slip);
    if (keep_in_flight) return;
    const Outlook outlook = script == nullptr ? Outlook() : script(index, now);
    flights_.push_back({now + outlook.takes, index, outlook.finding});
  };
  callbacks.begun = [](std::size_t, const std::shared_ptr<const Target>&) {};
  callbacks.gone = [](std::size_t) {};
  callbacks.skip = [this](std::size_t, SkipCause cause, int count) { skips[cause] += count; };
  callbacks.changed = [this](std::size_t index, TargetState state, absl::Duration interval) {
    changes[index].push_back({clock_.Monotonic(), state, interval});
  };
  scheduler_ = std::make_unique<Scheduler>(clock_, options, targets, callbacks);
}

void ScheduleHarness::EndProbes() {
  const MonotonicTime now = clock_.Monotonic();
  const auto split = std::stable_partition(flights_.begin(), flights_.end(),
                                           [now](const Flight& f) { return f.ends_at > now; });
  const std::vector<Flight> ended(split, flights_.end());
  flights_.erase(split, flights_.end());
  for (const Flight& flight : ended) {
    starts[flight.index].back().trigger = scheduler_->Finished(flight.index, flight.finding);
  }
}

void ScheduleHarness::RunUntil(MonotonicTime end) {
  for (;;) {
    EndProbes();
    MonotonicTime next = scheduler_->RunDue();
    for (const Flight& flight : flights_) next = std::min(next, flight.ends_at);
    if (next > end) break;
    clock_.AdvanceTo(next);
  }
  clock_.AdvanceTo(end);
}

std::vector<MonotonicTime> ScheduleHarness::Starts(std::size_t index, Trigger trigger,
                                                   MonotonicTime from) const {
  std::vector<MonotonicTime> times;
  const auto found = starts.find(index);
  if (found == starts.end()) return times;
  for (const Start& start : found->second) {
    if (start.trigger == trigger && start.at >= from) times.push_back(start.at);
  }
  return times;
}

std::vector<MonotonicTime> ScheduleHarness::AllStarts(std::size_t index, MonotonicTime from) const {
  std::vector<MonotonicTime> times;
  const auto found = starts.find(index);
  if (found == starts.end()) return times;
  for (const Start& start : found->second) {
    if (start.at >= from) times.push_back(start.at);
  }
  return times;
}

std::vector<absl::Duration> Gaps(const std::vector<MonotonicTime>& times) {
  std::vector<absl::Duration> gaps;
  for (std::size_t i = 1; i < times.size(); ++i) gaps.push_back(times[i] - times[i - 1]);
  return gaps;
}

}  // namespace heyhi
