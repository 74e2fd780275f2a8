#include "exporter/base_ticks.h"

#include <cmath>
#include <cstdint>

namespace heyhi {
namespace {

// The least share of a period between a start outside the grid and the tick after it.
constexpr double kLeastGap = 0.25;

}  // namespace

int BaseTicks::Take(MonotonicTime now, bool had_to_wait) {
  std::int64_t missed = 0;
  if (!first_round_) {
    next_ += period_;
    if (const absl::Duration behind = now - next_; behind >= absl::ZeroDuration()) {
      missed = static_cast<std::int64_t>(absl::FDivDuration(behind, period_)) + 1;
      next_ += period_ * missed;
    }
  }
  if ((first_round_ || had_to_wait) && next_ < now + period_ * kLeastGap) next_ += period_;
  first_round_ = false;
  return static_cast<int>(missed);
}

void BaseTicks::SetPeriod(absl::Duration period, MonotonicTime now) {
  // The first round is soon, and says more.
  if (!first_round_) {
    next_ += period - period_;
    period_ = period;
    LeaveOutThePast(now);
  }
  period_ = period;
}

void BaseTicks::LeaveOutThePast(MonotonicTime now) {
  const absl::Duration behind = now - next_;
  if (behind > absl::ZeroDuration()) {
    next_ += period_ * std::ceil(absl::FDivDuration(behind, period_));
  }
}

}  // namespace heyhi
