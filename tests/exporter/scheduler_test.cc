#include "exporter/scheduler.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "probes/simulated_clock.h"

namespace heyhi {
namespace {

using Targets = std::vector<std::shared_ptr<const Target>>;

Targets MakeTargets(int count, absl::Duration interval) {
  Targets targets;
  for (int i = 0; i < count; ++i) {
    auto target = std::make_shared<Target>();
    target->id.model = std::to_string(i);
    target->interval = interval;
    targets.push_back(target);
  }
  return targets;
}

// A scheduler whose probes end at once, unless told otherwise, and its record.
class Harness {
 public:
  Harness(Targets targets, Scheduler::Options options)
      : scheduler_(clock_, options, std::move(targets),
                   {[this](std::size_t index, absl::Duration slip) {
                      starts[index].push_back(clock_.Monotonic());
                      slips.push_back(slip);
                      if (!keep_in_flight) finished_.push_back(index);
                    },
                    [this](std::size_t, SkipCause cause, int count) { skips[cause] += count; }}) {}

  void RunUntil(MonotonicTime end) {
    while (true) {
      const MonotonicTime next = scheduler_.RunDue();
      for (const std::size_t index : finished_) scheduler_.Finished(index);
      finished_.clear();
      if (next > end) break;
      clock_.AdvanceTo(next);
    }
    clock_.AdvanceTo(end);
  }

  SimulatedClock& clock() { return clock_; }
  Scheduler& scheduler() { return scheduler_; }

  std::map<std::size_t, std::vector<MonotonicTime>> starts;
  std::vector<absl::Duration> slips;
  std::map<SkipCause, int> skips;
  bool keep_in_flight = false;

 private:
  SimulatedClock clock_{absl::UnixEpoch()};
  std::vector<std::size_t> finished_;
  Scheduler scheduler_;
};

TEST(SchedulerTest, TheFirstRoundFitsIntoThirtySeconds) {
  Harness harness(MakeTargets(50, absl::Minutes(5)), {});
  harness.RunUntil(absl::Seconds(30));
  EXPECT_EQ(harness.starts.size(), 50U);
}

TEST(SchedulerTest, AShortIntervalIsItsOwnFirstRound) {
  Harness harness(MakeTargets(5, absl::Seconds(2)), {});
  harness.RunUntil(absl::Seconds(2));
  EXPECT_EQ(harness.starts.size(), 5U);
}

TEST(SchedulerTest, PhasesSpreadOverTheInterval) {
  Scheduler::Options options;
  options.jitter = 0;
  Harness harness(MakeTargets(100, absl::Minutes(5)), options);
  harness.RunUntil(absl::Minutes(30));
  std::vector<MonotonicTime> all;
  for (const auto& [index, starts] : harness.starts) {
    for (const MonotonicTime start : starts) {
      if (start > absl::Minutes(20) && start <= absl::Minutes(25)) all.push_back(start);
    }
  }
  ASSERT_EQ(all.size(), 100U);
  std::sort(all.begin(), all.end());
  absl::Duration widest = absl::ZeroDuration();
  for (std::size_t i = 1; i < all.size(); ++i) widest = std::max(widest, all[i] - all[i - 1]);
  EXPECT_LT(widest, absl::Seconds(12)) << "the even gap is 3 s";
}

TEST(SchedulerTest, GapsStayWithinTheJitter) {
  Harness harness(MakeTargets(7, absl::Minutes(1)), {});
  harness.RunUntil(absl::Hours(24));
  for (const auto& [index, starts] : harness.starts) {
    for (std::size_t i = 2; i < starts.size(); ++i) {
      const absl::Duration gap = starts[i] - starts[i - 1];
      EXPECT_GE(gap, absl::Seconds(48));
      EXPECT_LE(gap, absl::Seconds(72));
    }
    const absl::Duration first_gap = starts[1] - starts[0];
    EXPECT_GE(first_gap, absl::Seconds(9)) << "on the heels of the first round";
    EXPECT_LE(first_gap, absl::Seconds(81));
  }
}

TEST(SchedulerTest, DoesNotDriftOverAMonth) {
  Harness harness(MakeTargets(3, absl::Minutes(5)), {});
  const absl::Duration month = absl::Hours(24 * 30);
  harness.RunUntil(month);
  for (const auto& [index, starts] : harness.starts) {
    // 8640 base ticks and the first round, whatever the jitter.
    EXPECT_NEAR(static_cast<double>(starts.size()), 8641.0, 1.0);
  }
}

TEST(SchedulerTest, JitterFollowsTheSeed) {
  const auto starts = [](std::uint64_t seed) {
    Scheduler::Options options;
    options.seed = seed;
    Harness harness(MakeTargets(3, absl::Minutes(1)), options);
    harness.RunUntil(absl::Minutes(10));
    return harness.starts;
  };
  EXPECT_EQ(starts(7), starts(7));
  EXPECT_NE(starts(7), starts(8));
}

TEST(SchedulerTest, SkipsATickWhoseProbeIsStillInFlight) {
  Harness harness(MakeTargets(1, absl::Seconds(10)), {});
  harness.keep_in_flight = true;
  harness.RunUntil(absl::Seconds(100));
  EXPECT_EQ(harness.starts[0].size(), 1U);
  EXPECT_GE(harness.skips[SkipCause::kInFlight], 8);
  harness.scheduler().Finished(0);
  harness.RunUntil(absl::Seconds(120));
  EXPECT_EQ(harness.starts[0].size(), 2U);
}

TEST(SchedulerTest, DoesNotMakeUpForWhatWasMissed) {
  Harness harness(MakeTargets(1, absl::Minutes(1)), {});
  harness.RunUntil(absl::Minutes(10));
  const std::size_t before = harness.starts[0].size();
  harness.clock().Advance(absl::Hours(1));  // suspended, or starved
  harness.RunUntil(harness.clock().Monotonic());
  EXPECT_EQ(harness.starts[0].size(), before + 1) << "one late start, no burst";
  EXPECT_NEAR(harness.skips[SkipCause::kLate], 59, 1);
  EXPECT_GT(harness.slips.back(), absl::Minutes(58));
}

TEST(SchedulerTest, MeasuresSlip) {
  Harness harness(MakeTargets(1, absl::Minutes(1)), {});
  const MonotonicTime due = harness.scheduler().RunDue();
  harness.clock().AdvanceTo(due + absl::Milliseconds(30));
  harness.scheduler().RunDue();
  ASSERT_EQ(harness.slips.size(), 1U);
  EXPECT_EQ(harness.slips[0], absl::Milliseconds(30));
}

TEST(SchedulerTest, WithoutTargetsNothingIsEverDue) {
  Harness harness({}, {});
  EXPECT_EQ(harness.scheduler().RunDue(), absl::InfiniteDuration());
}

}  // namespace
}  // namespace heyhi
