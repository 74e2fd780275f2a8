#include "exporter/cost_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace heyhi {
namespace {

constexpr absl::Duration kMonth = absl::Hours(31 * 24);

struct PlannedTarget {
  std::string name;
  double calls = 0;
  double usd = 0;
};

// Two digits of what is not 0.
std::string Usd(double usd) {
  return usd >= 1 ? absl::StrFormat("%.2f", usd) : absl::StrFormat("%.2g", usd);
}

}  // namespace

std::optional<double> ExpectedCallUsd(const Target& target, const PriceTable& prices) {
  // "ping" is 7 to 14 tokens with what the protocols put around it; a token of English is
  // four bytes, of other scripts less.
  constexpr double kFrameTokens = 16;
  constexpr double kBytesPerToken = 2;
  const std::optional<Price> price =
      prices.Find(target.id.provider, target.id.model, absl::InfiniteFuture());
  if (!price.has_value()) return std::nullopt;
  TokenUsage usage;
  usage.input = static_cast<std::int64_t>(
      std::ceil(kFrameTokens + static_cast<double>(target.prompt.size()) / kBytesPerToken));
  usage.output = target.call.token_cap;
  return CostUsd(*price, usage);
}

absl::Status CheckBudget(const Config& config) {
  constexpr std::size_t kShown = 3;
  if (!config.monthly_budget_usd.has_value()) return absl::OkStatus();
  std::vector<PlannedTarget> plan;
  double sum = 0;
  for (const auto& target : config.targets) {
    const double calls = absl::FDivDuration(kMonth, target->interval);
    const double usd = calls * ExpectedCallUsd(*target, config.prices).value_or(0);
    plan.push_back({target->id.Name(), calls, usd});
    sum += usd;
  }
  if (sum <= *config.monthly_budget_usd) return absl::OkStatus();
  std::stable_sort(plan.begin(), plan.end(),
                   [](const PlannedTarget& a, const PlannedTarget& b) { return a.usd > b.usd; });
  const double whole_cents = std::ceil(sum * 100) / 100;
  std::string message = absl::StrCat(
      "budget: probing as configured costs ", absl::StrFormat("%.2f", whole_cents),
      " USD in 31 days, more than monthly_usd: ", *config.monthly_budget_usd, ". Most of it: ");
  const std::size_t count = std::min(kShown, plan.size());
  for (std::size_t i = 0; i < count; ++i) {
    absl::StrAppend(&message, i == 0 ? "" : ", ", plan[i].name, " ", Usd(plan[i].usd), " (",
                    absl::StrFormat("%.0f", plan[i].calls), " calls)");
  }
  double others = 0;
  for (std::size_t i = count; i < plan.size(); ++i) others += plan[i].usd;
  if (plan.size() > count) {
    absl::StrAppend(&message, "; the other ", plan.size() - count, " ", Usd(others));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      message, ". Lengthen interval, lower max_tokens, drop targets or raise the budget"));
}

}  // namespace heyhi
