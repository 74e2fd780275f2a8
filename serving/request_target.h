#ifndef HEYHI_SERVING_REQUEST_TARGET_H_
#define HEYHI_SERVING_REQUEST_TARGET_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace heyhi {

// What a request asks for: the second word of its first line (RFC 9112, 3.2.1).
struct RequestTarget {
  std::string raw_path;                      // as sent: "%2F" is not "/" here
  std::string path;                          // percent-decoded, once
  std::map<std::string, std::string> query;  // percent-decoded, "+" as a space; the last
                                             // of equal names wins
};

// Parses the origin form, "/path?name=value&…". Anything else is an error that says
// what is wrong with it, without repeating it: an absolute URI, a broken percent code,
// control characters (coded ones too), more than 8 KiB.
absl::StatusOr<RequestTarget> ParseRequestTarget(std::string_view text);

}  // namespace heyhi

#endif  // HEYHI_SERVING_REQUEST_TARGET_H_
