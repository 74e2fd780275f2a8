#include "exporter/cost_guard.h"

#include <gtest/gtest.h>

namespace heyhi {
namespace {

absl::Time At(int month, int day, int hour = 0) {
  return absl::FromCivil(absl::CivilHour(2026, month, day, hour), absl::UTCTimeZone());
}

class CostGuardTest : public ::testing::Test {
 protected:
  // Two targets: a cent a call each hour, and one without a price.
  CostGuardTest() {
    guard_.SetTarget(0, 0.01, absl::Hours(1));
    guard_.SetTarget(1, 0, absl::Minutes(1));
  }

  CostGuard guard_;
};

TEST_F(CostGuardTest, ForecastsTheMonthByThePlan) {
  EXPECT_NEAR(guard_.At(At(11, 1)).projected_usd, 7.20, 1e-9);
  EXPECT_NEAR(guard_.At(At(11, 16)).projected_usd, 3.60, 1e-9);
  EXPECT_EQ(guard_.At(At(11, 16)).spent_usd, 0);
  EXPECT_EQ(guard_.At(At(11, 16)).stretch, 1) << "without a budget";
}

TEST_F(CostGuardTest, WhatCallsDidCostCountsOnceThereAreFive) {
  for (int i = 0; i < 4; ++i) guard_.Spend(0, 0.002, At(11, 16));
  EXPECT_NEAR(guard_.At(At(11, 16)).projected_usd, 0.008 + 3.60, 1e-9);
  guard_.Spend(0, 0.002, At(11, 16));
  EXPECT_NEAR(guard_.At(At(11, 16)).projected_usd, 0.01 + 0.72, 1e-9);
  guard_.SetTarget(0, 0.01, absl::Minutes(30));
  EXPECT_NEAR(guard_.At(At(11, 16)).projected_usd, 0.01 + 1.44, 1e-9) << "the same calls";
  guard_.SetTarget(0, 0.02, absl::Hours(1));
  EXPECT_NEAR(guard_.At(At(11, 16)).projected_usd, 0.01 + 7.20, 1e-9) << "others";
}

TEST_F(CostGuardTest, StretchesSoThatTheRestLasts) {
  guard_.SetBudget(7.20);
  EXPECT_EQ(guard_.At(At(11, 1)).stretch, 1);
  guard_.SetBudget(3.60);
  EXPECT_NEAR(guard_.At(At(11, 1)).stretch, 2, 1e-9);
  guard_.Spend(1, 1.80, At(11, 1));
  EXPECT_NEAR(guard_.At(At(11, 1)).stretch, 4, 1e-9);
  EXPECT_NEAR(guard_.At(At(11, 16)).stretch, 2, 1e-9);
}

TEST_F(CostGuardTest, NeverStretchesEndlessly) {
  guard_.SetBudget(1);
  guard_.Spend(1, 0.999, At(11, 1));
  EXPECT_EQ(guard_.At(At(11, 1)).stretch, CostGuard::kMostStretch);
  guard_.Spend(1, 100, At(11, 1));
  EXPECT_EQ(guard_.At(At(11, 1)).stretch, CostGuard::kMostStretch);
}

TEST_F(CostGuardTest, BeginsEachMonthAnew) {
  guard_.SetBudget(8);
  guard_.Spend(1, 7, At(11, 30, 23));
  EXPECT_NEAR(guard_.At(At(11, 30, 23)).spent_usd, 7, 1e-9);
  EXPECT_NEAR(guard_.At(At(12, 1)).spent_usd, 0, 1e-9);
  EXPECT_NEAR(guard_.At(At(12, 1)).projected_usd, 7.44, 1e-9);
  guard_.Spend(1, 1, At(11, 30, 23));  // the clock was set back
  EXPECT_NEAR(guard_.At(At(12, 1)).spent_usd, 1, 1e-9);
}

TEST_F(CostGuardTest, AClockThatWasFarAheadIsForgotten) {
  guard_.Spend(1, 2, At(11, 1));
  guard_.At(absl::FromCivil(absl::CivilDay(2027, 6, 1), absl::UTCTimeZone()));
  EXPECT_NEAR(guard_.At(At(11, 16)).projected_usd, 3.60, 1e-9);
  guard_.Spend(1, 2, At(11, 16));
  EXPECT_NEAR(guard_.At(At(12, 1)).spent_usd, 0, 1e-9);
}

TEST_F(CostGuardTest, OneAnswerOfNonsenseDoesNotDecideTheForecast) {
  for (int i = 0; i < 99; ++i) guard_.Spend(0, 0.01, At(11, 16));
  guard_.Spend(0, 100, At(11, 16));
  const CostGuard::Forecast forecast = guard_.At(At(11, 16));
  EXPECT_NEAR(forecast.spent_usd, 100.99, 1e-9) << "it may be on the bill";
  EXPECT_NEAR(forecast.projected_usd - forecast.spent_usd, 3.60 * (99 + 20) / 100, 1e-9);
  EXPECT_NEAR(guard_.At(At(12, 1)).projected_usd, 7.44, 1e-9);
}

TEST_F(CostGuardTest, ForgetsTheRestOfATargetThatGoes) {
  guard_.Spend(0, 0.5, At(11, 1));
  guard_.RemoveTarget(0);
  EXPECT_NEAR(guard_.At(At(11, 1)).projected_usd, 0.5, 1e-9);
}

}  // namespace
}  // namespace heyhi
