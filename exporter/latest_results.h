#ifndef HEYHI_EXPORTER_LATEST_RESULTS_H_
#define HEYHI_EXPORTER_LATEST_RESULTS_H_

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "exporter/target_state.h"
#include "probes/prober.h"
#include "probes/target.h"
#include "serving/mutex.h"

namespace heyhi {

// How one target stands, for pages.
struct TargetStanding {
  std::shared_ptr<const Target> target;
  TargetState state = TargetState::kSteady;
  absl::Duration interval = absl::ZeroDuration();  // between probes, in force now
  std::optional<ProbeResult> last;                 // none yet: still waiting
  std::optional<absl::Time> last_success_at;
  std::optional<absl::Time> unchanged_since;  // the first result of this run of outcomes
};

// The newest result of every target. Thread-safe.
class LatestResults {
 public:
  // `index` stands for this target from now on, or still: then it keeps its results.
  void SetTarget(std::size_t index, const std::shared_ptr<const Target>& target);
  // To be called before another index stands for a target of that name.
  void RemoveTarget(std::size_t index);
  // The indices in the order of the configuration: what Snapshot shows.
  void SetOrder(std::vector<std::size_t> order);

  // Takes a result; returns the standing before it.
  TargetStanding Replace(std::size_t index, const ProbeResult& result);

  void SetSchedule(std::size_t index, TargetState state, absl::Duration interval);

  // The target of that name: provider/model/check, or without its check; then the chat
  // check is meant if there are several.
  std::optional<TargetStanding> Find(const std::string& name) const;

  // All targets in the order of the configuration.
  std::vector<TargetStanding> Snapshot() const;

 private:
  mutable Mutex mutex_;
  std::vector<TargetStanding> standings_ ABSL_GUARDED_BY(mutex_);  // by index
  std::vector<std::size_t> order_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, std::size_t> index_by_name_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_LATEST_RESULTS_H_
