#include "serving/signals.h"

#include <pthread.h>

#include <algorithm>
#include <cstring>
#include <ctime>

#include "absl/strings/str_cat.h"

namespace heyhi {

Signals::Signals(std::initializer_list<int> wanted) {
  sigemptyset(&set_);
  for (const int number : wanted) sigaddset(&set_, number);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int Signals::Wait() const {
  int received = 0;
  sigwait(&set_, &received);
  return received;
}

int Signals::WaitFor(absl::Duration longest) const {
  if (longest == absl::InfiniteDuration()) return Wait();
  const timespec time = absl::ToTimespec(longest);
  return std::max(sigtimedwait(&set_, nullptr, &time), 0);
}

std::string SignalName(int number) {
  const char* name = sigabbrev_np(number);
  return name == nullptr ? absl::StrCat("signal ", number) : absl::StrCat("SIG", name);
}

}  // namespace heyhi
