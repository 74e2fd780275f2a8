#include "probes/inner_error.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace heyhi {
namespace {

// docs/errors.md lists these words; a test ties the two.
constexpr std::string_view kOverload[] = {"overloaded_error", "server_is_overloaded", "529",
                                          "3505"};
constexpr std::string_view kRateLimit[] = {
    "rate_limit_error", "rate_limit_exceeded", "RESOURCE_EXHAUSTED", "429", "rate_limited", "1300"};
constexpr std::string_view kAuth[] = {"authentication_error",
                                      "permission_error",
                                      "invalid_api_key",
                                      "insufficient_quota",
                                      "401",
                                      "402",
                                      "403"};
constexpr std::string_view kServer[] = {"server_error", "api_error", "internal_server_error",
                                        "INTERNAL",     "ERROR",     "TIMEOUT"};

template <std::size_t size>
bool Says(const ErrorBody& error, const std::string_view (&words)[size]) {
  return std::any_of(std::begin(words), std::end(words), [&error](std::string_view word) {
    return error.type == word || error.code == word || error.status == word;
  });
}

bool IsServerNumber(const std::string& text) {
  int number = 0;
  return absl::SimpleAtoi(text, &number) && number >= 500 && number < 600;
}

}  // namespace

InnerError ClassifyInnerError(const ErrorBody& error) {
  const bool unavailable = error.status == "UNAVAILABLE" || error.code == "UNAVAILABLE";
  if (Says(error, kOverload) || (unavailable && absl::StrContains(error.text, "overloaded"))) {
    return {ErrorType::k5xx, Reason::kInStreamOverloaded};
  }
  if (Says(error, kRateLimit)) return {ErrorType::kRateLimit, Reason::kInStreamRateLimit};
  if (Says(error, kAuth)) return {ErrorType::kAuth, Reason::kInStreamError};
  if (Says(error, kServer) || unavailable || IsServerNumber(error.code) ||
      IsServerNumber(error.status)) {
    return {ErrorType::k5xx, Reason::kInStreamError};
  }
  return {ErrorType::kOther, Reason::kInStreamError};
}

}  // namespace heyhi
