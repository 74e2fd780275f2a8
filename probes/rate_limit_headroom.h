#ifndef HEYHI_PROBES_RATE_LIMIT_HEADROOM_H_
#define HEYHI_PROBES_RATE_LIMIT_HEADROOM_H_

#include <optional>

#include "probes/http_transport.h"

namespace heyhi {

// How much of the provider's rate limits is left, as remaining / limit from 0 to
// 1. Where a provider names several limits of a kind (of a minute and a month, of
// input and output), it is the tightest. Absent where the answer does not say.
struct RateLimitHeadroom {
  std::optional<double> requests;
  std::optional<double> tokens;
};

// Reads the headers of an answer, success or failure. A limit counts only where
// both its headers came once and hold plain whole numbers, the limit above 0;
// more remaining than the limit is 1. Anything else counts as not said.
RateLimitHeadroom ReadHeadroom(const HttpExchange& exchange);

}  // namespace heyhi

#endif  // HEYHI_PROBES_RATE_LIMIT_HEADROOM_H_
