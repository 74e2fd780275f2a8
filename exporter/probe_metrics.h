#ifndef HEYHI_EXPORTER_PROBE_METRICS_H_
#define HEYHI_EXPORTER_PROBE_METRICS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "exporter/probe_series.h"
#include "exporter/scheduler.h"
#include "probes/prober.h"
#include "probes/target.h"
#include "serving/metric_table.h"

namespace heyhi {

// The metrics that probes feed, named and explained in docs/metrics.md. Every
// series of a configured target exists at 0 from the start, except those that
// only a result can fill. Thread-compatible: one thread feeds it, while others
// may write the table's text.
class ProbeMetrics {
 public:
  // `table` must outlive it.
  explicit ProbeMetrics(MetricTable& table);

  // `index` stands for this target from now on: its series begin, or go on where it stood
  // for the same label set before. Only a target with a price has a cost.
  void SetTarget(std::size_t index, const std::shared_ptr<const Target>& target, bool has_price);
  // It stands for none: its series will be removed.
  void RemoveTarget(std::size_t index);
  // Removes them, of all such targets at once.
  void DropRemoved();

  // A probe has left the schedule; it may still have to wait for its turn.
  void Started();
  // It begins, so long after it was due.
  void Began(absl::Duration slip);
  void Skipped(SkipCause cause, int count);
  // It has ended: nothing is in flight for it any more.
  void Ended();
  // It ended with this result, and counts as what started it.
  void Completed(std::size_t index, const ProbeResult& result, Trigger trigger);
  // It ended with a result that does not count; what it cost was spent all the same.
  void Discarded(std::size_t index, const ProbeResult& result);
  // The schedule of the target has changed.
  void SetSchedule(std::size_t index, TargetState state, absl::Duration interval);
  // A larger output-token cap has been learned.
  void SetTokenCap(std::size_t index, int token_cap);

 private:
  void CountFailure(ProbeSeries& series, const ProbeResult& result, Trigger trigger);
  static void ObserveDuration(ProbeSeries& series, const ProbeResult& result, Trigger trigger);
  static void AddPhases(ProbeSeries& series, const ProbeResult& result, absl::Duration total);
  void UpdateUsage(ProbeSeries& series, const ProbeResult& result);
  void UpdateClockSkew(const ProbeResult& result);

  MetricTable& table_;
  const ProbeFamilies families_;
  std::vector<std::unique_ptr<ProbeSeries>> series_;  // by index
  std::vector<MetricTable::Group*> left_groups_;      // whose series are no more wanted
  Histogram slip_;
  Gauge in_flight_;
  Gauge clock_skew_;
  Counter skipped_[std::size(kSkipCauses)];
  int in_flight_count_ = 0;
  std::map<std::string, double> skew_of_provider_;  // the newest of each, in seconds
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_PROBE_METRICS_H_
