#ifndef HEYHI_SERVING_PENDING_REPLY_H_
#define HEYHI_SERVING_PENDING_REPLY_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "serving/http_server.h"
#include "serving/mutex.h"

struct MHD_Connection;

namespace heyhi::internal {

// The answer to one request, on its way from whoever holds the Responder to the
// server thread. Part of the wall around libmicrohttpd. Thread-safe.
class PendingReply {
 public:
  enum class Action { kNone, kSend, kReset, kCut };

  explicit PendingReply(MHD_Connection* connection) : connection_(connection) {}

  // To be on the answer, in place of those of the same name that it has itself.
  void AddHeaders(const std::vector<std::pair<std::string, std::string>>& headers);

  // The first answer counts; resumes the connection if it waits.
  void Answer(Action action, ServerResponse response);

  // On the server thread: parks the connection unless the answer is there.
  bool SuspendUnlessAnswered();
  // On the server thread: the answer, moved out.
  Action Take(ServerResponse* response);
  // On the server thread: nobody is there to be answered any more.
  void ConnectionGone();

 private:
  Mutex mutex_;
  MHD_Connection* connection_ ABSL_GUARDED_BY(mutex_);
  bool suspended_ ABSL_GUARDED_BY(mutex_) = false;
  Action action_ ABSL_GUARDED_BY(mutex_) = Action::kNone;
  std::vector<std::pair<std::string, std::string>> headers_ ABSL_GUARDED_BY(mutex_);
  ServerResponse response_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace heyhi::internal

#endif  // HEYHI_SERVING_PENDING_REPLY_H_
