#ifndef HEYHI_EXPORTER_COST_WATCH_H_
#define HEYHI_EXPORTER_COST_WATCH_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "exporter/config.h"
#include "exporter/cost_guard.h"
#include "exporter/scheduler.h"
#include "probes/clock.h"
#include "probes/target.h"
#include "serving/log.h"
#include "serving/metric_table.h"

namespace heyhi {

// Looks after the month's cost: its metrics, a line in the log where the budget changes
// what is probed, and the stretch of the intervals. Thread-compatible, on the probing thread.
class CostWatch {
 public:
  // All must outlive it.
  CostWatch(MetricTable& table, const Clock& clock, Logger& logger, Scheduler& scheduler);

  // Another configuration is in force; all its targets are told after it, one by one.
  void SetBudget(std::optional<double> monthly_usd);
  void SetTarget(std::size_t index, const Target& target, const PriceTable& prices);
  void RemoveTarget(std::size_t index) { guard_.RemoveTarget(index); }
  // A call of that target cost so much, whatever came of it.
  void Spend(std::size_t index, double usd) { guard_.Spend(index, usd, clock_.Now()); }

  // Does what is due, once a minute; returns when it should be called again.
  MonotonicTime RunDue();

 private:
  void Apply(const CostGuard::Forecast& forecast);
  void WarnOfUnpriced();

  MetricTable& table_;
  const Clock& clock_;
  Logger& logger_;
  Scheduler& scheduler_;
  MetricTable::Family* const budget_family_;
  MetricTable::Group* budget_group_ = nullptr;  // while there is a budget
  Gauge spent_metric_;
  Gauge projected_metric_;
  CostGuard guard_;
  std::vector<std::string> unpriced_;  // targets of which no warning has told
  double factor_ = 1;                  // in force
  MonotonicTime due_ = -absl::InfiniteDuration();
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_COST_WATCH_H_
