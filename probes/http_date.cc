#include "probes/http_date.h"

namespace heyhi {

std::optional<absl::Time> ParseHttpDate(const std::string& text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", text, &time, &error)) return std::nullopt;
  return time;
}

}  // namespace heyhi
