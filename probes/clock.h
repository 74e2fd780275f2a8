#ifndef HEYHI_PROBES_CLOCK_H_
#define HEYHI_PROBES_CLOCK_H_

#include "absl/time/time.h"

namespace heyhi {

// Time since an arbitrary origin that never goes back.
using MonotonicTime = absl::Duration;

// The only source of time for probing and scheduling, so that tests and replays
// can run a month in a second. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // For intervals, deadlines and durations.
  virtual MonotonicTime Monotonic() const = 0;
  // For what people read; may jump.
  virtual absl::Time Now() const = 0;
};

class RealClock : public Clock {
 public:
  MonotonicTime Monotonic() const override;
  absl::Time Now() const override;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_CLOCK_H_
