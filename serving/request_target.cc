#include "serving/request_target.h"

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace heyhi {
namespace {

constexpr std::size_t kMaxBytes = 8192;

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

absl::StatusOr<std::string> Decode(std::string_view text, bool plus_is_space) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const auto high = i + 2 < text.size() ? HexDigit(text[i + 1]) : std::nullopt;
      const auto low = high.has_value() ? HexDigit(text[i + 2]) : std::nullopt;
      if (!low.has_value()) {
        return absl::InvalidArgumentError("a % is not followed by two hex digits");
      }
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError("control characters are not accepted in a URL");
    }
    result.push_back(c);
  }
  return result;
}

std::vector<std::string> SplitPairs(std::string_view query) {
  return absl::StrSplit(std::string(query), '&', absl::SkipEmpty());
}

}  // namespace

absl::StatusOr<RequestTarget> ParseRequestTarget(std::string_view text) {
  if (text.size() > kMaxBytes) return absl::InvalidArgumentError("the URL is too long");
  if (text.empty() || text.front() != '/') {
    return absl::InvalidArgumentError("the request must name a path that begins with /");
  }
  RequestTarget target;
  const std::size_t question = text.find('?');
  target.raw_path = std::string(text.substr(0, question));
  auto path = Decode(target.raw_path, /*plus_is_space=*/false);
  if (!path.ok()) return path.status();
  target.path = *std::move(path);
  if (question == std::string_view::npos) return target;

  for (const std::string& pair : SplitPairs(text.substr(question + 1))) {
    const std::size_t equals = pair.find('=');
    auto name = Decode(std::string_view(pair).substr(0, equals), /*plus_is_space=*/true);
    if (!name.ok()) return name.status();
    auto value = Decode(equals == std::string::npos ? "" : pair.substr(equals + 1),
                        /*plus_is_space=*/true);
    if (!value.ok()) return value.status();
    target.query[*std::move(name)] = *std::move(value);
  }
  return target;
}

}  // namespace heyhi
