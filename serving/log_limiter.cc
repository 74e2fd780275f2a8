#include "serving/log_limiter.h"

#include <algorithm>
#include <utility>

namespace heyhi {

void LogLimiter::Fill(absl::Time now, Bucket* bucket) {
  const double seconds = std::max(absl::ToDoubleSeconds(now - bucket->filled), 0.0);
  bucket->lines = std::min(bucket->lines + seconds * kPerSecond, kBurst);
  bucket->filled = now;
}

bool LogLimiter::Admit(const std::string& message, absl::Time now) {
  Bucket& bucket = buckets_.try_emplace(message, Bucket{kBurst, now}).first->second;
  Fill(now, &bucket);
  if (bucket.lines < 1) {
    ++bucket.left_out;
    return false;
  }
  bucket.lines -= 1;
  return true;
}

std::vector<LogLimiter::LeftOut> LogLimiter::TakeLeftOut(absl::Time now) {
  std::vector<LeftOut> all;
  for (auto& [message, bucket] : buckets_) {
    if (bucket.left_out == 0) continue;
    Fill(now, &bucket);
    // The line that tells of them takes a place as any other.
    if (bucket.lines < 1) continue;
    bucket.lines -= 1;
    all.push_back({message, std::exchange(bucket.left_out, 0)});
  }
  return all;
}

}  // namespace heyhi
