// The budget in the daemon: what is probed, shown and said.
#include "exporter/cost_watch.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/exporter/daemon_fixture.h"

namespace heyhi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kCallUsd = (7 * 0.25 + 1 * 0.50) / 1e6;  // 7 tokens in, 1 out

// One target each minute, from 2026-09-21 14:13:20 UTC on: 13,546 calls to the month's end.
class CostWatchTest : public DaemonTest {
 protected:
  static Config Budget(std::optional<double> monthly_usd) {
    Config config;
    config.region = "eu-1";
    config.targets = {MakeTarget("acme", "m-1")};
    config.prices.Override("acme", "m-1", {0.25, 0.50});
    config.monthly_budget_usd = monthly_usd;
    return config;
  }

  void BeginWithin(std::optional<double> monthly_usd) {
    Begin(Budget(monthly_usd), [this](const HttpRequest& /*request*/) {
      ++calls_;
      return works_ ? AnswerAfter(absl::Milliseconds(500), 200, HealthyChatBody())
                    : AnswerAfter(absl::Milliseconds(500), 503, "{}");
    });
  }

  // Of the series of that name, whatever its labels; nothing where it is absent.
  std::optional<double> Metric(const std::string& name) {
    const std::string text = daemon_->MetricsText(FixedProcess());
    const std::size_t line = text.find("\n" + name);
    if (line == std::string::npos) return std::nullopt;
    const std::size_t value = text.find(' ', line) + 1;
    double number = 0;
    EXPECT_TRUE(absl::SimpleAtod(text.substr(value, text.find('\n', value) - value), &number));
    return number;
  }

  void RunUntil(absl::CivilMinute time) {
    RunFor(absl::FromCivil(time, absl::UTCTimeZone()) - clock_.Now());
  }

  int calls_ = 0;
  bool works_ = true;
};

TEST_F(CostWatchTest, ForecastsWithoutABudget) {
  BeginWithin(std::nullopt);
  RunFor(absl::Minutes(30));
  EXPECT_NEAR(*Metric("heyhi_month_cost_usd"), calls_ * kCallUsd, 2 * kCallUsd);
  EXPECT_NEAR(*Metric("heyhi_month_cost_projected_usd"), 13'546 * kCallUsd, 5 * kCallUsd);
  EXPECT_EQ(Metric("heyhi_budget_usd"), std::nullopt);
  EXPECT_EQ(Metric("heyhi_probe_interval_seconds{"), 60);
}

TEST_F(CostWatchTest, TheBudgetLastsUntilTheMonthEnds) {
  constexpr double kBudget = 0.01;
  BeginWithin(kBudget);
  EXPECT_EQ(Metric("heyhi_budget_usd"), kBudget);
  RunUntil(absl::CivilMinute(2026, 9, 25));
  EXPECT_THAT(Log(), HasSubstr("the month's cost would pass the budget"));
  EXPECT_NEAR(*Metric("heyhi_probe_interval_seconds{"), 60 * 13'546 * kCallUsd / kBudget, 10);
  EXPECT_EQ(Metric("heyhi_target_state{provider=\"acme\",model=\"m-1\",check=\"chat\","
                   "region=\"eu-1\",state=\"stretched\"}"),
            1);
  RunUntil(absl::CivilMinute(2026, 9, 30, 23, 59));
  EXPECT_LE(*Metric("heyhi_month_cost_usd"), kBudget);
  EXPECT_GE(*Metric("heyhi_month_cost_usd"), 0.95 * kBudget);
  RunUntil(absl::CivilMinute(2026, 10, 1, 0, 30));
  EXPECT_LE(*Metric("heyhi_month_cost_usd"), 0.05 * kBudget) << "a new month";
}

TEST_F(CostWatchTest, AnOutageIsConfirmedWhateverIsLeft) {
  BeginWithin(kCallUsd);
  RunFor(absl::Hours(6));
  EXPECT_EQ(Metric("heyhi_probe_interval_seconds{"), 60 * CostGuard::kMostStretch);
  works_ = false;
  RunFor(absl::Hours(1));
  const int before = calls_;
  RunFor(absl::Minutes(10));
  EXPECT_GE(calls_ - before, 18);
}

TEST_F(CostWatchTest, EndsWithTheBudget) {
  BeginWithin(0.01);
  RunFor(absl::Minutes(10));
  EXPECT_THAT(Log(), Not(HasSubstr("as configured again")));
  daemon_->Replace(Budget(std::nullopt), [](bool /*in_force*/) {});
  RunFor(absl::Minutes(2));
  EXPECT_EQ(Metric("heyhi_probe_interval_seconds{"), 60);
  EXPECT_EQ(Metric("heyhi_budget_usd"), std::nullopt);
  EXPECT_THAT(Log(), HasSubstr("as configured again"));
}

TEST_F(CostWatchTest, CallsByHandCountToo) {
  BeginWithin(std::nullopt);
  RunFor(absl::Minutes(1));
  const int scheduled = calls_;
  daemon_->ProbeNow(MakeTarget("acme", "m-1")->id, [](const std::optional<ManualProbe>&) {});
  RunFor(absl::Seconds(61));
  EXPECT_GT(calls_, scheduled + 1);
  EXPECT_NEAR(*Metric("heyhi_month_cost_usd"), calls_ * kCallUsd, 0.1 * kCallUsd);
}

// Another target on its index, and one beside it: what was spent stays, the rest is planned anew.
TEST_F(CostWatchTest, AReloadKeepsWhatWasSpent) {
  BeginWithin(std::nullopt);
  RunFor(absl::Hours(1));
  const double spent = *Metric("heyhi_month_cost_usd");
  EXPECT_GT(spent, 50 * kCallUsd);
  Config next = Budget(5);
  next.targets = {MakeTarget("other", "m-2"), MakeTarget("unpriced", "m-3")};
  next.prices.Override("other", "m-2", {0, 0.01});
  daemon_->Replace(next, [](bool /*in_force*/) {});
  RunFor(absl::Seconds(1));
  EXPECT_NEAR(*Metric("heyhi_month_cost_usd"), spent, 2 * kCallUsd);
  const double planned = *Metric("heyhi_month_cost_projected_usd") - spent;
  EXPECT_NEAR(planned, 13'486 * 0.01 * MakeTarget("other", "m-2")->call.token_cap / 1e6, 1e-4);
  EXPECT_THAT(Log(), HasSubstr("such_as=unpriced/m-3/chat"));
}

TEST_F(CostWatchTest, WhatCostsNothingIsNotStretched) {
  Config config = Budget(kCallUsd);
  config.targets.push_back(MakeTarget("free", "m"));
  config.prices.Override("free", "m", {0, 0});
  Begin(config, [](const HttpRequest& /*request*/) {
    return AnswerAfter(absl::Milliseconds(500), 200, HealthyChatBody());
  });
  RunFor(absl::Hours(1));
  EXPECT_EQ(Metric("heyhi_probe_interval_seconds{provider=\"free\""), 60);
  EXPECT_EQ(Metric("heyhi_probe_interval_seconds{provider=\"acme\""), 1800);
  EXPECT_THAT(Log(), Not(HasSubstr("price is not known")));
}

}  // namespace
}  // namespace heyhi
