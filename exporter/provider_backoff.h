#ifndef HEYHI_EXPORTER_PROVIDER_BACKOFF_H_
#define HEYHI_EXPORTER_PROVIDER_BACKOFF_H_

#include "absl/time/time.h"
#include "exporter/finding.h"
#include "probes/clock.h"

namespace heyhi {

// How far probing of one provider is slowed down because it limits our rate: the
// interval of all its targets is doubled with each rate-limited result, up to eight
// times, and halved with each success; nothing starts before the time that the
// provider asked for. Results of probes that started before the last change say
// nothing about it: twenty targets that meet the limit together double it once.
// Thread-compatible.
class ProviderBackoff {
 public:
  // The longest that a provider can make us wait: an outage behind it must not stay
  // unseen for longer.
  static constexpr absl::Duration kLongestWait = absl::Hours(1);

  // Takes the result of a probe of any of its targets. Returns true where the schedule of
  // all of them changed: where factor() did, or the wait is over before its time. (That
  // not_before() moved on each finds when its time has come.)
  bool Take(const Finding& finding, MonotonicTime started_at, MonotonicTime now);

  // 1, 2, 4 or 8.
  int factor() const { return factor_; }
  // Nothing should start before this.
  MonotonicTime not_before() const { return not_before_; }
  bool IsBackingOff(MonotonicTime now) const { return factor_ > 1 || not_before_ > now; }
  // True while a failure by the provider's own fault is less than 10 minutes old: then
  // it must be looked at often, rate limit or not.
  bool FailedLately(MonotonicTime now) const;

 private:
  int factor_ = 1;
  MonotonicTime not_before_ = -absl::InfiniteDuration();
  MonotonicTime changed_at_ = -absl::InfiniteDuration();
  MonotonicTime failed_at_ = -absl::InfiniteDuration();
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_PROVIDER_BACKOFF_H_
