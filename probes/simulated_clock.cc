#include "probes/simulated_clock.h"

namespace heyhi {

MonotonicTime SimulatedClock::Monotonic() const { return absl::Nanoseconds(monotonic_.load()); }

absl::Time SimulatedClock::Now() const { return absl::FromUnixNanos(wall_.load()); }

void SimulatedClock::Advance(absl::Duration by) {
  // Rounded up, so that a deadline given as `by` from now has passed afterwards.
  const std::int64_t nanoseconds = absl::ToInt64Nanoseconds(absl::Ceil(by, absl::Nanoseconds(1)));
  monotonic_ += nanoseconds;
  wall_ += nanoseconds;
}

void SimulatedClock::AdvanceTo(MonotonicTime to) {
  if (const absl::Duration by = to - Monotonic(); by > absl::ZeroDuration()) Advance(by);
}

void SimulatedClock::JumpWallClock(absl::Duration by) { wall_ += absl::ToInt64Nanoseconds(by); }

}  // namespace heyhi
