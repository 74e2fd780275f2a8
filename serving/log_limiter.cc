#include "serving/log_limiter.h"

#include <algorithm>
#include <utility>

namespace heyhi {

std::optional<std::uint64_t> LogLimiter::Admit(const std::string& message, absl::Time now) {
  Bucket& bucket = buckets_.try_emplace(message, Bucket{kBurst, now}).first->second;
  const double seconds = std::max(absl::ToDoubleSeconds(now - bucket.seen), 0.0);
  bucket.lines = std::min(bucket.lines + seconds * kPerSecond, kBurst);
  bucket.seen = now;
  if (bucket.lines < 1) {
    ++bucket.left_out;
    return std::nullopt;
  }
  bucket.lines -= 1;
  return std::exchange(bucket.left_out, 0);
}

std::vector<LogLimiter::LeftOut> LogLimiter::TakeLeftOut(absl::Time now) {
  std::vector<LeftOut> all;
  for (auto& [message, bucket] : buckets_) {
    if (bucket.left_out == 0 || now - bucket.seen < kQuiet) continue;
    all.push_back({message, std::exchange(bucket.left_out, 0)});
  }
  return all;
}

}  // namespace heyhi
