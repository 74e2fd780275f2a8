#include "exporter/latest_results.h"

#include <gmock/gmock.h>

namespace heyhi {
namespace {

ProbeResult ResultAt(int second, Outcome outcome) {
  ProbeResult result;
  result.completed_at = absl::FromUnixSeconds(second);
  result.outcome = outcome;
  if (outcome == Outcome::kFailed) result.reason = Reason::kTtfb;
  return result;
}

TEST(LatestResultsTest, RemembersSinceWhenAndTheLastSuccess) {
  LatestResults latest;
  latest.SetTarget(0, std::make_shared<Target>());
  latest.SetOrder({0});
  EXPECT_FALSE(latest.Snapshot()[0].last.has_value());
  latest.Replace(0, ResultAt(1, Outcome::kOk));
  latest.Replace(0, ResultAt(2, Outcome::kFailed));
  const TargetStanding before = latest.Replace(0, ResultAt(3, Outcome::kFailed));
  EXPECT_EQ(before.last->completed_at, absl::FromUnixSeconds(2));

  const TargetStanding now = latest.Snapshot()[0];
  EXPECT_EQ(now.unchanged_since, absl::FromUnixSeconds(2));
  EXPECT_EQ(now.last_success_at, absl::FromUnixSeconds(1));
  EXPECT_EQ(now.last->completed_at, absl::FromUnixSeconds(3));
}

TEST(LatestResultsTest, WhatStaysKeepsItsResultsAndWhatGoesLosesThem) {
  LatestResults latest;
  latest.SetTarget(0, std::make_shared<Target>());
  latest.SetTarget(1, std::make_shared<Target>());
  latest.SetOrder({0, 1});
  latest.Replace(0, ResultAt(1, Outcome::kOk));
  latest.Replace(1, ResultAt(2, Outcome::kOk));
  const auto renewed = std::make_shared<Target>();
  latest.SetTarget(0, renewed);
  latest.RemoveTarget(1);
  latest.SetTarget(1, std::make_shared<Target>());
  latest.SetOrder({1, 0});
  const std::vector<TargetStanding> now = latest.Snapshot();
  ASSERT_EQ(now.size(), 2U);
  EXPECT_FALSE(now[0].last.has_value());
  EXPECT_EQ(now[1].target, renewed);
  EXPECT_EQ(now[1].last->completed_at, absl::FromUnixSeconds(1));
}

}  // namespace
}  // namespace heyhi
