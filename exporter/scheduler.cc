#include "exporter/scheduler.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace heyhi {
namespace {

// Fractional parts of multiples of the golden ratio spread evenly for any number
// of targets, and stay where they are when more are added.
constexpr double kGoldenRatio = 0.6180339887498949;

// While a provider fails, its targets are not probed more slowly than this, whatever
// limits us.
constexpr absl::Duration kSlowestInTrouble = absl::Seconds(60);

// An outage is found within the hour, even where the budget is spent.
constexpr absl::Duration kLongestStretched = absl::Hours(1);

// Targets that had to wait for the same moment start within so long after it.
constexpr absl::Duration kSpreadAfterWait = absl::Seconds(30);

// The wall clock may be set at any time: windows are looked at anew this often.
constexpr absl::Duration kWindowCheck = absl::Seconds(30);

std::string LabelSet(const TargetId& id) { return id.Name() + " " + id.region; }

}  // namespace

std::string_view SkipCauseName(SkipCause cause) {
  switch (cause) {
    case SkipCause::kInFlight:
      return "in_flight";
    case SkipCause::kLate:
      return "late";
    case SkipCause::kDisturbed:
      return "disturbed";
  }
  return "late";
}

Scheduler::Scheduler(const Clock& clock, const Options& options,
                     const std::vector<std::shared_ptr<const Target>>& targets, Callbacks callbacks)
    : clock_(clock),
      options_(options),
      callbacks_(std::move(callbacks)),
      random_(options.seed),
      phase_offset_(std::uniform_real_distribution<double>(0, 1)(random_)) {
  Replace(targets, options_.maintenance);
}

std::vector<std::size_t> Scheduler::Replace(
    const std::vector<std::shared_ptr<const Target>>& targets,
    std::vector<MaintenanceWindow> maintenance) {
  options_.maintenance = std::move(maintenance);
  open_windows_.clear();
  windows_change_at_ = absl::InfinitePast();  // looked at anew below
  std::map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].target != nullptr) known[LabelSet(entries_[i].target->id)] = i;
  }
  std::vector<std::size_t> indices(targets.size());
  std::vector<std::size_t> added;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto found = known.find(LabelSet(targets[i]->id));
    if (found == known.end()) {
      added.push_back(i);
      continue;
    }
    indices[i] = found->second;
    entries_[found->second].target = targets[i];
    callbacks_.begun(found->second, targets[i]);
    known.erase(found);
  }
  for (const auto& [labels, index] : known) Remove(index);
  for (const std::size_t i : added) {
    indices[i] = TakeFreeIndex();
    Begin(indices[i], targets[i]);
  }
  // Only now: a provider whose targets are all new ones still has its limits.
  std::erase_if(groups_, [](const auto& group) { return group.second.members.empty(); });
  WatchMaintenance();
  RefreshAll();
  return indices;
}

std::size_t Scheduler::TakeFreeIndex() {
  if (free_.empty()) {
    entries_.emplace_back();
    return entries_.size() - 1;
  }
  const std::size_t index = free_.back();
  free_.pop_back();
  return index;
}

// The index is free once its last probe has ended: a late result must not be taken
// for another target's.
void Scheduler::Remove(std::size_t index) {
  Entry& entry = entries_[index];
  std::erase(entry.group->members, index);
  entry.group = nullptr;
  entry.target = nullptr;
  for (MonotonicTime& due : entry.due) due = absl::InfiniteDuration();
  if (!entry.in_flight) free_.push_back(index);
  callbacks_.gone(index);
}

void Scheduler::Begin(std::size_t index, const std::shared_ptr<const Target>& target) {
  double whole = 0;
  callbacks_.begun(index, target);
  const MonotonicTime now = clock_.Monotonic();
  Entry& entry = entries_[index];
  entry = Entry();
  entry.phase =
      std::modf(phase_offset_ + kGoldenRatio * static_cast<double>(phases_given_++), &whole);
  entry.group = &groups_[target->id.provider];
  entry.group->members.push_back(index);
  entry.ticks = BaseTicks(now, target->interval, entry.phase);
  entry.started_at = now;
  entry.target = target;
  Queue(index, kBase, now + std::min(options_.first_round, entry.ticks.period()) * entry.phase);
}

absl::Duration Scheduler::Jitter(absl::Duration interval) {
  return interval *
         std::uniform_real_distribution<double>(-options_.jitter, options_.jitter)(random_);
}

void Scheduler::Queue(std::size_t index, Kind kind, MonotonicTime at) {
  // Whole microseconds, as all our times. What was queued before for the same
  // purpose no longer counts: see RunDue.
  entries_[index].due[kind] = absl::Trunc(at, absl::Microseconds(1));
  queue_.push({entries_[index].due[kind], index, kind});
}

MonotonicTime Scheduler::RunDue() {
  WatchMaintenance();
  const MonotonicTime now = clock_.Monotonic();
  while (!queue_.empty()) {
    const Due due = queue_.top();
    const bool stale = entries_[due.index].due[due.kind] != due.at;
    if (!stale && due.at > now) break;
    queue_.pop();
    if (stale) continue;
    entries_[due.index].due[due.kind] = absl::InfiniteDuration();
    if (due.kind == kBase) {
      RunBaseTick(due.index, due.at, now);
    } else {
      RunConfirmTick(due.index, due.at, now);
    }
  }
  const MonotonicTime next = queue_.empty() ? absl::InfiniteDuration() : queue_.top().at;
  if (options_.maintenance.empty()) return next;
  return std::min({next, now + kWindowCheck,
                   now + std::max(absl::ZeroDuration(), windows_change_at_ - clock_.Now())});
}

void Scheduler::RunBaseTick(std::size_t index, MonotonicTime due, MonotonicTime now) {
  Refresh(index);
  Entry& entry = entries_[index];
  if (const std::optional<MonotonicTime> waits = WaitsUntil(entry, now)) {
    entry.put_off = true;
    Queue(index, kBase, *waits);
    Refresh(index);  // to tell that it waits
    return;
  }
  if (entry.state == TargetState::kPaused) {
    // Nothing is due in a maintenance window.
  } else if (!entry.in_flight) {
    StartProbe(index, Trigger::kScheduled, due, now);
  } else if (entry.trigger == Trigger::kConfirm) {
    entry.trigger = Trigger::kScheduled;
  } else {
    callbacks_.skip(index, SkipCause::kInFlight, 1);
  }
  // What was missed is told where nobody wanted it so.
  const int missed = entry.ticks.Take(now, entry.put_off);
  if (missed > 0 && entry.state != TargetState::kPaused && !entry.put_off) {
    callbacks_.skip(index, SkipCause::kLate, missed);
  }
  QueueBase(index);
}

void Scheduler::RunConfirmTick(std::size_t index, MonotonicTime due, MonotonicTime now) {
  Entry& entry = entries_[index];
  if (!entry.confirmation.confirming()) return;
  Refresh(index);
  // A probe that is under way is as good a look.
  if (entry.state == TargetState::kConfirming && !entry.in_flight) {
    StartProbe(index, Trigger::kConfirm, due, now);
  }
  const MonotonicTime next = due + kConfirmEvery;
  Queue(index, kConfirm, next > now ? next : now + kConfirmEvery);
}

void Scheduler::StartProbe(std::size_t index, Trigger trigger, MonotonicTime due,
                           MonotonicTime now) {
  Entry& entry = entries_[index];
  entry.in_flight = true;
  entry.trigger = trigger;
  entry.started_at = now;
  callbacks_.start(index, now - due);
}

void Scheduler::QueueBase(std::size_t index) {
  Entry& entry = entries_[index];
  const MonotonicTime now = clock_.Monotonic();
  // Jitter must not reach into the past: it would look like a late start.
  const MonotonicTime due = std::max(entry.ticks.next() + Jitter(entry.ticks.period()), now);
  const std::optional<MonotonicTime> waits = WaitsUntil(entry, now);
  entry.put_off = waits.has_value() && *waits > due;
  Queue(index, kBase, entry.put_off ? *waits : due);
}

std::optional<Trigger> Scheduler::Finished(std::size_t index, const Finding& finding) {
  Entry& entry = entries_[index];
  entry.in_flight = false;
  if (entry.target == nullptr) {
    free_.push_back(index);
    return std::nullopt;
  }
  const MonotonicTime now = clock_.Monotonic();
  const bool limit_changed = entry.group->backoff.Take(finding, entry.started_at, now);
  if (entry.confirmation.Take(finding)) Queue(index, kConfirm, now + kFirstConfirmAfter);
  if (limit_changed) {
    for (const std::size_t member : entry.group->members) Refresh(member);
  } else {
    Refresh(index);
  }
  return entry.trigger;
}

bool Scheduler::GivenUp(std::size_t index) {
  Entry& entry = entries_[index];
  entry.in_flight = false;
  if (entry.target == nullptr) {
    free_.push_back(index);
    return false;
  }
  callbacks_.skip(index, SkipCause::kDisturbed, 1);
  return true;
}

void Scheduler::SetStretch(double factor) {
  stretch_ = std::max(factor, 1.0);
  RefreshAll();
}

void Scheduler::SetFree(std::size_t index, bool is_free) {
  if (entries_[index].is_free == is_free) return;
  entries_[index].is_free = is_free;
  Refresh(index);
}

absl::Duration Scheduler::StretchedInterval(const Entry& entry) const {
  const absl::Duration base = entry.target->interval;
  return entry.is_free ? base : std::min(base * stretch_, std::max(base, kLongestStretched));
}

void Scheduler::RefreshAll() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].target != nullptr) Refresh(i);
  }
}

void Scheduler::Refresh(std::size_t index) {
  Entry& entry = entries_[index];
  const MonotonicTime now = clock_.Monotonic();
  const TargetState state = StateNow(entry, now);
  const absl::Duration period = PeriodIn(state, entry, now);
  absl::Duration interval =
      state == TargetState::kConfirming ? std::min(period, kConfirmEvery) : period;
  if (entry.due[kBase] == absl::InfiniteDuration()) {
    entry.ticks.SetLaterPeriod(period);
  } else {
    RefreshBase(index, period, now);
    if (entry.put_off) interval = std::max(interval, entry.due[kBase] - entry.started_at);
  }
  if (state == entry.state && interval == entry.interval) return;
  entry.state = state;
  entry.interval = interval;
  callbacks_.changed(index, state, interval);
}

// Moves the base tick in the queue, where period or the provider's wait are others now.
void Scheduler::RefreshBase(std::size_t index, absl::Duration period, MonotonicTime now) {
  Entry& entry = entries_[index];
  const bool has_other_period = period != entry.ticks.period();
  if (has_other_period) entry.ticks.SetPeriod(period, now);
  const std::optional<MonotonicTime> waits = WaitsUntil(entry, now);
  // Where it is too soon RunBaseTick puts it off.
  const bool too_late = entry.put_off && (!waits.has_value() || entry.due[kBase] > *waits);
  if (too_late) entry.ticks.LeaveOutThePast(now);
  if (too_late || (has_other_period && !entry.ticks.in_first_round())) QueueBase(index);
}

TargetState Scheduler::StateNow(const Entry& entry, MonotonicTime now) const {
  if (IsPaused(*entry.target)) return TargetState::kPaused;
  if (entry.group->backoff.IsBackingOff(now)) return TargetState::kBackingOff;
  if (entry.confirmation.held()) return TargetState::kHeld;
  if (entry.confirmation.confirming()) return TargetState::kConfirming;
  return StretchedInterval(entry) > entry.target->interval ? TargetState::kStretched
                                                           : TargetState::kSteady;
}

absl::Duration Scheduler::PeriodIn(TargetState state, const Entry& entry, MonotonicTime now) const {
  const absl::Duration base = entry.target->interval;
  if (state == TargetState::kStretched) return StretchedInterval(entry);
  if (state != TargetState::kBackingOff) return base;
  const absl::Duration slowed =
      std::max(base * entry.group->backoff.factor(), StretchedInterval(entry));
  if (!entry.group->backoff.FailedLately(now)) return slowed;
  // A target that is well needs no more looks than it was given.
  return std::min(slowed, entry.confirmation.confirming() ? kSlowestInTrouble
                                                          : std::max(base, kSlowestInTrouble));
}

// When the provider wants to see the target next, where it asked for a wait at all.
std::optional<MonotonicTime> Scheduler::WaitsUntil(const Entry& entry, MonotonicTime now) const {
  const ProviderBackoff& backoff = entry.group->backoff;
  MonotonicTime until =
      backoff.not_before() + std::min(entry.ticks.period(), kSpreadAfterWait) * entry.phase;
  if (backoff.FailedLately(now)) until = std::min(until, entry.started_at + kSlowestInTrouble);
  if (until <= now) return std::nullopt;
  return absl::Ceil(until, absl::Microseconds(1));  // not before
}

bool Scheduler::IsPaused(const Target& target) const {
  return std::any_of(open_windows_.begin(), open_windows_.end(),
                     [&](std::size_t i) { return options_.maintenance[i].Covers(target.id); });
}

void Scheduler::WatchMaintenance() {
  const absl::Time now = clock_.Now();
  if (options_.maintenance.empty() || (now >= windows_seen_at_ && now < windows_change_at_)) {
    return;
  }
  windows_seen_at_ = now;
  windows_change_at_ = absl::InfiniteFuture();
  open_windows_.clear();
  for (std::size_t i = 0; i < options_.maintenance.size(); ++i) {
    const MaintenanceWindow& window = options_.maintenance[i];
    windows_change_at_ = std::min(windows_change_at_, window.NextChange(now));
    if (window.IsOpen(now)) open_windows_.push_back(i);
  }
  RefreshAll();
}

}  // namespace heyhi
