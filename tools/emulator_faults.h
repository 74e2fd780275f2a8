#ifndef HEYHI_TOOLS_EMULATOR_FAULTS_H_
#define HEYHI_TOOLS_EMULATOR_FAULTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "serving/mutex.h"
#include "tools/emulator_call.h"
#include "tools/emulator_fault.h"

namespace heyhi {

// The faults in force at the provider emulator. Thread-safe.
class EmulatorFaults {
 public:
  struct Entry {
    std::int64_t id = 0;  // from 1, never reused
    EmulatorFault fault;
    std::int64_t matched = 0;  // requests it was considered for
    std::int64_t struck = 0;   // of those, the requests it struck
  };

  // Puts a fault in force and returns its id.
  std::int64_t Add(EmulatorFault fault);
  // False where no fault has this id.
  bool Remove(std::int64_t id);
  void Clear();
  // In the order in which they were added.
  std::vector<Entry> List() const;

  // The fault that strikes this request. The newest matching one wins; one whose
  // share is not due lets the next older one be considered. Of n requests that a
  // fault is considered for, exactly floor(n * share) are struck: the count is
  // the fault's, whatever providers and models they went to.
  std::optional<EmulatorFault> Strike(const EmulatorCall& call);

 private:
  mutable Mutex mutex_;
  std::int64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace heyhi

#endif  // HEYHI_TOOLS_EMULATOR_FAULTS_H_
