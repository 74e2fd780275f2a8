#ifndef HEYHI_SERVING_LOG_LIMITER_H_
#define HEYHI_SERVING_LOG_LIMITER_H_

#include <cstdint>
#include <map>
#include <optional>
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
  // A message that is not heard of for so long is told of without waiting for its next line.
  static constexpr absl::Duration kQuiet = absl::Seconds(10);

  // Nothing where a line of that message is left out now. Else the number of those that were
  // left out since the last one that was admitted: they are told of once. A clock that goes
  // back costs a pause at most.
  std::optional<std::uint64_t> Admit(const std::string& message, absl::Time now);

  struct LeftOut {
    std::string message;
    std::uint64_t lines = 0;
  };
  // Those left out, of messages that have been quiet; each is told of once.
  std::vector<LeftOut> TakeLeftOut(absl::Time now);

 private:
  struct Bucket {
    double lines = kBurst;  // that it still admits
    absl::Time seen;
    std::uint64_t left_out = 0;
  };

  std::map<std::string, Bucket> buckets_;
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_LOG_LIMITER_H_
