#include "probes/rate_limit_headroom.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/strings/numbers.h"

namespace heyhi {
namespace {

struct LimitHeaders {
  std::string_view limit;
  std::string_view remaining;
};

constexpr LimitHeaders kRequests[] = {
    // OpenAI, Groq, Azure.
    {"x-ratelimit-limit-requests", "x-ratelimit-remaining-requests"},
    // Mistral.
    {"x-ratelimit-limit-req-10-second", "x-ratelimit-remaining-req-10-second"},
    {"anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining"},
    // Cohere.
    {"x-trial-endpoint-call-limit", "x-trial-endpoint-call-remaining"},
};

constexpr LimitHeaders kTokens[] = {
    // OpenAI, Groq, Azure.
    {"x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens"},
    // Mistral.
    {"x-ratelimit-limit-tokens-minute", "x-ratelimit-remaining-tokens-minute"},
    {"x-ratelimit-limit-tokens-month", "x-ratelimit-remaining-tokens-month"},
    {"anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining"},
    {"anthropic-ratelimit-input-tokens-limit", "anthropic-ratelimit-input-tokens-remaining"},
    {"anthropic-ratelimit-output-tokens-limit", "anthropic-ratelimit-output-tokens-remaining"},
};

// The number in the one header of that name.
std::optional<std::int64_t> OnlyNumber(const HttpExchange& exchange, std::string_view name) {
  const std::string* value = nullptr;
  for (const auto& header : exchange.headers) {
    if (header.first != name) continue;
    if (value != nullptr) return std::nullopt;
    value = &header.second;
  }
  std::int64_t number = 0;
  if (value == nullptr || value->find_first_not_of("0123456789") != std::string::npos ||
      !absl::SimpleAtoi(*value, &number)) {
    return std::nullopt;
  }
  return number;
}

template <std::size_t size>
std::optional<double> Tightest(const HttpExchange& exchange, const LimitHeaders (&limits)[size]) {
  std::optional<double> tightest;
  for (const LimitHeaders& headers : limits) {
    const auto limit = OnlyNumber(exchange, headers.limit);
    const auto remaining = OnlyNumber(exchange, headers.remaining);
    if (!limit.has_value() || !remaining.has_value() || *limit == 0) continue;
    const double ratio = static_cast<double>(*remaining) / static_cast<double>(*limit);
    tightest = std::min(ratio, tightest.value_or(1));
  }
  return tightest;
}

}  // namespace

RateLimitHeadroom ReadHeadroom(const HttpExchange& exchange) {
  return {Tightest(exchange, kRequests), Tightest(exchange, kTokens)};
}

}  // namespace heyhi
