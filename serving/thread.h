#ifndef HEYHI_SERVING_THREAD_H_
#define HEYHI_SERVING_THREAD_H_

#include <functional>
#include <thread>

#include "absl/status/status.h"

namespace heyhi {

// Starts `body` on a thread, which *thread then holds; the caller joins it. An error where
// the system has no thread left, with the system's word for it: std::thread throws there.
absl::Status StartThread(std::thread* thread, std::function<void()> body);

// Makes the calling thread leave the processor to others of this process that want it, as
// by nice(1). Does nothing from the second call on.
void GiveWayToOthers();

}  // namespace heyhi

#endif  // HEYHI_SERVING_THREAD_H_
