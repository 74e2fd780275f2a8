#ifndef HEYHI_PROBES_SIMULATED_CLOCK_H_
#define HEYHI_PROBES_SIMULATED_CLOCK_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "probes/clock.h"

namespace heyhi {

// A clock that stands still until it is told otherwise. Thread-safe.
class SimulatedClock : public Clock {
 public:
  // Wall time starts at `start`, monotonic time at zero.
  explicit SimulatedClock(absl::Time start) : now_(start) {}

  MonotonicTime Monotonic() const override;
  absl::Time Now() const override;

  // Moves both times on.
  void Advance(absl::Duration by);
  // Moves to a monotonic time; earlier ones are ignored.
  void AdvanceTo(MonotonicTime to);
  // Somebody sets the wall clock; monotonic time stays.
  void JumpWallClock(absl::Duration by);

 private:
  mutable absl::Mutex mutex_;
  MonotonicTime monotonic_ ABSL_GUARDED_BY(mutex_) = absl::ZeroDuration();
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_SIMULATED_CLOCK_H_
