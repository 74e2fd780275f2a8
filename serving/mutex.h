#ifndef HEYHI_SERVING_MUTEX_H_
#define HEYHI_SERVING_MUTEX_H_

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace heyhi {

// std::mutex with Abseil's thread annotations. Not absl::Mutex: Debian's build of
// it is not instrumented, so ThreadSanitizer takes every use for a race.
class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_->Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

// A condition variable that goes with Mutex. Waits may end early, as usual.
class Condition {
 public:
  // Gives `mutex` up while it waits, at most for `timeout`.
  void WaitFor(Mutex* mutex, absl::Duration timeout) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    // Bounded: the standard library overflows on "for ever".
    const absl::Duration bounded = std::min(timeout, absl::Hours(1));
    condition_.wait_for(lock, absl::ToChronoNanoseconds(bounded));
    lock.release();
  }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_MUTEX_H_
