#ifndef HEYHI_EXPORTER_BASE_TICKS_H_
#define HEYHI_EXPORTER_BASE_TICKS_H_

#include "absl/time/time.h"
#include "probes/clock.h"

namespace heyhi {

// The grid of one target's base ticks, without jitter: a period apart, never drifting,
// however late one is taken. Before it comes the first round, at a time of its own.
// Ticks in the past are left out, not made up for. Thread-compatible.
class BaseTicks {
 public:
  BaseTicks() = default;
  // The grid's first tick is a part `phase` (0 to 1) of the period after `start`.
  BaseTicks(MonotonicTime start, absl::Duration period, double phase)
      : next_(start + period * phase), period_(period) {}

  MonotonicTime next() const { return next_; }
  absl::Duration period() const { return period_; }
  bool in_first_round() const { return first_round_; }  // it has not been taken

  // Takes the tick that is due at `now`, or the first round; next() is then the one that
  // follows, not on the heels of the first round or (`had_to_wait`) of a tick that was
  // put off. Returns how many between them were missed.
  int Take(MonotonicTime now, bool had_to_wait);

  // Changes the period, counted from the last tick: next() moves.
  void SetPeriod(absl::Duration period, MonotonicTime now);
  // The same while the tick at next() is being taken: only later ones move.
  void SetLaterPeriod(absl::Duration period) { period_ = period; }

  // Moves next() on to the first tick that is not before `now`.
  void LeaveOutThePast(MonotonicTime now);

 private:
  MonotonicTime next_;
  absl::Duration period_;
  bool first_round_ = true;
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_BASE_TICKS_H_
