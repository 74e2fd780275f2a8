#include "serving/thread.h"

#include <sys/resource.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace heyhi {

absl::Status StartThread(std::thread* thread, std::function<void()> body) {
  try {
    *thread = std::thread(std::move(body));
  } catch (const std::system_error& error) {  // a limit on threads
    return absl::ResourceExhaustedError(absl::StrCat("cannot start a thread: ", error.what()));
  }
  return absl::OkStatus();
}

void GiveWayToOthers() {
  thread_local bool gives_way = false;
  if (std::exchange(gives_way, true)) return;
  constexpr int kNicer = 5;
  errno = 0;
  const int nice = getpriority(PRIO_PROCESS, 0);  // of this thread, in Linux
  if (errno == 0) setpriority(PRIO_PROCESS, 0, nice + kNicer);
}

}  // namespace heyhi
