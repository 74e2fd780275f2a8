#include "exporter/base_ticks.h"

#include <gtest/gtest.h>

namespace heyhi {
namespace {

constexpr absl::Duration kMinute = absl::Minutes(1);
constexpr MonotonicTime kStart = absl::Hours(5);

// Past its first round; the next tick is a minute and a half after the start.
BaseTicks Running() {
  BaseTicks ticks(kStart, kMinute, 0.5);
  EXPECT_EQ(ticks.Take(kStart + absl::Seconds(1), false), 0);
  EXPECT_EQ(ticks.next(), kStart + absl::Seconds(30)) << "29 s after the first round";
  EXPECT_EQ(ticks.Take(ticks.next(), false), 0);
  return ticks;
}

TEST(BaseTicksTest, TheFirstTickIsNotOnTheHeelsOfTheFirstRound) {
  BaseTicks ticks(kStart, kMinute, 0.5);
  EXPECT_TRUE(ticks.in_first_round());
  ticks.Take(kStart + absl::Seconds(16), false);
  EXPECT_FALSE(ticks.in_first_round());
  EXPECT_EQ(ticks.next(), kStart + absl::Seconds(90));
}

TEST(BaseTicksTest, StaysOnItsGridHoweverLateATickIsTaken) {
  BaseTicks ticks = Running();
  for (int i = 1; i <= 1000; ++i) {
    EXPECT_EQ(ticks.Take(ticks.next() + absl::Seconds(50), false), 0);
    EXPECT_EQ(ticks.next(), kStart + absl::Seconds(90) + i * kMinute);
  }
}

TEST(BaseTicksTest, CountsWhatWasMissed) {
  BaseTicks ticks = Running();
  EXPECT_EQ(ticks.Take(ticks.next() + absl::Seconds(150), false), 2);
  EXPECT_EQ(ticks.next(), kStart + absl::Seconds(90) + 3 * kMinute);
}

TEST(BaseTicksTest, ATickAtThisVeryMomentIsMissed) {
  BaseTicks ticks = Running();
  EXPECT_EQ(ticks.Take(ticks.next() + kMinute, false), 1);
  EXPECT_EQ(ticks.next(), kStart + absl::Seconds(90) + 2 * kMinute);
}

TEST(BaseTicksTest, LeavesAGapAfterATickThatHadToWait) {
  BaseTicks ticks = Running();
  ticks.Take(ticks.next() + absl::Seconds(50), true);  // the next would come 10 s later
  EXPECT_EQ(ticks.next(), kStart + absl::Seconds(90) + 2 * kMinute);
}

TEST(BaseTicksTest, ANewPeriodCountsFromTheLastTick) {
  BaseTicks ticks = Running();
  ticks.SetPeriod(8 * kMinute, kStart + absl::Seconds(31));
  EXPECT_EQ(ticks.next(), kStart + absl::Seconds(30) + 8 * kMinute);
  ticks.SetPeriod(kMinute, kStart + absl::Seconds(35) + 5 * kMinute);
  EXPECT_EQ(ticks.next(), kStart + absl::Seconds(30) + 6 * kMinute) << "not in the past";
}

TEST(BaseTicksTest, ANewPeriodDoesNotMoveTheFirstRound) {
  BaseTicks ticks(kStart, kMinute, 0.5);
  ticks.SetPeriod(2 * kMinute, kStart);
  EXPECT_EQ(ticks.next(), kStart + absl::Seconds(30));
  EXPECT_EQ(ticks.period(), 2 * kMinute);
}

TEST(BaseTicksTest, ALaterPeriodLeavesTheTickThatIsBeingTaken) {
  BaseTicks ticks = Running();
  const MonotonicTime taken = ticks.next();
  ticks.SetLaterPeriod(3 * kMinute);
  EXPECT_EQ(ticks.Take(taken, false), 0);
  EXPECT_EQ(ticks.next(), taken + 3 * kMinute);
}

}  // namespace
}  // namespace heyhi
