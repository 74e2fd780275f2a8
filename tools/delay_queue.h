#ifndef HEYHI_TOOLS_DELAY_QUEUE_H_
#define HEYHI_TOOLS_DELAY_QUEUE_H_

#include <map>
#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "serving/http_server.h"
#include "serving/mutex.h"

namespace heyhi {

// Answers requests later, without blocking a server thread. Thread-safe; has one
// thread of its own. Must outlive the servers whose requests it holds.
class DelayQueue {
 public:
  DelayQueue();
  // Gives up what is still waiting: those requests are not answered by it.
  ~DelayQueue();
  DelayQueue(const DelayQueue&) = delete;
  DelayQueue& operator=(const DelayQueue&) = delete;

  // At `due` sends `response`, or a TCP reset where there is none. What is due
  // already is answered before the call returns.
  void Answer(absl::Time due, Responder responder, std::optional<ServerResponse> response);

 private:
  struct Reply {
    Responder responder;
    std::optional<ServerResponse> response;
  };

  void Run();
  static void Deliver(Reply reply);

  Mutex mutex_;
  Condition changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::multimap<absl::Time, Reply> replies_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace heyhi

#endif  // HEYHI_TOOLS_DELAY_QUEUE_H_
