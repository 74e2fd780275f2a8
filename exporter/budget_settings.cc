#include "exporter/budget_settings.h"

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "serving/suggestion.h"

namespace heyhi {

absl::StatusOr<double> ReadBudget(const YamlNode& node, int* line) {
  constexpr char kForm[] = "budget: expected {monthly_usd: 5}, an amount from 0.01 to 1000000";
  constexpr double kLeast = 0.01;
  constexpr double kMost = 1'000'000;
  *line = node.line;
  if (node.kind != YamlNode::Kind::kMap || node.entries.empty()) {
    return absl::InvalidArgumentError(kForm);
  }
  double usd = 0;
  for (const auto& [key, value] : node.entries) {
    *line = key.line;
    if (key.scalar != "monthly_usd") {
      return absl::InvalidArgumentError(absl::StrCat("budget: unknown key \"", key.scalar, "\"",
                                                     DidYouMean(key.scalar, {"monthly_usd"}),
                                                     ": expected monthly_usd"));
    }
    if (value.kind != YamlNode::Kind::kScalar || !absl::SimpleAtod(value.scalar, &usd) ||
        !(usd >= kLeast && usd <= kMost)) {
      return absl::InvalidArgumentError(kForm);
    }
  }
  return usd;
}

}  // namespace heyhi
