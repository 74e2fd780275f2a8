#include "probes/standstill.h"

#include <gtest/gtest.h>

namespace heyhi {
namespace {

constexpr MonotonicTime kStart = absl::Seconds(1000);

MonotonicTime At(int milliseconds) { return kStart + absl::Milliseconds(milliseconds); }

// A loop at its first wait, of 50 ms.
class StandstillMeterTest : public ::testing::Test {
 protected:
  StandstillMeterTest() { EXPECT_FALSE(BeginWait(0).has_value()); }

  std::optional<Standstill> BeginWait(int milliseconds) {
    return meter_.BeginWait(At(milliseconds), absl::Milliseconds(50));
  }
  void EndWait(int milliseconds) { meter_.EndWait(At(milliseconds)); }

  StandstillMeter meter_{kStart};
};

TEST_F(StandstillMeterTest, FindsNoneWhereTheLoopIsPrompt) {
  EndWait(20);
  EXPECT_FALSE(BeginWait(119).has_value()) << "99 ms of work";
  EndWait(169);
  EXPECT_FALSE(BeginWait(170).has_value());
}

TEST_F(StandstillMeterTest, FindsWorkThatTakesLong) {
  EndWait(20);
  const auto standstill = BeginWait(120);
  ASSERT_TRUE(standstill.has_value());
  EXPECT_EQ(standstill->begin, At(20));
  EXPECT_EQ(standstill->end, At(120));
}

TEST_F(StandstillMeterTest, FindsAWaitBeyondWhatWasAskedFor) {
  EndWait(250);
  const auto standstill = BeginWait(250);
  ASSERT_TRUE(standstill.has_value());
  EXPECT_EQ(standstill->begin, At(50));
  EXPECT_EQ(standstill->end, At(250));
}

TEST_F(StandstillMeterTest, JoinsALongWaitAndTheWorkAfterIt) {
  EndWait(110);
  const auto standstill = BeginWait(160);
  ASSERT_TRUE(standstill.has_value());
  EXPECT_EQ(standstill->begin, At(50));
}

TEST_F(StandstillMeterTest, FindsEachOneOnce) {
  EndWait(250);
  EXPECT_TRUE(BeginWait(250).has_value());
  EndWait(251);
  EXPECT_FALSE(BeginWait(252).has_value());
}

TEST_F(StandstillMeterTest, SaysSinceWhenNobodyAttends) {
  EXPECT_EQ(meter_.attended_until(), At(0));
  EndWait(20);
  EXPECT_EQ(meter_.attended_until(), At(20));
}

TEST(StandstillRecordTest, KeepsTheLongest) {
  StandstillRecord record(kStart, absl::ZeroDuration());
  EXPECT_EQ(record.Longest(absl::ZeroDuration()), absl::ZeroDuration());
  record.Add({At(100), At(300)});
  record.Add({At(400), At(550)});
  EXPECT_EQ(record.Longest(absl::ZeroDuration()), absl::Milliseconds(200));
}

TEST(StandstillRecordTest, LeavesOutWhatWasBefore) {
  StandstillRecord record(At(200), absl::ZeroDuration());
  record.Add({At(0), At(199)});
  record.Add({At(0), At(299)});
  EXPECT_EQ(record.Longest(absl::ZeroDuration()), absl::ZeroDuration());
  record.Add({At(0), At(300)});
  EXPECT_EQ(record.Longest(absl::ZeroDuration()), absl::Milliseconds(100));
}

TEST(StandstillRecordTest, CountsTheSleepOfTheMachineInItsCourse) {
  const StandstillRecord record(kStart, absl::Hours(8));
  EXPECT_EQ(record.Longest(absl::Hours(8) + absl::Milliseconds(99)), absl::ZeroDuration());
  EXPECT_EQ(record.Longest(absl::Hours(9)), absl::Hours(1));
}

TEST(SuspendedTimeTest, DoesNotPassWhileTheMachineRuns) {
  const absl::Duration before = SuspendedTime();
  EXPECT_GE(before, -absl::Milliseconds(10));
  EXPECT_LT(SuspendedTime() - before, kLeastStandstill);
}

}  // namespace
}  // namespace heyhi
