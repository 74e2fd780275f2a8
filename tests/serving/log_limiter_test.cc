#include "serving/log_limiter.h"

#include <gtest/gtest.h>

namespace heyhi {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

int Admitted(LogLimiter* limiter, const std::string& message, int lines, absl::Time now) {
  int admitted = 0;
  for (int i = 0; i < lines; ++i) admitted += limiter->Admit(message, now).has_value() ? 1 : 0;
  return admitted;
}

TEST(LogLimiterTest, AdmitsABurstAndThenOneASecond) {
  LogLimiter limiter;
  EXPECT_EQ(Admitted(&limiter, "probe failed", 1000, kStart), 100);
  EXPECT_EQ(Admitted(&limiter, "probe failed", 1000, kStart + absl::Milliseconds(999)), 0);
  EXPECT_EQ(Admitted(&limiter, "probe failed", 1000, kStart + absl::Seconds(3)), 3);
  EXPECT_EQ(Admitted(&limiter, "probe failed", 1000, kStart + absl::Hours(1)), 100);
}

TEST(LogLimiterTest, MessagesDoNotCountForEachOther) {
  LogLimiter limiter;
  Admitted(&limiter, "probe failed", 1000, kStart);
  EXPECT_TRUE(limiter.Admit("target is ok", kStart).has_value());
}

TEST(LogLimiterTest, TheNextLineTellsOfThoseLeftOut) {
  LogLimiter limiter;
  EXPECT_EQ(limiter.Admit("probe failed", kStart), 0U);
  Admitted(&limiter, "probe failed", 999, kStart);
  EXPECT_EQ(limiter.Admit("probe failed", kStart + absl::Seconds(1)), 900U);
  EXPECT_EQ(limiter.Admit("probe failed", kStart + absl::Seconds(2)), 0U);
}

TEST(LogLimiterTest, WhatGoesQuietIsToldOfOnce) {
  LogLimiter limiter;
  Admitted(&limiter, "probe failed", 1000, kStart);
  EXPECT_TRUE(limiter.TakeLeftOut(kStart + absl::Seconds(9)).empty());
  const auto left_out = limiter.TakeLeftOut(kStart + absl::Seconds(10));
  ASSERT_EQ(left_out.size(), 1U);
  EXPECT_EQ(left_out[0].message, "probe failed");
  EXPECT_EQ(left_out[0].lines, 900U);
  EXPECT_TRUE(limiter.TakeLeftOut(kStart + absl::Hours(1)).empty());
}

TEST(LogLimiterTest, AClockThatGoesBackStopsNothingForGood) {
  LogLimiter limiter;
  Admitted(&limiter, "probe failed", 1000, kStart);
  EXPECT_FALSE(limiter.Admit("probe failed", kStart - absl::Hours(1)).has_value());
  EXPECT_TRUE(
      limiter.Admit("probe failed", kStart - absl::Hours(1) + absl::Seconds(1)).has_value());
}

}  // namespace
}  // namespace heyhi
