#include "exporter/cost_plan.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>

namespace heyhi {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<Target> Each(absl::Duration interval, const std::string& model) {
  auto target = std::make_shared<Target>();
  target->id = {"acme", model, "chat", "local"};
  target->interval = interval;
  target->prompt = "ping";
  target->call.token_cap = 10;
  return target;
}

TEST(CostPlanTest, ACallCostsItsPromptAndAllThatItsCapAllows) {
  PriceTable prices;
  prices.Override("acme", "m", {1, 100});
  Target target = *Each(absl::Minutes(1), "m");
  EXPECT_NEAR(*ExpectedCallUsd(target, prices), (18 * 1 + 10 * 100) / 1e6, 1e-12);
  target.prompt = std::string(4096, 'x');
  EXPECT_NEAR(*ExpectedCallUsd(target, prices), (2064 * 1 + 10 * 100) / 1e6, 1e-12);
  target.id.model = "other";
  EXPECT_EQ(ExpectedCallUsd(target, prices), std::nullopt);
}

TEST(CostPlanTest, RefusesAPlanThatPassesTheBudgetWithTheSum) {
  Config config;
  config.prices.Override("acme", "dear", {0, 100});
  config.prices.Override("acme", "cheap", {0, 1});
  config.targets = {Each(absl::Minutes(1), "cheap"), Each(absl::Minutes(2), "dear"),
                    Each(absl::Minutes(1), "unknown")};
  EXPECT_TRUE(CheckBudget(config).ok()) << "without a budget";
  config.monthly_budget_usd = 23;  // 22,320 calls of 0.001 USD, 44,640 of 0.00001
  EXPECT_TRUE(CheckBudget(config).ok());
  config.monthly_budget_usd = 22.5;
  EXPECT_EQ(CheckBudget(config).message(),
            "budget: probing as configured costs 22.77 USD in 31 days, more than monthly_usd: "
            "22.5. Most of it: acme/dear/chat 22.32 (22320 calls), acme/cheap/chat 0.45 (44640 "
            "calls), acme/unknown/chat 0 (44640 calls). Lengthen interval, lower max_tokens, drop "
            "targets or raise the budget");
  config.targets.push_back(Each(absl::Minutes(1), "cheap"));
  EXPECT_THAT(std::string(CheckBudget(config).message()), HasSubstr("; the other 1 0"));
}

}  // namespace
}  // namespace heyhi
