#include "serving/stop_signals.h"

#include <pthread.h>

namespace heyhi {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

std::string StopSignals::Wait() const {
  int received = 0;
  sigwait(&signals_, &received);
  return received == SIGINT ? "SIGINT" : "SIGTERM";
}

}  // namespace heyhi
