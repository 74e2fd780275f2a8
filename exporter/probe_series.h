#ifndef HEYHI_EXPORTER_PROBE_SERIES_H_
#define HEYHI_EXPORTER_PROBE_SERIES_H_

#include <iterator>
#include <map>
#include <memory>
#include <optional>

#include "exporter/target_state.h"
#include "probes/reason.h"
#include "probes/target.h"
#include "serving/metric_table.h"

namespace heyhi {

// The phases of a probe in the order of time, as their label values.
inline constexpr const char* kProbePhases[] = {"dns", "connect", "tls", "processing", "transfer"};

// The families of the metrics that each target has, named and explained in
// docs/metrics.md. The table's own.
struct ProbeFamilies {
  explicit ProbeFamilies(MetricTable& table);

  MetricTable::Family* attempts;
  MetricTable::Family* failures;
  MetricTable::Family* reasons;
  MetricTable::Family* slow;
  MetricTable::Family* scheduled_attempts;
  MetricTable::Family* scheduled_failures;
  MetricTable::Family* duration;
  MetricTable::Family* scheduled_duration;
  MetricTable::Family* objective;
  MetricTable::Family* phase;
  MetricTable::Family* responses;
  MetricTable::Family* success;
  MetricTable::Family* last_completion;
  MetricTable::Family* last_success;
  MetricTable::Family* interval;
  MetricTable::Family* state;
  MetricTable::Family* info;
  MetricTable::Family* tokens;
  MetricTable::Family* token_cap;
  MetricTable::Family* first_token;
  MetricTable::Family* cost;
  MetricTable::Family* headroom;
  MetricTable::Family* rerouted;
};

// The series of one target, in a group of their own. Every one exists at 0 from the start,
// except those that only a result can fill.
struct ProbeSeries {
  ProbeSeries(MetricTable& table, const ProbeFamilies& families,
              const std::shared_ptr<const Target>& of, bool has_price);
  void AddOutcomes(MetricTable& table, const ProbeFamilies& families);
  // What the configuration says about the target, and may say differently later. Returns
  // the group of series that it replaces, if any.
  MetricTable::Group* SetConstants(MetricTable& table, const ProbeFamilies& families,
                                   const std::shared_ptr<const Target>& of, bool has_price);

  std::shared_ptr<const Target> target;
  MetricTable::Group* const group;
  MetricTable::Group* facts = nullptr;  // the group of what has facts as labels
  Gauge objective;
  Counter attempts;
  Counter failures[std::size(kErrorTypes)][std::size(kFaults)];  // valid pairs only
  std::map<Reason, Counter> reasons;                             // grows with what is seen
  Counter slow;
  Counter scheduled_attempts;
  Counter scheduled_failures[std::size(kFaults)];
  Histogram duration;
  Histogram scheduled_duration;
  Counter phases[std::size(kProbePhases)];
  std::map<int, Counter> responses;  // by status code; grows with what is seen
  Gauge interval;
  Gauge states[std::size(kTargetStates)];
  Gauge success;
  Gauge last_completion;
  Gauge last_success;
  Counter input_tokens;
  Counter output_tokens;
  Gauge token_cap;
  std::optional<Histogram> first_token;  // streams only
  std::optional<Counter> cost;           // where the price is known
  Gauge request_headroom;
  Gauge token_headroom;
  Gauge rerouted;
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_PROBE_SERIES_H_
