#ifndef HEYHI_EXPORTER_PROBE_METRICS_H_
#define HEYHI_EXPORTER_PROBE_METRICS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
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
  // `table` must outlive it. Targets that `prices` knows no price for, now or later,
  // have no cost.
  ProbeMetrics(MetricTable& table, const std::vector<std::shared_ptr<const Target>>& targets,
               const PriceTable& prices);
  ~ProbeMetrics();

  // `index` is the target's place in the list given at the start.
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
  struct Families;
  struct Series;

  void CountFailure(Series& series, const ProbeResult& result, Trigger trigger);
  void ObserveDuration(Series& series, const ProbeResult& result, Trigger trigger,
                       absl::Duration timeout);
  void AddPhases(Series& series, const ProbeResult& result, absl::Duration total);
  void UpdateUsage(Series& series, const ProbeResult& result);
  void UpdateClockSkew(const ProbeResult& result);

  MetricTable& table_;
  const std::vector<std::shared_ptr<const Target>> targets_;
  std::unique_ptr<Families> families_;
  std::vector<std::unique_ptr<Series>> series_;  // one per target
  Histogram slip_;
  Gauge in_flight_;
  Gauge clock_skew_;
  Counter skipped_[std::size(kSkipCauses)];
  int in_flight_count_ = 0;
  std::map<std::string, double> skew_of_provider_;  // the newest of each, in seconds
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_PROBE_METRICS_H_
