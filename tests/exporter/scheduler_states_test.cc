// What results do to the schedule: confirming, held, backing off, stretched, paused,
// and which of them wins.
#include <gmock/gmock.h>

#include "exporter/scheduler.h"
#include "tests/exporter/schedule_harness.h"

namespace heyhi {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

constexpr absl::Duration kFive = absl::Minutes(5);

// Fails as given between two times, and is ok otherwise.
ScheduleHarness::Script FailingBetween(MonotonicTime from, MonotonicTime to, Finding finding,
                                       absl::Duration takes = absl::ZeroDuration()) {
  return [=](std::size_t, MonotonicTime now) {
    return now >= from && now < to ? Outlook{finding, takes} : Outlook{};
  };
}

TEST(ConfirmingTest, LooksAgainAfter15SecondsAndThenEvery30) {
  ScheduleHarness harness(MakeTargets(1, kFive), {},
                          FailingBetween({}, absl::Hours(9), FailedBy(Fault::kProvider)));
  harness.RunUntil(absl::Minutes(4));
  const MonotonicTime first = harness.AllStarts()[0];
  const auto confirms = harness.Starts(0, Trigger::kConfirm);
  ASSERT_THAT(confirms, SizeIs(Ge(6U)));
  EXPECT_EQ(confirms[0] - first, absl::Seconds(15));
  EXPECT_THAT(Gaps(confirms), Each(absl::Seconds(30)));
  EXPECT_EQ(harness.state(), TargetState::kConfirming);
  EXPECT_EQ(harness.scheduler().interval(0), absl::Seconds(30));
}

TEST(ConfirmingTest, CountsFromTheEndOfTheProbeThatFailed) {
  ScheduleHarness harness(
      MakeTargets(1, kFive), {},
      FailingBetween({}, absl::Hours(9), FailedBy(Fault::kProvider), absl::Seconds(20)));
  harness.RunUntil(absl::Minutes(2));
  const auto starts = harness.AllStarts();
  EXPECT_EQ(starts[1] - starts[0], absl::Seconds(35));
}

TEST(ConfirmingTest, EndsWithTenOkInARow) {
  bool down = true;
  ScheduleHarness harness(MakeTargets(1, absl::Hours(1)), {}, [&](auto, auto) {
    const Outlook outlook{down ? FailedBy(Fault::kProvider) : Ok()};
    down = false;
    return outlook;
  });
  harness.RunUntil(absl::Minutes(30));
  EXPECT_THAT(harness.Starts(0, Trigger::kConfirm), SizeIs(10));
  EXPECT_EQ(harness.state(), TargetState::kSteady);
  EXPECT_EQ(harness.scheduler().interval(0), absl::Hours(1));
}

class StartsTheCountAgainTest : public ::testing::TestWithParam<Finding> {};

TEST_P(StartsTheCountAgainTest, InTheMiddleOfTen) {
  int probes = 0;
  ScheduleHarness harness(MakeTargets(1, absl::Hours(1)), {}, [&](auto, auto) {
    ++probes;  // fails, nine are ok, the eleventh is not
    return Outlook{probes == 1 || probes == 11 ? GetParam() : Ok()};
  });
  harness.RunUntil(absl::Minutes(40));
  EXPECT_EQ(probes, 21) << "1 + 9 + 1 + 10";
  EXPECT_EQ(harness.state(), TargetState::kSteady);
}

INSTANTIATE_TEST_SUITE_P(ConfirmingTest, StartsTheCountAgainTest,
                         ::testing::Values(Slow(), FailedBy(Fault::kProvider),
                                           FailedBy(Fault::kNetwork)));

class NeutralTest : public ::testing::TestWithParam<Finding> {};

TEST_P(NeutralTest, NeitherEndsConfirmingNorStartsTheCountAgain) {
  int probes = 0;
  ScheduleHarness harness(MakeTargets(1, absl::Hours(1)), {}, [&](auto, auto) {
    ++probes;
    if (probes == 1) return Outlook{FailedBy(Fault::kProvider)};
    return Outlook{probes >= 6 && probes < 9 ? GetParam() : Ok()};
  });
  harness.RunUntil(absl::Minutes(40));
  EXPECT_EQ(probes, 1 + 4 + 3 + 6) << "ten ok in all, three that do not count";
}

INSTANTIATE_TEST_SUITE_P(ConfirmingTest, NeutralTest,
                         ::testing::Values(FailedBy(Fault::kAccount), FailedBy(Fault::kConfig)));

TEST(ConfirmingTest, HasNoTimeCap) {
  ScheduleHarness harness(MakeTargets(1, kFive), {},
                          FailingBetween({}, absl::Hours(99), FailedBy(Fault::kProvider)));
  harness.RunUntil(absl::Hours(48));
  const auto late = harness.AllStarts(0, absl::Hours(47));
  EXPECT_THAT(late, SizeIs(Ge(119U)));
}

TEST(ConfirmingTest, BaseTicksGoOnAndAreKeptApart) {
  ScheduleHarness harness(MakeTargets(1, kFive), {},
                          FailingBetween({}, absl::Hours(99), FailedBy(Fault::kProvider)));
  harness.RunUntil(absl::Hours(24));
  EXPECT_NEAR(static_cast<double>(harness.Starts(0, Trigger::kScheduled).size()), 289, 1);
  EXPECT_NEAR(static_cast<double>(harness.Starts(0, Trigger::kConfirm).size()), 2880, 5);
}

// Outages whose probes hang would else miss most of their base ticks, and look short.
TEST(ConfirmingTest, ABaseTickThatMeetsAConfirmingProbeTakesItOver) {
  ScheduleHarness harness(
      MakeTargets(1, kFive), {},
      FailingBetween({}, absl::Hours(99), FailedBy(Fault::kProvider), absl::Seconds(20)));
  harness.RunUntil(absl::Hours(24));
  EXPECT_NEAR(static_cast<double>(harness.Starts(0, Trigger::kScheduled).size()), 289, 1);
  EXPECT_THAT(Gaps(harness.AllStarts()), Each(Ge(absl::Seconds(20)))) << "never two at once";
  EXPECT_THAT(harness.skips, IsEmpty());
}

TEST(ConfirmingTest, IsNotSlowedByTheBudget) {
  ScheduleHarness harness(MakeTargets(1, kFive), {},
                          FailingBetween({}, absl::Hours(9), FailedBy(Fault::kProvider)));
  harness.RunUntil(absl::Minutes(1));
  harness.scheduler().SetStretch(100);
  const MonotonicTime from = harness.clock().Monotonic();
  harness.RunFor(absl::Minutes(30));
  EXPECT_EQ(harness.state(), TargetState::kConfirming);
  EXPECT_THAT(harness.AllStarts(0, from), SizeIs(Ge(60U)));
  EXPECT_THAT(Gaps(harness.AllStarts(0, from)), Each(Le(absl::Seconds(60))));
}

TEST(HeldTest, AFaultOfOursIsLookedAtAtTheBaseIntervalOnly) {
  ScheduleHarness harness(MakeTargets(1, kFive), {},
                          FailingBetween({}, absl::Hours(9), FailedBy(Fault::kAccount)));
  harness.RunUntil(absl::Hours(2));
  EXPECT_EQ(harness.state(), TargetState::kHeld);
  EXPECT_EQ(harness.scheduler().interval(0), kFive);
  EXPECT_THAT(harness.Starts(0, Trigger::kConfirm), IsEmpty());
  EXPECT_NEAR(static_cast<double>(harness.AllStarts().size()), 25, 1);
}

TEST(HeldTest, EndsWithTheNextOtherResult) {
  Finding finding = FailedBy(Fault::kConfig);
  ScheduleHarness harness(MakeTargets(1, kFive), {}, [&](auto, auto) { return Outlook{finding}; });
  harness.RunUntil(absl::Minutes(1));
  EXPECT_EQ(harness.state(), TargetState::kHeld);
  finding = Ok();
  harness.RunFor(kFive * 2);
  EXPECT_EQ(harness.state(), TargetState::kSteady);
  finding = FailedBy(Fault::kAccount);
  harness.RunFor(kFive * 2);
  finding = FailedBy(Fault::kProvider);
  harness.RunFor(kFive * 2);
  EXPECT_EQ(harness.state(), TargetState::kConfirming);
}

TEST(HeldTest, DoesNotBeginWhileConfirming) {
  Finding finding = FailedBy(Fault::kProvider);
  ScheduleHarness harness(MakeTargets(1, kFive), {}, [&](auto, auto) { return Outlook{finding}; });
  harness.RunUntil(absl::Minutes(1));
  finding = FailedBy(Fault::kAccount);
  harness.RunFor(kFive);
  EXPECT_EQ(harness.state(), TargetState::kConfirming);
}

TEST(BackingOffTest, DoublesUpToEightTimesAndHalvesWithEachSuccess) {
  Finding finding = RateLimited();
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(1)), {},
                          [&](auto, auto) { return Outlook{finding}; });
  harness.RunUntil(absl::Hours(1));
  finding = Ok();
  harness.RunFor(absl::Hours(1));
  std::vector<absl::Duration> intervals;
  for (const auto& change : harness.changes[0]) intervals.push_back(change.interval);
  const absl::Duration m = absl::Minutes(1);
  EXPECT_THAT(intervals, ElementsAre(m, 2 * m, 4 * m, 8 * m, 4 * m, 2 * m, m));
  EXPECT_EQ(harness.state(), TargetState::kSteady);
}

TEST(BackingOffTest, TheGapsGrowWithTheInterval) {
  Scheduler::Options options;
  options.jitter = 0;
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(1)), options,
                          FailingBetween({}, absl::Hours(9), RateLimited()));
  harness.RunUntil(absl::Hours(1));
  auto gaps = Gaps(harness.AllStarts());
  gaps.erase(gaps.begin());  // from the first round to the base ticks
  EXPECT_EQ(gaps[0], absl::Minutes(4));
  gaps.erase(gaps.begin());
  EXPECT_THAT(gaps, Each(absl::Minutes(8)));
}

TEST(BackingOffTest, HoldsForTheWholeProviderAndNoOther) {
  Targets targets = MakeTargets(3, absl::Minutes(1), "limited");
  targets.push_back(MakeTargets(1, absl::Minutes(1), "free")[0]);
  ScheduleHarness harness(targets, {}, [](std::size_t index, auto) {
    return Outlook{index == 0 ? RateLimited() : Ok(), absl::Seconds(index == 0 ? 0 : 50)};
  });
  harness.RunUntil(absl::Seconds(45));
  EXPECT_EQ(harness.state(1), TargetState::kBackingOff);
  EXPECT_EQ(harness.state(2), TargetState::kBackingOff);
  EXPECT_EQ(harness.state(3), TargetState::kSteady);
}

TEST(BackingOffTest, TargetsThatMeetTheLimitTogetherDoubleItOnce) {
  ScheduleHarness harness(MakeTargets(20, absl::Minutes(1)), {}, [](auto, MonotonicTime now) {
    return Outlook{RateLimited(), absl::Seconds(31) - now};  // all end together
  });
  harness.RunUntil(absl::Seconds(31));
  EXPECT_EQ(harness.scheduler().interval(0), absl::Minutes(2));
}

TEST(BackingOffTest, NothingStartsBeforeTheTimeThatTheProviderAskedFor) {
  bool limited = true;
  ScheduleHarness harness(MakeTargets(5, absl::Seconds(10)), {}, [&](auto, auto) {
    const Outlook outlook{limited ? RateLimited(absl::Minutes(7)) : Ok()};
    limited = false;
    return outlook;
  });
  while (limited) harness.RunFor(absl::Milliseconds(1));
  const MonotonicTime from = harness.clock().Monotonic();
  const MonotonicTime asked = from + absl::Minutes(7) - absl::Milliseconds(1);
  harness.RunUntil(asked);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_THAT(harness.AllStarts(i, from), IsEmpty());
    EXPECT_GT(harness.scheduler().interval(i), absl::Minutes(6)) << "so that it is not stale";
  }
  harness.RunUntil(asked + absl::Seconds(90));
  std::vector<MonotonicTime> first;
  for (std::size_t i = 0; i < 5; ++i) {
    ASSERT_THAT(harness.AllStarts(i, asked), SizeIs(Ge(1U)));
    first.push_back(harness.AllStarts(i, asked)[0]);
  }
  std::sort(first.begin(), first.end());
  EXPECT_THAT(Gaps(first), Each(Ge(absl::Milliseconds(100)))) << "no burst at the end";
}

TEST(BackingOffTest, WaitsAnHourAtMost) {
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(1)), {},
                          FailingBetween({}, absl::Seconds(59), RateLimited(absl::Hours(20))));
  harness.RunUntil(absl::Minutes(59));
  EXPECT_THAT(harness.AllStarts(), SizeIs(1));
  harness.RunUntil(absl::Minutes(63));
  EXPECT_THAT(harness.AllStarts(), SizeIs(Ge(2U)));
}

TEST(BackingOffTest, AFailingProviderIsLookedAtEveryMinuteAllTheSame) {
  int probes = 0;
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(2)), {}, [&](auto, auto) {
    return Outlook{++probes % 3 == 0 ? FailedBy(Fault::kProvider) : RateLimited(absl::Hours(1))};
  });
  harness.RunUntil(absl::Hours(4));
  const auto late = harness.AllStarts(0, absl::Hours(3));
  // From the third probe on the last failure is never older than ten minutes.
  ASSERT_THAT(late, SizeIs(Ge(50U)));
  EXPECT_THAT(Gaps(late), Each(Le(absl::Seconds(66)))) << "60 s and their jitter";
  EXPECT_EQ(harness.state(), TargetState::kBackingOff);
}

TEST(BackingOffTest, TargetsOfAFailingProviderThatAreWellKeepTheirInterval) {
  ScheduleHarness harness(MakeTargets(2, kFive), {}, [](std::size_t index, MonotonicTime now) {
    if (index == 0) return Outlook{FailedBy(Fault::kProvider)};
    return Outlook{now < absl::Minutes(1) ? RateLimited() : Ok()};
  });
  harness.RunUntil(absl::Minutes(2));
  EXPECT_EQ(harness.state(1), TargetState::kBackingOff);
  EXPECT_EQ(harness.scheduler().interval(1), kFive);
  EXPECT_EQ(harness.scheduler().interval(0), absl::Minutes(1));
}

TEST(StretchedTest, SlowsDownWhatIsSteady) {
  Scheduler::Options options;
  options.jitter = 0;
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(2)), options);
  harness.RunUntil(absl::Minutes(10));
  harness.scheduler().SetStretch(1.5);
  EXPECT_EQ(harness.state(), TargetState::kStretched);
  const MonotonicTime from = harness.clock().Monotonic();
  harness.RunFor(absl::Hours(1));
  EXPECT_THAT(harness.AllStarts(0, from), SizeIs(Ge(19U)));
  EXPECT_THAT(Gaps(harness.AllStarts(0, from)), Each(absl::Minutes(3)));
  harness.scheduler().SetStretch(1);
  EXPECT_EQ(harness.state(), TargetState::kSteady);
  EXPECT_EQ(harness.scheduler().interval(0), absl::Minutes(2));
}

TEST(StretchedTest, LooksOnceAnHourAtLeast) {
  ScheduleHarness harness(MakeTargets(1, kFive));
  harness.scheduler().SetStretch(30);
  EXPECT_EQ(harness.scheduler().interval(0), absl::Hours(1));
  ScheduleHarness rare(MakeTargets(1, absl::Hours(2)));
  rare.scheduler().SetStretch(30);
  EXPECT_EQ(rare.scheduler().interval(0), absl::Hours(2));
  EXPECT_EQ(rare.state(), TargetState::kSteady);
}

TEST(StretchedTest, WhatCostsNothingIsNotStretched) {
  ScheduleHarness harness(MakeTargets(2, kFive));
  harness.scheduler().SetFree(1, true);
  harness.scheduler().SetStretch(2);
  EXPECT_EQ(harness.scheduler().interval(0), 2 * kFive);
  EXPECT_EQ(harness.scheduler().interval(1), kFive);
  harness.scheduler().SetFree(1, false);
  EXPECT_EQ(harness.scheduler().interval(1), 2 * kFive);
}

// Maintenance windows, from ten to twenty minutes after the start.
Scheduler::Options WithWindow(const std::vector<std::string>& targets = {}) {
  MaintenanceWindow window;
  window.targets = targets;
  window.from = absl::CivilMinute(1970, 1, 1, 0, 10);
  window.to = absl::CivilMinute(1970, 1, 1, 0, 20);
  Scheduler::Options options;
  options.maintenance = {window};
  return options;
}

TEST(PausedTest, NothingStartsInAWindow) {
  ScheduleHarness harness(MakeTargets(3, absl::Seconds(30)), WithWindow());
  harness.RunUntil(absl::Minutes(40));
  for (std::size_t i = 0; i < 3; ++i) {
    const auto starts = harness.AllStarts(i);
    for (const MonotonicTime start : starts) {
      EXPECT_FALSE(start >= absl::Minutes(10) && start < absl::Minutes(20)) << start;
    }
    EXPECT_NEAR(static_cast<double>(starts.size()), 61, 3);
    EXPECT_THAT(harness.changes[i], SizeIs(3));
    EXPECT_EQ(harness.changes[i][1].at, absl::Minutes(10)) << "half-open: to the second";
    EXPECT_EQ(harness.changes[i][1].state, TargetState::kPaused);
    EXPECT_EQ(harness.changes[i][2].at, absl::Minutes(20));
  }
  EXPECT_THAT(harness.skips, IsEmpty()) << "nothing was due";
}

TEST(PausedTest, OnlyTheTargetsThatAreNamed) {
  ScheduleHarness harness(MakeTargets(2, absl::Minutes(1)), WithWindow({"p/1"}));
  harness.RunUntil(absl::Minutes(15));
  EXPECT_EQ(harness.state(0), TargetState::kSteady);
  EXPECT_EQ(harness.state(1), TargetState::kPaused);
}

TEST(PausedTest, FollowsAWallClockThatIsSet) {
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(1)), WithWindow());
  harness.RunUntil(absl::Minutes(5));
  harness.clock().JumpWallClock(absl::Minutes(10));
  harness.RunFor(absl::Seconds(31));
  EXPECT_EQ(harness.state(), TargetState::kPaused);
  harness.clock().JumpWallClock(-absl::Hours(24));
  harness.RunFor(absl::Seconds(31));
  EXPECT_EQ(harness.state(), TargetState::kSteady);
}

TEST(PausedTest, StopsConfirmingForItsTime) {
  ScheduleHarness harness(MakeTargets(1, absl::Minutes(1)), WithWindow(),
                          FailingBetween({}, absl::Hours(9), FailedBy(Fault::kProvider)));
  harness.RunUntil(absl::Minutes(30));
  for (const MonotonicTime start : harness.AllStarts()) {
    EXPECT_FALSE(start >= absl::Minutes(10) && start < absl::Minutes(20)) << start;
  }
  EXPECT_EQ(harness.state(), TargetState::kConfirming);
}

// paused > backing_off > held > confirming > stretched > steady
TEST(PrecedenceTest, TheFirstThatAppliesWins) {
  Finding finding = Ok();
  ScheduleHarness harness(MakeTargets(1, absl::Seconds(10)), WithWindow(),
                          [&](auto, auto) { return Outlook{finding}; });
  harness.RunUntil(absl::Minutes(1));
  EXPECT_EQ(harness.state(), TargetState::kSteady);
  harness.scheduler().SetStretch(2);
  EXPECT_EQ(harness.state(), TargetState::kStretched);
  finding = FailedBy(Fault::kAccount);
  harness.RunFor(absl::Seconds(40));
  EXPECT_EQ(harness.state(), TargetState::kHeld) << "before stretched";
  finding = FailedBy(Fault::kProvider);
  harness.RunFor(absl::Seconds(40));
  EXPECT_EQ(harness.state(), TargetState::kConfirming) << "before stretched";
  finding = RateLimited();
  harness.RunFor(absl::Seconds(60));
  EXPECT_EQ(harness.state(), TargetState::kBackingOff) << "before confirming and held";
  harness.RunUntil(absl::Minutes(10));
  EXPECT_EQ(harness.state(), TargetState::kPaused) << "before all";
}

}  // namespace
}  // namespace heyhi
