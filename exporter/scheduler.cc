#include "exporter/scheduler.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace heyhi {
namespace {

// Fractional parts of multiples of the golden ratio spread evenly for any number
// of targets, and stay where they are when more are added.
constexpr double kGoldenRatio = 0.6180339887498949;

// The least share of an interval between the first round and the grid's tick
// that follows it.
constexpr double kLeastFirstGap = 0.25;

}  // namespace

std::string_view TargetStateName(TargetState state) {
  switch (state) {
    case TargetState::kPaused:
      return "paused";
    case TargetState::kBackingOff:
      return "backing_off";
    case TargetState::kHeld:
      return "held";
    case TargetState::kConfirming:
      return "confirming";
    case TargetState::kStretched:
      return "stretched";
    case TargetState::kSteady:
      return "steady";
  }
  return "steady";
}

std::string_view SkipCauseName(SkipCause cause) {
  return cause == SkipCause::kInFlight ? "in_flight" : "late";
}

Scheduler::Scheduler(const Clock& clock, const Options& options,
                     std::vector<std::shared_ptr<const Target>> targets, Callbacks callbacks)
    : clock_(clock),
      options_(options),
      targets_(std::move(targets)),
      callbacks_(std::move(callbacks)),
      random_(options.seed) {
  const MonotonicTime start = clock_.Monotonic();
  const double offset = std::uniform_real_distribution<double>(0, 1)(random_);
  double whole = 0;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const double phase = std::modf(offset + kGoldenRatio * static_cast<double>(i), &whole);
    const absl::Duration interval = targets_[i]->interval;
    const absl::Duration first = std::min(options_.first_round, interval) * phase;
    entries_.push_back({start + interval * phase, -1, false});
    Queue(start + first, i);
  }
}

absl::Duration Scheduler::Jitter(absl::Duration interval) {
  return interval *
         std::uniform_real_distribution<double>(-options_.jitter, options_.jitter)(random_);
}

void Scheduler::QueueNext(std::size_t index) {
  Entry& entry = entries_[index];
  const absl::Duration interval = targets_[index]->interval;
  const MonotonicTime now = clock_.Monotonic();
  const bool first_round = entry.next_tick < 0;
  if (first_round) {
    // The first grid tick that is not on the heels of the first round.
    entry.next_tick = entry.origin < now + interval * kLeastFirstGap ? 1 : 0;
  } else {
    ++entry.next_tick;
  }
  MonotonicTime at = entry.origin + interval * entry.next_tick + Jitter(interval);
  if (at <= now && !first_round) {
    // We were held up (suspended, starved): what was missed is not made up for.
    const auto missed = static_cast<std::int64_t>(absl::FDivDuration(now - at, interval)) + 1;
    entry.next_tick += missed;
    at += interval * missed;
    callbacks_.skip(index, SkipCause::kLate, static_cast<int>(missed));
  }
  Queue(at, index);
}

void Scheduler::Queue(MonotonicTime at, std::size_t index) {
  // Whole microseconds, as all our times.
  queue_.push({absl::Trunc(at, absl::Microseconds(1)), index});
}

MonotonicTime Scheduler::RunDue() {
  const MonotonicTime now = clock_.Monotonic();
  while (!queue_.empty() && queue_.top().at <= now) {
    const Due due = queue_.top();
    queue_.pop();
    Entry& entry = entries_[due.index];
    if (entry.in_flight) {
      callbacks_.skip(due.index, SkipCause::kInFlight, 1);
    } else {
      entry.in_flight = true;
      callbacks_.start(due.index, now - due.at);
    }
    QueueNext(due.index);
  }
  return queue_.empty() ? absl::InfiniteDuration() : queue_.top().at;
}

}  // namespace heyhi
