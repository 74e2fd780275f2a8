#include "probes/simulated_clock.h"

namespace heyhi {

MonotonicTime SimulatedClock::Monotonic() const {
  const absl::MutexLock lock(&mutex_);
  return monotonic_;
}

absl::Time SimulatedClock::Now() const {
  const absl::MutexLock lock(&mutex_);
  return now_;
}

void SimulatedClock::Advance(absl::Duration by) {
  const absl::MutexLock lock(&mutex_);
  monotonic_ += by;
  now_ += by;
}

void SimulatedClock::AdvanceTo(MonotonicTime to) {
  const absl::MutexLock lock(&mutex_);
  if (to <= monotonic_) return;
  now_ += to - monotonic_;
  monotonic_ = to;
}

void SimulatedClock::JumpWallClock(absl::Duration by) {
  const absl::MutexLock lock(&mutex_);
  now_ += by;
}

}  // namespace heyhi
