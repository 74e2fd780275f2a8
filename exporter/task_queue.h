#ifndef HEYHI_EXPORTER_TASK_QUEUE_H_
#define HEYHI_EXPORTER_TASK_QUEUE_H_

#include <deque>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "serving/mutex.h"

namespace heyhi {

// What other threads want done by the one that runs a loop. Thread-safe.
class TaskQueue {
 public:
  // Called once: with true on the loop's thread, or with false where the loop has ended.
  using Task = std::function<void(bool running)>;

  // Where the loop has ended, `task` is called before this returns.
  void Post(Task task);
  // Calls what was posted. With false the loop has ended, and takes no more.
  void Run(bool running);

 private:
  Mutex mutex_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_TASK_QUEUE_H_
