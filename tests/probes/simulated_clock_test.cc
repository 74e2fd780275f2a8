#include "probes/simulated_clock.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace heyhi {
namespace {

class SimulatedClockTest : public ::testing::Test {
 protected:
  const absl::Time start_ = absl::FromUnixSeconds(1767322800);
  SimulatedClock clock_{start_};
};

TEST_F(SimulatedClockTest, StandsStill) {
  EXPECT_EQ(clock_.Now(), start_);
  EXPECT_EQ(clock_.Now(), start_);
  EXPECT_EQ(clock_.Monotonic(), absl::ZeroDuration());
}

TEST_F(SimulatedClockTest, MovesBothTimesOn) {
  clock_.Advance(absl::Seconds(90));
  clock_.Advance(absl::Milliseconds(5));
  EXPECT_EQ(clock_.Monotonic(), absl::Milliseconds(90005));
  EXPECT_EQ(clock_.Now(), start_ + absl::Milliseconds(90005));
}

TEST_F(SimulatedClockTest, MovesToATime) {
  clock_.AdvanceTo(absl::Seconds(10));
  EXPECT_EQ(clock_.Monotonic(), absl::Seconds(10));
  EXPECT_EQ(clock_.Now(), start_ + absl::Seconds(10));
}

TEST_F(SimulatedClockTest, NeverGoesBack) {
  clock_.AdvanceTo(absl::Seconds(10));
  clock_.AdvanceTo(absl::Seconds(3));
  EXPECT_EQ(clock_.Monotonic(), absl::Seconds(10));
  EXPECT_EQ(clock_.Now(), start_ + absl::Seconds(10));
}

TEST_F(SimulatedClockTest, JumpsOnTheWallOnly) {
  clock_.Advance(absl::Seconds(1));
  clock_.JumpWallClock(absl::Hours(-2));
  EXPECT_EQ(clock_.Monotonic(), absl::Seconds(1));
  EXPECT_EQ(clock_.Now(), start_ + absl::Seconds(1) - absl::Hours(2));
}

TEST_F(SimulatedClockTest, GoesOnFromWhereItJumped) {
  clock_.JumpWallClock(absl::Hours(1));
  clock_.AdvanceTo(absl::Minutes(1));
  EXPECT_EQ(clock_.Now(), start_ + absl::Hours(1) + absl::Minutes(1));
}

TEST_F(SimulatedClockTest, TakesSeveralThreads) {
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this] {
      for (int step = 0; step < 1000; ++step) {
        const MonotonicTime before = clock_.Monotonic();
        clock_.Advance(absl::Milliseconds(1));
        EXPECT_GT(clock_.Monotonic(), before);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(clock_.Monotonic(), absl::Seconds(4));
  EXPECT_EQ(clock_.Now(), start_ + absl::Seconds(4));
}

}  // namespace
}  // namespace heyhi
