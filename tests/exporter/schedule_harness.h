#ifndef HEYHI_TESTS_EXPORTER_SCHEDULE_HARNESS_H_
#define HEYHI_TESTS_EXPORTER_SCHEDULE_HARNESS_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/scheduler.h"
#include "probes/simulated_clock.h"

namespace heyhi {

using Targets = std::vector<std::shared_ptr<const Target>>;

// Target `i` is model "i" of that provider.
Targets MakeTargets(int count, absl::Duration interval, const std::string& provider = "p");

// Findings by name.
Finding Ok();
Finding Slow();
Finding FailedBy(Fault fault);
Finding RateLimited(std::optional<absl::Duration> retry_after = std::nullopt);

// What a probe finds, and how long it takes.
struct Outlook {
  Finding finding;
  absl::Duration takes = absl::ZeroDuration();
};

// A scheduler on a simulated clock whose probes end as a script says, and its record.
class ScheduleHarness {
 public:
  using Script = std::function<Outlook(std::size_t index, MonotonicTime now)>;

  explicit ScheduleHarness(const Targets& targets, const Scheduler::Options& options = {},
                           Script script = nullptr, absl::Time start = absl::UnixEpoch());

  void RunUntil(MonotonicTime end);
  void RunFor(absl::Duration time) { RunUntil(clock_.Monotonic() + time); }
  // What has ended by now is told to the scheduler.
  void EndProbes();

  SimulatedClock& clock() { return clock_; }
  Scheduler& scheduler() { return *scheduler_; }
  TargetState state(std::size_t index = 0) const { return scheduler_->state(index); }

  // The starts since `from`, by what they counted as.
  std::vector<MonotonicTime> Starts(std::size_t index, Trigger trigger,
                                    MonotonicTime from = absl::ZeroDuration()) const;
  // All starts of a target since `from`, whatever they counted as.
  std::vector<MonotonicTime> AllStarts(std::size_t index = 0,
                                       MonotonicTime from = absl::ZeroDuration()) const;

  struct Start {
    MonotonicTime at;
    std::optional<Trigger> trigger;  // once it has ended
  };
  std::map<std::size_t, std::vector<Start>> starts;
  std::vector<absl::Duration> slips;
  std::map<SkipCause, int> skips;
  struct Change {
    MonotonicTime at;
    TargetState state;
    absl::Duration interval;
  };
  std::map<std::size_t, std::vector<Change>> changes;
  bool keep_in_flight = false;
  Script script;

 private:
  struct Flight {
    MonotonicTime ends_at;
    std::size_t index;
    Finding finding;
  };

  SimulatedClock clock_;
  std::vector<Flight> flights_;
  std::unique_ptr<Scheduler> scheduler_;
};

// The gaps between the times.
std::vector<absl::Duration> Gaps(const std::vector<MonotonicTime>& times);

}  // namespace heyhi

#endif  // HEYHI_TESTS_EXPORTER_SCHEDULE_HARNESS_H_
