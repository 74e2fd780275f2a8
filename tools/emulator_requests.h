#ifndef HEYHI_TOOLS_EMULATOR_REQUESTS_H_
#define HEYHI_TOOLS_EMULATOR_REQUESTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "serving/http_server.h"
#include "serving/mutex.h"
#include "tools/emulator_call.h"

namespace heyhi {

// What the provider emulator was asked, for tests to look at. Keeps header
// names, never their values. Thread-safe.
class EmulatorRequests {
 public:
  struct Seen {
    std::int64_t requests = 0;
    std::map<std::string, std::int64_t> by_model;  // requests that named no model: ""
    // Of the last request:
    std::string method;
    std::string path;                       // the provider's own
    std::vector<std::string> header_names;  // lower case, sorted
    std::string body;                       // JSON text, "" where it was none
  };

  void Record(const EmulatorCall& call, const ServerRequest& request);
  // By provider.
  std::map<std::string, Seen> Snapshot() const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, Seen> seen_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace heyhi

#endif  // HEYHI_TOOLS_EMULATOR_REQUESTS_H_
