#include "probes/retry_after.h"

#include <string>

#include "absl/strings/numbers.h"
#include "probes/http_date.h"
#include "probes/json.h"

namespace heyhi {
namespace {

constexpr absl::Duration kLongest = absl::Hours(24);

std::optional<absl::Duration> Believable(absl::Duration wait) {
  if (wait <= absl::ZeroDuration() || wait > kLongest) return std::nullopt;
  return wait;
}

// In `unit`s, perhaps with a fraction, as some send it.
std::optional<absl::Duration> ReadNumber(const std::string& text, absl::Duration unit) {
  double number = 0;
  // The comparison is false for "nan" too; "inf" is more than a day.
  if (!absl::SimpleAtod(text, &number) || !(number >= 0)) return std::nullopt;
  return number * unit;
}

// {"error": {"details": [{"retryDelay": "35s"}]}}; Google's compatible route wraps it
// in a list.
std::optional<absl::Duration> ReadRetryInfo(const std::string& body) {
  const std::optional<JsonDocument> document = JsonDocument::Parse(body);
  if (!document.has_value()) return std::nullopt;
  const JsonView root = document->root();
  const JsonView details = (root.IsArray() ? root.At(0) : root)["error"]["details"];
  for (std::size_t i = 0; i < details.size(); ++i) {
    absl::Duration delay;
    const std::string text = details.At(i)["retryDelay"].StringOrEmpty();
    if (!text.empty() && absl::ParseDuration(text, &delay)) return delay;
  }
  return std::nullopt;
}

}  // namespace

std::optional<absl::Duration> ReadRetryAfter(const HttpExchange& exchange, absl::Time now) {
  if (const auto wait = ReadNumber(exchange.Header("retry-after-ms"), absl::Milliseconds(1))) {
    return Believable(*wait);
  }
  const std::string header = exchange.Header("retry-after");
  if (const auto seconds = ReadNumber(header, absl::Seconds(1))) return Believable(*seconds);
  if (const auto date = ParseHttpDate(header)) {
    return Believable(*date - ParseHttpDate(exchange.Header("date")).value_or(now));
  }
  if (!header.empty()) return std::nullopt;
  if (const auto wait = ReadRetryInfo(exchange.body)) return Believable(*wait);
  return std::nullopt;
}

}  // namespace heyhi
