#ifndef HEYHI_PROBES_URL_H_
#define HEYHI_PROBES_URL_H_

#include <string>

#include "absl/status/statusor.h"

namespace heyhi {

// The parts of an http or https URL that connecting needs.
struct Url {
  bool https = true;
  std::string host;  // without brackets, as a resolver wants it
  int port = 443;
  bool host_is_address = false;   // an IPv4 or IPv6 literal
  bool host_is_loopback = false;  // localhost, 127.0.0.0/8 or ::1
  bool has_credentials = false;
  bool has_query_or_fragment = false;
};

// Errors say what is wrong with the text; they do not repeat it, since a key may
// hide in it.
absl::StatusOr<Url> ParseUrl(const std::string& text);

// The HTTP proxy that `text` names: its URL, "http://host:port" and nothing more, or "" for
// "none". The error does not repeat it: a password may be in it.
absl::StatusOr<std::string> ReadProxy(const std::string& text);

// `text` fit to stand between two slashes of a path: all but letters, digits and
// "-._~:" percent-encoded.
std::string EncodePathSegment(const std::string& text);

}  // namespace heyhi

#endif  // HEYHI_PROBES_URL_H_
