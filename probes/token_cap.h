#ifndef HEYHI_PROBES_TOKEN_CAP_H_
#define HEYHI_PROBES_TOKEN_CAP_H_

#include <optional>

#include "probes/error_body.h"

namespace heyhi {

// The largest cap on output tokens that a probe lets an error talk it into.
inline constexpr int kMostLearnedTokenCap = 1024;

// The smallest cap on output tokens that a refused call says it takes: 16 of
// "max_output_tokens: expected a value >= 16, but got 1". Nothing where the
// status is not 400 or 422, the error is about something else, or it names no
// minimum in words that leave no doubt: never a maximum, never a value that was
// sent. Of several minima it is the first from 1 to kMostLearnedTokenCap.
std::optional<int> NamedMinimum(int status, const ErrorBody& error);

}  // namespace heyhi

#endif  // HEYHI_PROBES_TOKEN_CAP_H_
