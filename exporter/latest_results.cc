#include "exporter/latest_results.h"

#include <utility>

namespace heyhi {

void LatestResults::SetTarget(std::size_t index, const std::shared_ptr<const Target>& target) {
  const MutexLock lock(&mutex_);
  if (index >= standings_.size()) standings_.resize(index + 1);
  TargetStanding& standing = standings_[index];
  if (standing.target == nullptr) standing.interval = target->interval;
  standing.target = target;
}

void LatestResults::RemoveTarget(std::size_t index) {
  const MutexLock lock(&mutex_);
  standings_[index] = TargetStanding();
}

void LatestResults::SetOrder(std::vector<std::size_t> order) {
  const MutexLock lock(&mutex_);
  order_ = std::move(order);
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
  std::vector<TargetStanding> snapshot;
  const MutexLock lock(&mutex_);
  snapshot.reserve(order_.size());
  for (const std::size_t index : order_) snapshot.push_back(standings_[index]);
  return snapshot;
}

}  // namespace heyhi
