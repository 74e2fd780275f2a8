#ifndef HEYHI_EXPORTER_COST_GUARD_H_
#define HEYHI_EXPORTER_COST_GUARD_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace heyhi {

// Counts what probes cost in the calendar month (UTC), tells what they will have cost at
// its end, and how much rarer they must be to stay within a budget. Targets are known by
// their index. Thread-compatible; reads no clock.
class CostGuard {
 public:
  // Intervals never become longer than so many times the configured ones, even where the
  // budget is spent.
  static constexpr double kMostStretch = 30;

  struct Forecast {
    double spent_usd = 0;      // in this month, so far
    double projected_usd = 0;  // at its end, at the intervals as configured
    double stretch = 1;        // how many times longer the intervals must be for the budget
  };

  void SetBudget(std::optional<double> monthly_usd) { budget_usd_ = monthly_usd; }
  std::optional<double> budget_usd() const { return budget_usd_; }
  // A new target, or other settings of one. `expected_usd` is what a call will cost, 0
  // where it is free or no price is known; what calls of this month did cost counts more, once
  // there are five.
  void SetTarget(std::size_t index, double expected_usd, absl::Duration interval);
  void RemoveTarget(std::size_t index) { targets_[index] = {}; }

  // A call of that target cost so much. For what later calls will cost it counts twenty
  // times the expected at most: an answer's count of tokens may be nonsense.
  void Spend(std::size_t index, double usd, absl::Time at);

  Forecast At(absl::Time now);

 private:
  struct Plan {
    absl::Duration interval = absl::InfiniteDuration();
    double expected_usd = 0;
    double paid_usd = 0;
    int paid_calls = 0;
  };

  void BeginMonthOf(absl::Time now);

  std::optional<double> budget_usd_;
  std::vector<Plan> targets_;  // by index
  absl::CivilMonth month_;
  double spent_usd_ = 0;  // in month_
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_COST_GUARD_H_
