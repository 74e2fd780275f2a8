#include "tools/latency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace heyhi {
namespace {

using ::testing::HasSubstr;

std::vector<absl::Duration> DrawSorted(const std::string& text, int count) {
  const Latency latency = *Latency::Parse(text);
  std::mt19937_64 random(1);
  std::vector<absl::Duration> drawn;
  drawn.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) drawn.push_back(latency.Draw(random));
  std::sort(drawn.begin(), drawn.end());
  return drawn;
}

TEST(LatencyTest, DefaultsToNoWait) {
  std::mt19937_64 random(1);
  EXPECT_EQ(Latency().Draw(random), absl::ZeroDuration());
  EXPECT_EQ(Latency().text(), "0");
}

TEST(LatencyTest, DrawsTheFixedWait) {
  EXPECT_EQ(DrawSorted("0", 1).front(), absl::ZeroDuration());
  EXPECT_EQ(DrawSorted("250ms", 1).front(), absl::Milliseconds(250));
  EXPECT_EQ(DrawSorted("1.5s", 1).front(), absl::Milliseconds(1500));
}

TEST(LatencyTest, DrawsUniformlyBetweenTheBounds) {
  const auto drawn = DrawSorted("100ms..900ms", 1001);
  EXPECT_GE(drawn.front(), absl::Milliseconds(100));
  EXPECT_LE(drawn.back(), absl::Milliseconds(900));
  EXPECT_NEAR(absl::ToDoubleMilliseconds(drawn[500]), 500, 40);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(drawn[900]), 820, 40);
}

TEST(LatencyTest, DrawsLognormallyWithMedianAndP95) {
  const auto drawn = DrawSorted("250ms/700ms", 10001);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(drawn[5000]), 250, 15);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(drawn[9500]), 700, 60);
}

TEST(LatencyTest, NeverDrawsMoreThanTheLimit) {
  EXPECT_EQ(DrawSorted("1ms/10m", 10000).back(), Latency::kMax);
}

TEST(LatencyTest, DrawsTheSameForTheSameSeed) {
  EXPECT_EQ(DrawSorted("250ms/700ms", 20), DrawSorted("250ms/700ms", 20));
}

TEST(LatencyTest, KeepsItsText) {
  EXPECT_EQ(Latency::Parse("100ms..900ms")->text(), "100ms..900ms");
}

TEST(LatencyTest, RefusesWhatItCannotRead) {
  for (const char* text : {"", "5", "fast", "-1s", "inf", "11m", "1s..", "..1s", "1s..2s..3s",
                           "1s/", "/1s", "1s/2s/3s", "2s..1s", "2s/1s", "0/1s"}) {
    const auto latency = Latency::Parse(text);
    ASSERT_FALSE(latency.ok()) << text;
    EXPECT_THAT(latency.status().message(), HasSubstr("accepted are \"250ms\" (fixed)")) << text;
  }
}

TEST(LatencyTest, SaysWhatIsWrong) {
  EXPECT_THAT(Latency::Parse("5").status().message(),
              HasSubstr("latency \"5\": expected durations from 0 to 10m, with their unit"));
  EXPECT_THAT(Latency::Parse("2s..1s").status().message(),
              HasSubstr("the second duration is below the first"));
  EXPECT_THAT(Latency::Parse("0/1s").status().message(), HasSubstr("the median must be above 0"));
}

}  // namespace
}  // namespace heyhi
