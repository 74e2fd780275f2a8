#include "probes/clock.h"

#include <ctime>

#include "absl/time/clock.h"

namespace heyhi {

MonotonicTime RealClock::Monotonic() const {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::DurationFromTimespec(now);
}

absl::Time RealClock::Now() const { return absl::Now(); }

}  // namespace heyhi
