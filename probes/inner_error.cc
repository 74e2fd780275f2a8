#include "probes/inner_error.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace heyhi {
namespace {

// docs/errors.md lists these words; a test ties the two.
constexpr std::string_view kOverload[] = {"overloaded_error", "server_is_overloaded", "529", "3505",
                                          "insufficient_system_resource"};
constexpr std::string_view kRateLimit[] = {"rate_limit_error",   "rate_limit_exceeded",
                                           "RESOURCE_EXHAUSTED", "429",
                                           "rate_limited",       "1300",
                                           "ThrottlingException"};
constexpr std::string_view kUnknownKey[] = {"authentication_error", "invalid_api_key",
                                            "UNAUTHENTICATED", "401"};
constexpr std::string_view kRightsOrCredit[] = {
    "permission_error", "insufficient_quota", "billing_error", "PERMISSION_DENIED", "402", "403"};
constexpr std::string_view kAccountWords[] = {"insufficient_quota", "billing_error",
                                              "invalid_api_key"};
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
  if (!absl::SimpleAtoi(text, &number) || number < 500) return false;
  return number < 1000 || number >= 2000;  // Mistral's 1000 to 1999 blame the caller
}

}  // namespace

InnerError ClassifyInnerError(const ErrorBody& error) {
  const bool unavailable = error.status == "UNAVAILABLE" || error.code == "UNAVAILABLE";
  if (Says(error, kOverload) || (unavailable && absl::StrContains(error.text, "overloaded"))) {
    return {ErrorType::k5xx, Reason::kInStreamOverloaded};
  }
  // A status number says less than a word beside it: 429 is also an empty account.
  const bool rate_limit = Says(error, kRateLimit);
  const bool unknown_key = Says(error, kUnknownKey);
  const bool lacks_rights = Says(error, kRightsOrCredit);
  if (Says(error, kAccountWords) || (!rate_limit && (unknown_key || lacks_rights))) {
    return {ErrorType::kAuth, Reason::kInStreamError, unknown_key && !lacks_rights};
  }
  if (rate_limit) return {ErrorType::kRateLimit, Reason::kInStreamRateLimit};
  if (Says(error, kServer) || unavailable || IsServerNumber(error.code) ||
      IsServerNumber(error.status)) {
    return {ErrorType::k5xx, Reason::kInStreamError};
  }
  return {ErrorType::kOther, Reason::kInStreamError};
}

}  // namespace heyhi
