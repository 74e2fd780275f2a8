#ifndef HEYHI_EXPORTER_SCHEDULER_H_
#define HEYHI_EXPORTER_SCHEDULER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "probes/clock.h"
#include "probes/target.h"

namespace heyhi {

// What the schedule does with a target now. This version knows only steady.
enum class TargetState { kPaused, kBackingOff, kHeld, kConfirming, kStretched, kSteady };
inline constexpr TargetState kTargetStates[] = {TargetState::kPaused,    TargetState::kBackingOff,
                                                TargetState::kHeld,      TargetState::kConfirming,
                                                TargetState::kStretched, TargetState::kSteady};
std::string_view TargetStateName(TargetState state);

// Why a probe that was due did not start.
enum class SkipCause { kInFlight, kLate };
inline constexpr SkipCause kSkipCauses[] = {SkipCause::kInFlight, SkipCause::kLate};
std::string_view SkipCauseName(SkipCause cause);

// Decides when each target is probed. Each target has a grid of base ticks: its
// interval apart, at a phase of its own, each tick moved by up to ±10 % of the
// interval. The grid never drifts, however late a tick starts. The first round is
// squeezed into the first 30 seconds. Thread-compatible; uses no time but
// `clock`'s, so a month runs in a second on a simulated one.
class Scheduler {
 public:
  struct Options {
    std::uint64_t seed = 1;  // of phases and jitter
    absl::Duration first_round = absl::Seconds(30);
    double jitter = 0.1;  // part of the interval, to both sides
  };

  struct Callbacks {
    // Starts a probe; Finished(index) must be called once it has ended. `slip` is
    // how long after its due time it starts.
    std::function<void(std::size_t index, absl::Duration slip)> start;
    // `count` due ticks were left out.
    std::function<void(std::size_t index, SkipCause cause, int count)> skip;
  };

  // `clock` must outlive the scheduler. The schedule begins now.
  Scheduler(const Clock& clock, const Options& options,
            std::vector<std::shared_ptr<const Target>> targets, Callbacks callbacks);

  // Starts every probe that is due; returns when the next one will be.
  MonotonicTime RunDue();

  // The probe of that target has ended.
  void Finished(std::size_t index) { entries_[index].in_flight = false; }

 private:
  struct Entry {
    MonotonicTime origin;    // the grid's tick 0
    std::int64_t next_tick;  // the grid's number of the tick in the queue; -1 is the first round
    bool in_flight = false;
  };
  struct Due {
    MonotonicTime at;
    std::size_t index;
    bool operator>(const Due& other) const {
      return at != other.at ? at > other.at : index > other.index;
    }
  };

  void QueueNext(std::size_t index);
  void Queue(MonotonicTime at, std::size_t index);
  absl::Duration Jitter(absl::Duration interval);

  const Clock& clock_;
  const Options options_;
  const std::vector<std::shared_ptr<const Target>> targets_;
  const Callbacks callbacks_;
  std::mt19937_64 random_;
  std::vector<Entry> entries_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> queue_;
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_SCHEDULER_H_
