// Base ticks: rounds, phases, jitter, drift, what is left out, new configurations.
#include "exporter/scheduler.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/exporter/schedule_harness.h"

namespace heyhi {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST(SchedulerTest, TheFirstRoundFitsIntoThirtySeconds) {
  ScheduleHarness harness(MakeTargets(50, absl::Minutes(5)));
  harness.RunUntil(absl::Seconds(30));
  EXPECT_EQ(harness.starts.size(), 50U);
}

TEST(SchedulerTest, TheFirstRoundIsPaced) {
  ScheduleHarness harness(MakeTargets(3000, absl::Minutes(5)));
  harness.RunUntil(absl::Seconds(30));
  std::vector<int> in_second(30);
  for (const auto& [index, starts] : harness.starts) {
    ++in_second[static_cast<std::size_t>(absl::ToInt64Seconds(starts[0].at))];
  }
  EXPECT_THAT(in_second, Each(testing::AllOf(Ge(95), Le(105)))) << "3000 over 30 s";
}

TEST(SchedulerTest, AShortIntervalIsItsOwnFirstRound) {
  ScheduleHarness harness(MakeTargets(5, absl::Seconds(2)));
  harness.RunUntil(absl::Seconds(2));
  EXPECT_EQ(harness.starts.size(), 5U);
}

TEST(SchedulerTest, PhasesSpreadOverTheInterval) {
  Scheduler::Options options;
  options.jitter = 0;
  ScheduleHarness harness(MakeTargets(100, absl::Minutes(5)), options);
  harness.RunUntil(absl::Minutes(30));
  std::vector<MonotonicTime> all;
  for (const auto& [index, starts] : harness.starts) {
    for (const auto& start : starts) {
      if (start.at > absl::Minutes(20) && start.at <= absl::Minutes(25)) all.push_back(start.at);
    }
  }
  ASSERT_EQ(all.size(), 100U);
  std::sort(all.begin(), all.end());
  EXPECT_THAT(Gaps(all), Each(Le(absl::Seconds(12)))) << "the even gap is 3 s";
}

TEST(SchedulerTest, GapsStayWithinTheJitter) {
  ScheduleHarness harness(MakeTargets(7, absl::Minutes(1)));
  harness.RunUntil(absl::Hours(24));
  for (std::size_t index = 0; index < 7; ++index) {
    std::vector<absl::Duration> gaps = Gaps(harness.AllStarts(index));
    EXPECT_GE(gaps[0], absl::Seconds(9)) << "on the heels of the first round";
    EXPECT_LE(gaps[0], absl::Seconds(81));
    gaps.erase(gaps.begin());
    EXPECT_THAT(gaps, Each(Ge(absl::Seconds(48))));
    EXPECT_THAT(gaps, Each(Le(absl::Seconds(72))));
  }
}

TEST(SchedulerTest, DoesNotDriftOverAMonth) {
  Scheduler::Options options;
  options.jitter = 0;
  ScheduleHarness harness(MakeTargets(3, absl::Minutes(5)), options);
  harness.RunUntil(absl::Hours(24 * 30));
  for (std::size_t index = 0; index < 3; ++index) {
    const std::vector<MonotonicTime> starts = harness.AllStarts(index);
    EXPECT_NEAR(static_cast<double>(starts.size()), 8641.0, 1.0) << "and the first round";
    const absl::Duration whole = starts.back() - starts[1];
    EXPECT_EQ(whole, absl::Minutes(5) * (starts.size() - 2)) << "to the microsecond";
  }
}

TEST(SchedulerTest, DoesNotDriftThoughEachStartIsLate) {
  Scheduler::Options options;
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(1)), options);
  int starts = 0;
  while (harness.clock().Monotonic() < absl::Hours(24)) {
    harness.clock().AdvanceTo(harness.scheduler().RunDue() + absl::Seconds(1));
    harness.RunUntil(harness.clock().Monotonic());
    ++starts;
  }
  EXPECT_NEAR(starts, 24 * 60 + 1, 2);
}

TEST(SchedulerTest, JitterFollowsTheSeed) {
  const auto starts = [](std::uint64_t seed) {
    Scheduler::Options options;
    options.seed = seed;
    ScheduleHarness harness(MakeTargets(3, absl::Minutes(1)), options);
    harness.RunUntil(absl::Minutes(10));
    return harness.AllStarts(2);
  };
  EXPECT_EQ(starts(7), starts(7));
  EXPECT_NE(starts(7), starts(8));
}

TEST(SchedulerTest, SkipsATickWhoseProbeIsStillInFlight) {
  ScheduleHarness harness(MakeTargets(1, absl::Seconds(10)));
  harness.keep_in_flight = true;
  harness.RunUntil(absl::Seconds(100));
  EXPECT_THAT(harness.AllStarts(), SizeIs(1));
  EXPECT_GE(harness.skips[SkipCause::kInFlight], 8);
  harness.scheduler().Finished(0, Ok());
  harness.RunUntil(absl::Seconds(120));
  EXPECT_THAT(harness.AllStarts(), SizeIs(2));
}

TEST(SchedulerTest, DoesNotMakeUpForWhatWasMissed) {
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(1)));
  harness.RunUntil(absl::Minutes(10));
  const std::size_t before = harness.AllStarts().size();
  harness.clock().Advance(absl::Hours(1));  // suspended, or starved
  harness.RunUntil(harness.clock().Monotonic());
  EXPECT_THAT(harness.AllStarts(), SizeIs(before + 1)) << "one late start, no burst";
  EXPECT_NEAR(harness.skips[SkipCause::kLate], 59, 1);
  EXPECT_GT(harness.slips.back(), absl::Minutes(58));
}

TEST(SchedulerTest, KeepsItsPhaseOverASuspension) {
  Scheduler::Options options;
  options.jitter = 0;
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(1)), options);
  harness.RunUntil(absl::Minutes(10));
  const MonotonicTime before = harness.AllStarts().back();
  harness.clock().Advance(absl::Hours(1) + absl::Seconds(17));
  harness.RunFor(absl::Minutes(5));
  EXPECT_EQ((harness.AllStarts().back() - before) % absl::Minutes(1), absl::ZeroDuration());
}

TEST(SchedulerTest, TheWallClockMovesNothing) {
  const auto starts = [](bool jumps) {
    ScheduleHarness harness(MakeTargets(2, absl::Minutes(1)));
    for (int i = 0; i < 60; ++i) {
      if (jumps) harness.clock().JumpWallClock(i % 2 == 0 ? absl::Hours(9000) : -absl::Hours(9001));
      harness.RunFor(absl::Minutes(1));
    }
    return harness.AllStarts(1);
  };
  EXPECT_EQ(starts(false), starts(true));
}

TEST(SchedulerTest, MeasuresSlip) {
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(1)));
  const MonotonicTime due = harness.scheduler().RunDue();
  harness.clock().AdvanceTo(due + absl::Milliseconds(30));
  harness.scheduler().RunDue();
  EXPECT_THAT(harness.slips, ElementsAre(absl::Milliseconds(30)));
}

TEST(SchedulerTest, WithoutTargetsNothingIsEverDue) {
  ScheduleHarness harness({});
  EXPECT_EQ(harness.scheduler().RunDue(), absl::InfiniteDuration());
}

TEST(SchedulerTest, ADisturbedProbeIsToldAndChangesNothing) {
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(1)));
  harness.keep_in_flight = true;
  harness.RunUntil(absl::Minutes(1));
  harness.scheduler().GivenUp(0);
  EXPECT_EQ(harness.skips[SkipCause::kDisturbed], 1);
  EXPECT_EQ(harness.state(), TargetState::kSteady);
  harness.RunUntil(absl::Minutes(3));
  EXPECT_THAT(harness.AllStarts(), SizeIs(Ge(2U))) << "the next ones come";
}

// A new configuration.

TEST(SchedulerReplaceTest, WhatStaysGoesOnAsItWas) {
  const auto starts = [](bool replaces) {
    ScheduleHarness harness(MakeTargets(3, absl::Minutes(1)));
    harness.RunUntil(absl::Minutes(10));
    if (replaces) harness.scheduler().Replace(MakeTargets(3, absl::Minutes(1)), {});
    harness.RunUntil(absl::Minutes(20));
    return harness.AllStarts(1);
  };
  EXPECT_EQ(starts(false), starts(true));
}

TEST(SchedulerReplaceTest, WhatStaysKeepsItsState) {
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(1)), {},
                          [](auto, auto) { return Outlook{FailedBy(Fault::kProvider)}; });
  harness.RunUntil(absl::Minutes(2));
  harness.scheduler().Replace(MakeTargets(2, absl::Minutes(1)), {});
  EXPECT_EQ(harness.state(), TargetState::kConfirming);
}

TEST(SchedulerReplaceTest, WhatGoesIsProbedNoMoreAndItsLateResultDoesNotCount) {
  ScheduleHarness harness(MakeTargets(2, absl::Minutes(1)));
  harness.keep_in_flight = true;
  harness.RunUntil(absl::Seconds(59));
  harness.scheduler().Replace(MakeTargets(1, absl::Minutes(1)), {});
  EXPECT_EQ(harness.scheduler().Finished(1, Ok()), std::nullopt);
  EXPECT_EQ(harness.scheduler().Finished(0, Ok()), Trigger::kScheduled);
  const std::size_t before = harness.AllStarts(1).size();
  harness.RunFor(absl::Minutes(10));
  EXPECT_THAT(harness.AllStarts(1), SizeIs(before));
}

TEST(SchedulerReplaceTest, WhatComesHasAFirstRoundOfItsOwn) {
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(5)));
  harness.RunUntil(absl::Hours(1));
  const auto indices = harness.scheduler().Replace(MakeTargets(3, absl::Minutes(5)), {});
  EXPECT_THAT(indices, ElementsAre(0U, 1U, 2U));
  harness.RunFor(absl::Seconds(30));
  EXPECT_THAT(harness.AllStarts(1), SizeIs(1));
  EXPECT_THAT(harness.AllStarts(2), SizeIs(1));
}

TEST(SchedulerReplaceTest, AnIndexIsUsedAgainOnceItsProbeHasEnded) {
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(1), "old"));
  harness.keep_in_flight = true;
  harness.RunUntil(absl::Minutes(1));
  EXPECT_THAT(harness.scheduler().Replace(MakeTargets(1, absl::Minutes(1), "new"), {}),
              ElementsAre(1U));
  EXPECT_EQ(harness.scheduler().Finished(0, FailedBy(Fault::kProvider)), std::nullopt);
  EXPECT_THAT(harness.scheduler().Replace(MakeTargets(2, absl::Minutes(1), "newer"), {}),
              UnorderedElementsAre(0U, 1U));
  EXPECT_EQ(harness.state(0), TargetState::kSteady);
}

TEST(SchedulerReplaceTest, ANewIntervalHoldsFromTheLastTickOn) {
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(5)));
  harness.RunUntil(absl::Hours(1));
  harness.scheduler().Replace(MakeTargets(1, absl::Minutes(1)), {});
  EXPECT_EQ(harness.scheduler().interval(0), absl::Minutes(1));
  const MonotonicTime from = harness.clock().Monotonic();
  harness.RunFor(absl::Minutes(10));
  EXPECT_NEAR(static_cast<double>(harness.AllStarts(0, from).size()), 10, 1);
}

TEST(SchedulerReplaceTest, AThousandTimesLeavesNothingBehind) {
  ScheduleHarness harness(MakeTargets(10, absl::Minutes(1), "a"));
  std::size_t highest = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto targets = MakeTargets(10, absl::Minutes(1), i % 2 == 0 ? "b" : "a");
    for (const std::size_t index : harness.scheduler().Replace(targets, {})) {
      highest = std::max(highest, index);
    }
    harness.RunFor(absl::Seconds(7));
  }
  EXPECT_LT(highest, 20U);
  EXPECT_THAT(harness.skips, IsEmpty());
}

}  // namespace
}  // namespace heyhi
