#include "serving/thread.h"

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

}  // namespace heyhi
