#include "exporter/latest_results.h"

namespace heyhi {

LatestResults::LatestResults(const std::vector<std::shared_ptr<const Target>>& targets) {
  for (const auto& target : targets) {
    TargetStanding standing;
    standing.target = target;
    standing.interval = target->interval;
    standings_.push_back(standing);
  }
}

TargetStanding LatestResults::Replace(std::size_t index, const ProbeResult& result) {
  const MutexLock lock(&mutex_);
  TargetStanding& standing = standings_[index];
  TargetStanding before = standing;
  if (!standing.last.has_value() || !SayTheSame(*standing.last, result)) {
    standing.unchanged_since = result.completed_at;
  }
  if (result.outcome != Outcome::kFailed) standing.last_success_at = result.completed_at;
  standing.last = result;
  return before;
}

void LatestResults::SetSchedule(std::size_t index, TargetState state, absl::Duration interval) {
  const MutexLock lock(&mutex_);
  standings_[index].state = state;
  standings_[index].interval = interval;
}

std::vector<TargetStanding> LatestResults::Snapshot() const {
  const MutexLock lock(&mutex_);
  return standings_;
}

}  // namespace heyhi
