#include "exporter/latest_results.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "probes/dialect.h"

namespace heyhi {

void LatestResults::SetTarget(std::size_t index, const std::shared_ptr<const Target>& target) {
  const MutexLock lock(&mutex_);
  if (index >= standings_.size()) standings_.resize(index + 1);
  TargetStanding& standing = standings_[index];
  if (standing.target == nullptr) standing.interval = target->interval;
  standing.target = target;
  index_by_name_[target->id.Name()] = index;
}

void LatestResults::RemoveTarget(std::size_t index) {
  const MutexLock lock(&mutex_);
  index_by_name_.erase(standings_[index].target->id.Name());
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

std::optional<TargetStanding> LatestResults::Find(const std::string& name) const {
  const MutexLock lock(&mutex_);
  auto found = index_by_name_.find(name);
  for (const char* check : kChecks) {
    if (found == index_by_name_.end()) found = index_by_name_.find(absl::StrCat(name, "/", check));
  }
  if (found == index_by_name_.end()) return std::nullopt;
  return standings_[found->second];
}

std::vector<TargetStanding> LatestResults::Snapshot() const {
  std::vector<TargetStanding> snapshot;
  const MutexLock lock(&mutex_);
  snapshot.reserve(order_.size());
  for (const std::size_t index : order_) {
    // While a configuration is being replaced, some have gone.
    if (standings_[index].target != nullptr) snapshot.push_back(standings_[index]);
  }
  return snapshot;
}

}  // namespace heyhi
