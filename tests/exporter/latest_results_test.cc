#include "exporter/latest_results.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

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

TEST(LatestResultsTest, FindsByNameWithOrWithoutTheCheck) {
  LatestResults latest;
  const auto add = [&latest](std::size_t index, const std::string& model,
                             const std::string& check) {
    auto target = std::make_shared<Target>();
    target->id = {"acme", model, check, "r"};
    latest.SetTarget(index, target);
  };
  const auto found = [&latest](const std::string& name) {
    const auto standing = latest.Find(name);
    return standing.has_value() ? standing->target->id.Name() : "";
  };
  add(0, "org/live", "stream");
  add(1, "org/live", "chat");
  add(2, "small", "stream");
  EXPECT_EQ(found("acme/org/live"), "acme/org/live/chat");
  EXPECT_EQ(found("acme/org/live/stream"), "acme/org/live/stream");
  EXPECT_EQ(found("acme/small"), "acme/small/stream");
  EXPECT_EQ(found("acme/small/chat"), "");
  EXPECT_EQ(found("acme"), "");
  latest.RemoveTarget(1);
  EXPECT_EQ(found("acme/org/live"), "acme/org/live/stream");
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
