#include "exporter/finding.h"

namespace heyhi {

Finding FindingOf(const ProbeResult& result) {
  Finding finding;
  finding.outcome = result.outcome;
  if (result.outcome != Outcome::kFailed) return finding;
  finding.fault = result.fault;
  finding.rate_limited = result.error_type == ErrorType::kRateLimit;
  finding.retry_after = result.retry_after;
  return finding;
}

}  // namespace heyhi
