#ifndef HEYHI_SERVING_LOG_LIMITER_H_
#define HEYHI_SERVING_LOG_LIMITER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace heyhi {

// Decides which log lines are written where many say the same: of each message kBurst at
// once, and kPerSecond after that. Messages are few, and ours. Thread-compatible.
class LogLimiter {
 public:
  static constexpr double kBurst = 100;
  static constexpr double kPerSecond = 1;

  // Whether a line of that message is written now; one that is not is counted. A clock that
  // goes back costs a pause at most.
  bool Admit(const std::string& message, absl::Time now);

  struct LeftOut {
    std::string message;
    std::uint64_t lines = 0;
  };
  // Of messages that would be admitted again: how many lines were not, since the last call
  // that told of them.
  std::vector<LeftOut> TakeLeftOut(absl::Time now);

 private:
  struct Bucket {
    double lines = kBurst;  // that it still admits
    absl::Time filled;
    std::uint64_t left_out = 0;
  };

  static void Fill(absl::Time now, Bucket* bucket);

  std::map<std::string, Bucket> buckets_;
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_LOG_LIMITER_H_
