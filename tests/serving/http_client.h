#ifndef HEYHI_TESTS_SERVING_HTTP_CLIENT_H_
#define HEYHI_TESTS_SERVING_HTTP_CLIENT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace heyhi {

// One HTTP exchange of a test, over a connection of its own, by libcurl as it is.
struct ClientRequest {
  std::string url = "";
  std::string method = "";  // "" is GET, or POST with a body
  std::vector<std::string> headers = {};
  std::string body = "";
  std::string ca = "";  // PEM to trust instead of the system's
  absl::Duration limit = absl::Minutes(1);
};

struct ClientReply {
  int curl_code = 0;  // CURLE_OK where a whole answer came
  std::string error;  // libcurl's words where none came
  int os_errno = 0;   // of a failed connection
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // also the part of one cut short
};

// Blocks until the answer, a failure or the limit. Thread-safe.
ClientReply Send(const ClientRequest& request);

}  // namespace heyhi

#endif  // HEYHI_TESTS_SERVING_HTTP_CLIENT_H_
