#include "tools/latency.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

// The 95th percentile of the standard normal distribution.
constexpr double kP95 = 1.6448536269514722;

absl::Status InvalidLatency(const std::string& text, const std::string& why) {
  return absl::InvalidArgumentError(
      absl::StrCat("latency \"", text, "\": ", why,
                   "; accepted are \"250ms\" (fixed), \"100ms..900ms\" (uniform) and "
                   "\"250ms/700ms\" (lognormal: median/p95)"));
}

bool ParsePart(const std::string& text, absl::Duration* duration) {
  return absl::ParseDuration(text, duration) && *duration >= absl::ZeroDuration() &&
         *duration <= Latency::kMax;
}

}  // namespace

Latency::Latency(Shape shape, absl::Duration first, absl::Duration second, std::string text)
    : shape_(shape), first_(first), second_(second), text_(std::move(text)) {}

absl::StatusOr<Latency> Latency::Parse(const std::string& text) {
  Shape shape = Shape::kFixed;
  std::string first_text = text;
  std::string second_text = text;
  if (const auto dots = text.find(".."); dots != std::string::npos) {
    shape = Shape::kUniform;
    first_text = text.substr(0, dots);
    second_text = text.substr(dots + 2);
  } else if (const auto slash = text.find('/'); slash != std::string::npos) {
    shape = Shape::kLognormal;
    first_text = text.substr(0, slash);
    second_text = text.substr(slash + 1);
  }
  absl::Duration first;
  absl::Duration second;
  if (!ParsePart(first_text, &first) || !ParsePart(second_text, &second)) {
    return InvalidLatency(text, absl::StrCat("expected durations from 0 to ",
                                             absl::FormatDuration(kMax), ", with their unit"));
  }
  if (second < first) return InvalidLatency(text, "the second duration is below the first");
  if (shape == Shape::kLognormal && first == absl::ZeroDuration()) {
    return InvalidLatency(text, "the median must be above 0");
  }
  return Latency(shape, first, second, text);
}

absl::Duration Latency::Draw(std::mt19937_64& random) const {
  switch (shape_) {
    case Shape::kFixed:
      return first_;
    case Shape::kUniform: {
      std::uniform_real_distribution<double> share(0, 1);
      return first_ + (second_ - first_) * share(random);
    }
    case Shape::kLognormal: {
      const double sigma = std::log(absl::FDivDuration(second_, first_)) / kP95;
      std::normal_distribution<double> normal(0, 1);
      return std::min(first_ * std::exp(sigma * normal(random)), kMax);
    }
  }
  return first_;
}

}  // namespace heyhi
