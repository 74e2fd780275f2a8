#ifndef HEYHI_PROBES_STANDSTILL_H_
#define HEYHI_PROBES_STANDSTILL_H_

#include <optional>

#include "absl/time/time.h"
#include "probes/clock.h"

namespace heyhi {

// A time in which nobody attended to the sockets: what arrived in it was seen late.
struct Standstill {
  MonotonicTime begin;
  MonotonicTime end;
};

// Shorter ones are the machine's ordinary business and count as none.
inline constexpr absl::Duration kLeastStandstill = absl::Milliseconds(100);

// While it waits for events with exchanges in flight, a loop should wait no longer
// than this at a time: a process that is stopped while it waits notices by what the
// wait took beyond the time asked for.
inline constexpr absl::Duration kLongestUnwatchedWait = absl::Milliseconds(50);

// Watches a loop that waits for events and then works on them. It stands still
// where a wait takes longer than asked for, and from the end of a wait to the
// beginning of the next. Thread-compatible.
class StandstillMeter {
 public:
  explicit StandstillMeter(MonotonicTime now) : attended_until_(now) {}

  // The loop begins to wait, for `wait` at most. Returns the standstill that ends
  // hereby, if there was one.
  std::optional<Standstill> BeginWait(MonotonicTime now, absl::Duration wait);
  void EndWait(MonotonicTime now);

  // The loop has attended to its sockets until then, and not since.
  MonotonicTime attended_until() const { return attended_until_; }

 private:
  MonotonicTime attended_until_;
  MonotonicTime wait_until_ = absl::ZeroDuration();
};

// The standstills in the course of one exchange. Thread-compatible.
class StandstillRecord {
 public:
  // `suspended` is SuspendedTime() of that instant.
  StandstillRecord(MonotonicTime began, absl::Duration suspended)
      : began_(began), suspended_before_(suspended) {}

  // The part of it before the exchange began does not count.
  void Add(const Standstill& standstill);

  // The longest so far, or zero. Sleep of the whole machine counts as one.
  absl::Duration Longest(absl::Duration suspended) const;

 private:
  const MonotonicTime began_;
  const absl::Duration suspended_before_;
  absl::Duration longest_ = absl::ZeroDuration();
};

// How long this machine has slept since it booted; MonotonicTime leaves that out.
absl::Duration SuspendedTime();

}  // namespace heyhi

#endif  // HEYHI_PROBES_STANDSTILL_H_
