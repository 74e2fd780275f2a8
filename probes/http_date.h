#ifndef HEYHI_PROBES_HTTP_DATE_H_
#define HEYHI_PROBES_HTTP_DATE_H_

#include <optional>
#include <string>

#include "absl/time/time.h"

namespace heyhi {

// Reads a date as HTTP headers have it today (RFC 9110, 5.6.7: "Sun, 06 Nov 1994
// 08:49:37 GMT"); nothing for any other text.
std::optional<absl::Time> ParseHttpDate(const std::string& text);

}  // namespace heyhi

#endif  // HEYHI_PROBES_HTTP_DATE_H_
