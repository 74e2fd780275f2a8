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
  const bool is_news = started_at >= changed_at_;
  if (finding.rate_limited && finding.retry_after.has_value()) {
    const MonotonicTime asked = now + std::min(*finding.retry_after, kLongestWait);
    if (asked > not_before_) {
      not_before_ = asked;
      changed_at_ = now;
    }
  }
  if (!is_news) return false;
  if (finding.rate_limited && factor_ < kMostFactor) {
    factor_ *= 2;
  } else if (!failed && IsBackingOff(now)) {
    factor_ = std::max(1, factor_ / 2);
    not_before_ = -absl::InfiniteDuration();
  } else {
    return false;
  }
  changed_at_ = now;
  return true;
}

bool ProviderBackoff::FailedLately(MonotonicTime now) const { return now - failed_at_ < kLately; }

}  // namespace heyhi
