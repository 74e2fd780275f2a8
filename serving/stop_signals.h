#ifndef HEYHI_SERVING_STOP_SIGNALS_H_
#define HEYHI_SERVING_STOP_SIGNALS_H_

#include <csignal>
#include <string>

namespace heyhi {

// SIGINT and SIGTERM as something to wait for. Made while the program has one
// thread: it blocks them there, and every later thread inherits that; it also
// ignores SIGPIPE, since a client that has gone is no reason to end.
class StopSignals {
 public:
  StopSignals();

  // Blocks until one of them arrives; returns its name.
  std::string Wait() const;

 private:
  sigset_t signals_;
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_STOP_SIGNALS_H_
