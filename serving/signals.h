#ifndef HEYHI_SERVING_SIGNALS_H_
#define HEYHI_SERVING_SIGNALS_H_

#include <csignal>
#include <initializer_list>
#include <string>

#include "absl/time/time.h"

namespace heyhi {

// Signals as something to wait for. Made while the program has one thread: it blocks them
// there, and every later thread inherits that; it also ignores SIGPIPE, since a client that
// has gone is no reason to end.
class Signals {
 public:
  explicit Signals(std::initializer_list<int> wanted);

  // Blocks until one of them arrives; returns its number.
  int Wait() const;
  // The same; 0 where none has come after `longest`.
  int WaitFor(absl::Duration longest) const;

 private:
  sigset_t set_;
};

// "SIGTERM".
std::string SignalName(int number);

}  // namespace heyhi

#endif  // HEYHI_SERVING_SIGNALS_H_
