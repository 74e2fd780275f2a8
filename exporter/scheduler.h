#ifndef HEYHI_EXPORTER_SCHEDULER_H_
#define HEYHI_EXPORTER_SCHEDULER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "exporter/base_ticks.h"
#include "exporter/confirmation.h"
#include "exporter/finding.h"
#include "exporter/maintenance.h"
#include "exporter/provider_backoff.h"
#include "exporter/target_state.h"
#include "probes/clock.h"
#include "probes/target.h"
#include "probes/trigger.h"

namespace heyhi {

// Why a probe that was due did not count.
enum class SkipCause {
  kInFlight,   // the one before it had not ended
  kLate,       // its time had passed (the machine was suspended or starved)
  kDisturbed,  // it ran, but this process stood still meanwhile: its result says nothing
};
inline constexpr SkipCause kSkipCauses[] = {SkipCause::kInFlight, SkipCause::kLate,
                                            SkipCause::kDisturbed};
std::string_view SkipCauseName(SkipCause cause);

// Decides when each target is probed. Each target has base ticks: its interval apart,
// at a phase of its own, each moved by up to ±10 % of the interval; they never drift,
// however late one starts. The first round is squeezed into the first 30 seconds.
// What results say (Finished) moves a target between the states of TargetState, which
// see; a target that is being confirmed is probed at extra times too, while its base
// ticks go on. At most one probe of a target is in flight: where a base tick meets a
// confirming probe that is under way, that probe is the base tick's.
//
// Targets are known by their index, which stays while they are configured.
// Thread-compatible; uses no time but `clock`'s, so a month runs in seconds on a
// simulated one.
class Scheduler {
 public:
  struct Options {
    std::uint64_t seed = 1;  // of phases and jitter
    absl::Duration first_round = absl::Seconds(30);
    double jitter = 0.1;  // part of the interval, to both sides
    std::vector<MaintenanceWindow> maintenance;
  };

  struct Callbacks {
    // The index stands for this target from now on. Called before the others, and again
    // where the target's settings are new.
    std::function<void(std::size_t index, const std::shared_ptr<const Target>& target)> begun;
    // It stands for none.
    std::function<void(std::size_t index)> gone;
    // Starts a probe; Finished(index) or GivenUp(index) must be called once it has
    // ended. `slip` is how long after its due time it starts.
    std::function<void(std::size_t index, absl::Duration slip)> start;
    // `count` due ticks were left out.
    std::function<void(std::size_t index, SkipCause cause, int count)> skip;
    // The target's state, or the interval in force, is another than before. Also
    // called once for each target at its beginning.
    std::function<void(std::size_t index, TargetState state, absl::Duration interval)> changed;
  };

  // `clock` must outlive the scheduler. The schedule begins now. Calls `changed`.
  Scheduler(const Clock& clock, const Options& options,
            const std::vector<std::shared_ptr<const Target>>& targets, Callbacks callbacks);

  // Starts every probe that is due; returns when it should be called again.
  MonotonicTime RunDue();

  // The probe of that target has ended, with this finding. Returns as what it counts;
  // nothing where the target has gone meanwhile: then it does not count.
  std::optional<Trigger> Finished(std::size_t index, const Finding& finding);
  // The probe of that target has ended without a result that says anything. False where
  // the target has gone meanwhile.
  bool GivenUp(std::size_t index);

  // Base intervals of targets that cost something are so much longer where nothing else
  // holds, up to an hour: 1 is as configured. For the guard of the month's budget.
  void SetStretch(double factor);
  // Whether this target's probes cost something; a new one's do.
  void SetFree(std::size_t index, bool is_free);

  // A new configuration. Targets of the same label set go on as they were (with a new
  // interval, if it changed); others go, or begin with a first round of their own.
  // Returns the index of each, in order; those of targets that went are used again.
  std::vector<std::size_t> Replace(const std::vector<std::shared_ptr<const Target>>& targets,
                                   std::vector<MaintenanceWindow> maintenance);

  TargetState state(std::size_t index) const { return entries_[index].state; }
  // The interval between probes now in force.
  absl::Duration interval(std::size_t index) const { return entries_[index].interval; }

 private:
  // What a queued time is for.
  enum Kind { kBase, kConfirm, kKinds };

  // What the targets of one provider share.
  struct Group {
    ProviderBackoff backoff;
    std::vector<std::size_t> members;
  };

  struct Entry {
    std::shared_ptr<const Target> target;  // null: the index is free, or soon
    Group* group = nullptr;
    double phase = 0;      // 0 to 1: spreads the targets over time
    BaseTicks ticks;       // next() is in the queue, with its jitter
    bool put_off = false;  // it waits for what the provider asked for
    MonotonicTime due[kKinds] = {absl::InfiniteDuration(), absl::InfiniteDuration()};
    bool in_flight = false;
    Trigger trigger = Trigger::kScheduled;  // of the probe in flight
    MonotonicTime started_at;
    Confirmation confirmation;
    bool is_free = false;  // its probes cost nothing
    TargetState state = TargetState::kSteady;
    absl::Duration interval;  // in force
  };
  struct Due {
    MonotonicTime at;
    std::size_t index;
    Kind kind;
    bool operator>(const Due& other) const {
      return at != other.at ? at > other.at : index > other.index;
    }
  };

  void Begin(std::size_t index, const std::shared_ptr<const Target>& target);
  void Remove(std::size_t index);
  std::size_t TakeFreeIndex();
  void Queue(std::size_t index, Kind kind, MonotonicTime at);
  void RunBaseTick(std::size_t index, MonotonicTime due, MonotonicTime now);
  void RunConfirmTick(std::size_t index, MonotonicTime due, MonotonicTime now);
  void StartProbe(std::size_t index, Trigger trigger, MonotonicTime due, MonotonicTime now);
  void QueueBase(std::size_t index);

  // Brings state and interval up to date with what is known now.
  void Refresh(std::size_t index);
  void RefreshBase(std::size_t index, absl::Duration period, MonotonicTime now);
  void RefreshAll();
  TargetState StateNow(const Entry& entry, MonotonicTime now) const;
  absl::Duration StretchedInterval(const Entry& entry) const;
  absl::Duration PeriodIn(TargetState state, const Entry& entry, MonotonicTime now) const;
  std::optional<MonotonicTime> WaitsUntil(const Entry& entry, MonotonicTime now) const;
  bool IsPaused(const Target& target) const;
  void WatchMaintenance();
  absl::Duration Jitter(absl::Duration interval);

  const Clock& clock_;
  Options options_;
  const Callbacks callbacks_;
  std::mt19937_64 random_;
  double phase_offset_;
  std::size_t phases_given_ = 0;
  double stretch_ = 1;
  std::vector<Entry> entries_;
  std::vector<std::size_t> free_;        // indices
  std::map<std::string, Group> groups_;  // by provider, of those with targets
  std::priority_queue<Due, std::vector<Due>, std::greater<>> queue_;
  // Wall times between which no maintenance window opens or closes.
  absl::Time windows_seen_at_ = absl::InfinitePast();
  absl::Time windows_change_at_ = absl::InfinitePast();
  std::vector<std::size_t> open_windows_;  // that are open between them
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_SCHEDULER_H_
