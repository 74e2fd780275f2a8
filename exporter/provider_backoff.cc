#include "exporter/provider_backoff.h"

#include <algorithm>

namespace heyhi {
namespace {

constexpr int kMostFactor = 8;
constexpr absl::Duration kLately = absl::Minutes(10);

}  // namespace

bool ProviderBackoff::Take(const Finding& finding, MonotonicTime started_at, MonotonicTime now) {
  const bool failed = finding.outcome == Outcome::kFailed;
  if (failed && finding.fault == Fault::kProvider) failed_at_ = now;
  bool changed = false;
  if (finding.rate_limited && finding.retry_after.has_value()) {
    const MonotonicTime asked = now + std::min(*finding.retry_after, kLongestWait);
    changed = asked > not_before_ && asked > now;
    not_before_ = std::max(not_before_, asked);
  }
  if (started_at < changed_at_) return changed;
  if (finding.rate_limited && factor_ < kMostFactor) {
    factor_ *= 2;
  } else if (!failed && IsBackingOff(now)) {
    factor_ = std::max(1, factor_ / 2);
    not_before_ = -absl::InfiniteDuration();
  } else {
    return changed;
  }
  changed_at_ = now;
  return true;
}

bool ProviderBackoff::FailedLately(MonotonicTime now) const { return now - failed_at_ < kLately; }

}  // namespace heyhi
