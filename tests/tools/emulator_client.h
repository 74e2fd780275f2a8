#ifndef HEYHI_TESTS_TOOLS_EMULATOR_CLIENT_H_
#define HEYHI_TESTS_TOOLS_EMULATOR_CLIENT_H_

#include <map>
#include <string>
#include <vector>

namespace heyhi {

// One HTTP exchange of a test, over a connection of its own.
struct EmulatorRequest {
  std::string url = "";
  std::string body = "";    // sent by POST where it is not empty
  std::string method = "";  // "" is GET, or POST with a body
  std::vector<std::string> headers = {"Authorization: Bearer test-key"};
  std::string ca = "";  // PEM to trust instead of the system's
  long limit_milliseconds = 20000;
};

struct EmulatorReply {
  int curl_code = 0;  // CURLE_OK where a whole answer came
  int os_errno = 0;   // of a failed connection
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// Blocks until the answer, a failure or the limit. Thread-safe.
EmulatorReply SendToEmulator(const EmulatorRequest& request);

}  // namespace heyhi

#endif  // HEYHI_TESTS_TOOLS_EMULATOR_CLIENT_H_
