#include "exporter/cost_guard.h"

#include <algorithm>

namespace heyhi {

void CostGuard::SetTarget(std::size_t index, double expected_usd, absl::Duration interval) {
  if (index >= targets_.size()) targets_.resize(index + 1);
  Plan& plan = targets_[index];
  plan.interval = interval;
  // At another price or with another prompt the calls before tell nothing.
  if (plan.expected_usd != expected_usd) {
    plan.paid_usd = 0;
    plan.paid_calls = 0;
  }
  plan.expected_usd = expected_usd;
}

void CostGuard::Spend(std::size_t index, double usd, absl::Time at) {
  constexpr double kBelieved = 20;
  BeginMonthOf(at);
  spent_usd_ += usd;
  Plan& plan = targets_[index];
  plan.paid_usd += std::min(usd, kBelieved * plan.expected_usd);
  ++plan.paid_calls;
}

CostGuard::Forecast CostGuard::At(absl::Time now) {
  constexpr int kEnoughCalls = 5;
  BeginMonthOf(now);
  const absl::CivilMonth next = absl::ToCivilMonth(now, absl::UTCTimeZone()) + 1;
  const absl::Duration left = absl::FromCivil(next, absl::UTCTimeZone()) - now;
  double planned = 0;
  for (const Plan& plan : targets_) {
    const double usd =
        plan.paid_calls < kEnoughCalls ? plan.expected_usd : plan.paid_usd / plan.paid_calls;
    planned += usd * absl::FDivDuration(left, plan.interval);
  }
  Forecast forecast;
  forecast.spent_usd = spent_usd_;
  forecast.projected_usd = spent_usd_ + planned;
  if (budget_usd_.has_value() && forecast.projected_usd > *budget_usd_) {
    const double rest = *budget_usd_ - spent_usd_;
    forecast.stretch =
        rest * kMostStretch <= planned ? kMostStretch : std::max(planned / rest, 1.0);
  }
  return forecast;
}

// Where the clock is set back a little, the month before has ended all the same.
void CostGuard::BeginMonthOf(absl::Time now) {
  const auto month = absl::ToCivilMonth(now, absl::UTCTimeZone());
  if (month == month_ || month + 1 == month_) return;
  month_ = month;
  spent_usd_ = 0;
  for (Plan& plan : targets_) {
    plan.paid_usd = 0;
    plan.paid_calls = 0;
  }
}

}  // namespace heyhi
