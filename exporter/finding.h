#ifndef HEYHI_EXPORTER_FINDING_H_
#define HEYHI_EXPORTER_FINDING_H_

#include <optional>

#include "absl/time/time.h"
#include "probes/prober.h"
#include "probes/reason.h"

namespace heyhi {

// What the schedule needs to know of a probe's result.
struct Finding {
  Outcome outcome = Outcome::kOk;
  Fault fault = Fault::kProvider;  // with kFailed
  bool rate_limited = false;       // the provider limits our rate
  // How long it asks us to wait then, if it says so in a way that can be believed.
  std::optional<absl::Duration> retry_after;
};

Finding FindingOf(const ProbeResult& result);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_FINDING_H_
