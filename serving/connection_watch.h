#ifndef HEYHI_SERVING_CONNECTION_WATCH_H_
#define HEYHI_SERVING_CONNECTION_WATCH_H_

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "serving/connection_guard.h"
#include "serving/mutex.h"

namespace heyhi {

// A ConnectionGuard on the real clock, with a thread that shuts sockets down when their
// deadline has passed; whoever reads or writes them then closes them. Thread-safe.
class ConnectionWatch {
 public:
  explicit ConnectionWatch(const ConnectionLimits& limits) : guard_(limits) {}
  ~ConnectionWatch();

  // Starts the thread; fails where the system has none left.
  absl::Status Start();

  bool Admits(const sockaddr* address);
  void Open(int fd, const sockaddr* address);
  void Enter(int fd, ConnectionGuard::Phase phase);
  // To be called before the socket is closed: its number may be another's then.
  void Close(int fd);

  // Shuts down those between two requests, and each as soon as it comes there.
  void ShutDownIdle();
  // Waits until none is open, at most for `limit`.
  void WaitUntilEmpty(absl::Duration limit);

 private:
  void Run();

  Mutex mutex_;
  ConnectionGuard guard_ ABSL_GUARDED_BY(mutex_);
  absl::Duration wakes_at_ ABSL_GUARDED_BY(mutex_) = absl::ZeroDuration();
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  Condition changed_;
  std::thread thread_;
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_CONNECTION_WATCH_H_
