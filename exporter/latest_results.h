#ifndef HEYHI_EXPORTER_LATEST_RESULTS_H_
#define HEYHI_EXPORTER_LATEST_RESULTS_H_

#include <memory>
#include <optional>
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
  explicit LatestResults(const std::vector<std::shared_ptr<const Target>>& targets);

  // Takes a result; returns the standing before it.
  TargetStanding Replace(std::size_t index, const ProbeResult& result);

  void SetSchedule(std::size_t index, TargetState state, absl::Duration interval);

  // All targets in the order of the configuration.
  std::vector<TargetStanding> Snapshot() const;

 private:
  mutable Mutex mutex_;
  std::vector<TargetStanding> standings_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_LATEST_RESULTS_H_
