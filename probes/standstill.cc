#include "probes/standstill.h"

#include <algorithm>
#include <ctime>

namespace heyhi {
namespace {

absl::Duration ReadClock(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return absl::DurationFromTimespec(now);
}

}  // namespace

std::optional<Standstill> StandstillMeter::BeginWait(MonotonicTime now, absl::Duration wait) {
  const Standstill standstill = {attended_until_, now};
  attended_until_ = now;
  wait_until_ = now + wait;
  if (standstill.end - standstill.begin < kLeastStandstill) return std::nullopt;
  return standstill;
}

void StandstillMeter::EndWait(MonotonicTime now) { attended_until_ = std::min(now, wait_until_); }

void StandstillRecord::Add(const Standstill& standstill) {
  longest_ = std::max(longest_, standstill.end - std::max(standstill.begin, began_));
}

absl::Duration StandstillRecord::Longest(absl::Duration suspended) const {
  const absl::Duration longest = std::max(longest_, suspended - suspended_before_);
  return longest < kLeastStandstill ? absl::ZeroDuration() : longest;
}

absl::Duration SuspendedTime() {
  // Whoever is held up between two clocks takes that for sleep, so: once more.
  for (;;) {
    const absl::Duration before = ReadClock(CLOCK_MONOTONIC);
    const absl::Duration booted = ReadClock(CLOCK_BOOTTIME);
    const absl::Duration after = ReadClock(CLOCK_MONOTONIC);
    if (after - before < kLeastStandstill / 10) return booted - after;
  }
}

}  // namespace heyhi
