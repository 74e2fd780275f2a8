#ifndef HEYHI_PROBES_SIMULATED_CLOCK_H_
#define HEYHI_PROBES_SIMULATED_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "probes/clock.h"

namespace heyhi {

// A clock that stands still until it is told otherwise, to the nanosecond.
// Thread-safe; the two times move one after the other.
class SimulatedClock : public Clock {
 public:
  // Wall time starts at `start`, monotonic time at zero.
  explicit SimulatedClock(absl::Time start) : wall_(absl::ToUnixNanos(start)) {}

  MonotonicTime Monotonic() const override;
  absl::Time Now() const override;

  // Moves both times on.
  void Advance(absl::Duration by);
  // Moves to a monotonic time; earlier ones are ignored.
  void AdvanceTo(MonotonicTime to);
  // Somebody sets the wall clock; monotonic time stays.
  void JumpWallClock(absl::Duration by);

 private:
  std::atomic<std::int64_t> monotonic_{0};  // nanoseconds
  std::atomic<std::int64_t> wall_;          // nanoseconds since the epoch
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_SIMULATED_CLOCK_H_
