#ifndef HEYHI_TOOLS_LATENCY_H_
#define HEYHI_TOOLS_LATENCY_H_

#include <random>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

// How long the provider emulator lets an answer wait.

namespace heyhi {

// One of three shapes, written as
//   "0", "250ms"     always the same
//   "100ms..900ms"   uniform between the two
//   "250ms/700ms"    lognormal with this median and this 95th percentile
// No wait is longer than kMax. A value; thread-compatible.
class Latency {
 public:
  static constexpr absl::Duration kMax = absl::Minutes(10);

  Latency() = default;  // no wait

  // The error names `text` and what is accepted.
  static absl::StatusOr<Latency> Parse(const std::string& text);

  // The next wait; equal seeds give equal waits.
  absl::Duration Draw(std::mt19937_64& random) const;

  const std::string& text() const { return text_; }

 private:
  enum class Shape { kFixed, kUniform, kLognormal };

  Latency(Shape shape, absl::Duration first, absl::Duration second, std::string text);

  Shape shape_ = Shape::kFixed;
  absl::Duration first_;   // fixed wait, lower bound or median
  absl::Duration second_;  // upper bound or 95th percentile
  std::string text_ = "0";
};

}  // namespace heyhi

#endif  // HEYHI_TOOLS_LATENCY_H_
