#include "exporter/cost_watch.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "exporter/cost_plan.h"

namespace heyhi {
namespace {

constexpr absl::Duration kInterval = absl::Minutes(1);

std::string UsdText(double usd) { return absl::StrFormat("%.2f", usd); }

}  // namespace

CostWatch::CostWatch(MetricTable& table, const Clock& clock, Logger& logger, Scheduler& scheduler)
    : table_(table),
      clock_(clock),
      logger_(logger),
      scheduler_(scheduler),
      budget_family_(table.AddFamily(
          MetricType::kGauge, "heyhi_budget_usd",
          "What all probes of a calendar month may cost, as configured; absent without a budget.")),
      spent_metric_(table.AddGauge(
          table.AddFamily(MetricType::kGauge, "heyhi_month_cost_usd",
                          "Cost of all probes in this calendar month (UTC) since this exporter "
                          "started, as far as prices are known."),
          {})),
      projected_metric_(table.AddGauge(
          table.AddFamily(MetricType::kGauge, "heyhi_month_cost_projected_usd",
                          "Cost of all probes at the end of this calendar month, at the intervals "
                          "as configured and without confirming probes. Past heyhi_budget_usd "
                          "intervals are stretched."),
          {})) {}

void CostWatch::SetBudget(std::optional<double> monthly_usd) {
  if (budget_group_ != nullptr) table_.RemoveGroups({std::exchange(budget_group_, nullptr)});
  if (monthly_usd.has_value()) {
    budget_group_ = table_.AddGroup({});
    table_.AddGauge(budget_family_, {}, budget_group_).Set(*monthly_usd);
  }
  unpriced_.clear();
  guard_.SetBudget(monthly_usd);
  due_ = -absl::InfiniteDuration();
}

void CostWatch::SetTarget(std::size_t index, const Target& target, const PriceTable& prices) {
  const std::optional<double> usd = ExpectedCallUsd(target, prices);
  guard_.SetTarget(index, usd.value_or(0), target.interval);
  scheduler_.SetFree(index, usd.value_or(0) == 0);
  if (guard_.budget_usd().has_value() && !usd.has_value()) unpriced_.push_back(target.id.Name());
}

void CostWatch::WarnOfUnpriced() {
  constexpr std::size_t kShown = 5;
  if (unpriced_.empty()) return;
  const std::vector<std::string> shown(
      unpriced_.begin(),
      unpriced_.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, unpriced_.size())));
  logger_.Warn(
      "the budget does not cover targets whose price is not known: add it under prices, 0 where "
      "calls are free",
      {{"targets", absl::StrCat(unpriced_.size())}, {"such_as", absl::StrJoin(shown, ", ")}});
  unpriced_.clear();
}

MonotonicTime CostWatch::RunDue() {
  const MonotonicTime now = clock_.Monotonic();
  if (now < due_) return due_;
  due_ = now + kInterval;
  WarnOfUnpriced();
  const CostGuard::Forecast forecast = guard_.At(clock_.Now());
  spent_metric_.Set(forecast.spent_usd);
  projected_metric_.Set(forecast.projected_usd);
  Apply(forecast);
  return due_;
}

// A twentieth more or less changes nothing: each change moves the schedule.
void CostWatch::Apply(const CostGuard::Forecast& forecast) {
  constexpr double kTwentieth = 0.05;
  const bool ends = forecast.stretch == 1 && factor_ != 1;
  const double change = forecast.stretch / factor_;
  if (!ends && change > 1 - kTwentieth && change < 1 + kTwentieth) return;
  const bool begins = factor_ == 1;
  factor_ = forecast.stretch;
  scheduler_.SetStretch(factor_);
  if (ends) {
    logger_.Info("base intervals are as configured again: the budget suffices, or there is none",
                 {{"spent_usd", UsdText(forecast.spent_usd)},
                  {"projected_usd", UsdText(forecast.projected_usd)}});
  } else if (begins) {
    logger_.Warn(
        "the month's cost would pass the budget: base intervals are longer, confirming probes are "
        "not; raise budget, lengthen interval or drop targets",
        {{"spent_usd", UsdText(forecast.spent_usd)},
         {"projected_usd", UsdText(forecast.projected_usd)},
         {"budget_usd", UsdText(*guard_.budget_usd())},
         {"intervals_times", absl::StrFormat("%.1f", factor_)}});
  }
}

}  // namespace heyhi
