#ifndef HEYHI_PROBES_RETRY_AFTER_H_
#define HEYHI_PROBES_RETRY_AFTER_H_

#include <optional>

#include "absl/time/time.h"
#include "probes/http_transport.h"

namespace heyhi {

// How long an answer asks its client to wait: the header Retry-After (RFC 9110,
// 10.2.3: seconds, or a date, which is compared with the answer's own Date where it
// has one, else with `now`), OpenAI's and Azure's retry-after-ms, or Google's
// RetryInfo in the body of an error. Nothing where it does not say, or what it says
// cannot be meant: no number, negative, in the past, more than a day. Pure.
std::optional<absl::Duration> ReadRetryAfter(const HttpExchange& exchange, absl::Time now);

}  // namespace heyhi

#endif  // HEYHI_PROBES_RETRY_AFTER_H_
