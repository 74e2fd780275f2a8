// The answers of the providers with protocols or words of their own.
#include "absl/strings/str_cat.h"
#include "tests/probes/rule_cases.h"

namespace heyhi {
namespace {

constexpr ErrorRules kAnthropic = ErrorRules::kAnthropic;
constexpr ErrorRules kGemini = ErrorRules::kGemini;
constexpr ErrorRules kCohere = ErrorRules::kCohere;
constexpr ErrorRules kMistral = ErrorRules::kMistral;

// Anthropic's form: a type, and what else there is.
std::string Typed(const std::string& type, const std::string& more = "") {
  return absl::StrCat(R"({"type":"error","error":{"type":")", type, "\"", more, "}}");
}

// Google's form.
std::string Google(int code, const std::string& status, const std::string& message,
                   const std::string& details = "") {
  const std::string list = details.empty() ? "" : absl::StrCat(",\"details\":[", details, "]");
  return ErrorOf(absl::StrCat("\"code\":", code, ",\"message\":\"", message, "\",\"status\":\"",
                              status, "\"", list));
}

std::string Quota(const std::string& id) {
  return absl::StrCat(R"({"@type":"google.rpc.QuotaFailure","violations":[{"quotaId":")", id,
                      R"("}]})");
}

RuleCaseExtras InOpenAiChat() { return {.dialect = "openai_chat"}; }

}  // namespace

std::vector<RuleCase> AnthropicAccountCases() {
  const auto details = [](const std::string& code) {
    return absl::StrCat(R"(,"details":{"error_code":")", code, "\"}");
  };
  return {
      {"SpendLimit", kAnthropic, 429,
       Typed("rate_limit_error", details("enforced_spend_limit_reached")), "A1", "billing_quota"},
      {"ContractSpendLimit", kAnthropic, 429,
       Typed("rate_limit_error", details("contract_spend_limit_reached")), "A1", "billing_quota"},
      {"LinkedSpendLimit", kAnthropic, 403,
       Typed("x", details("linked_organization_spend_limit_reached")), "A1", "billing_quota"},
      {"Billing", kAnthropic, 400, Typed("billing_error"), "A1", "billing_quota"},
      {"RampLimit", kAnthropic, 429, Typed("rate_limit_error", details("ramp_limit_exceeded")),
       "A2", "ramp_up"},
      {"CreditBalance", kAnthropic, 400,
       Typed("invalid_request_error", R"(,"message":"Your Credit balance is too low to")"), "A3",
       "billing_quota"},
      {"UsageLimits", kAnthropic, 400,
       Typed("x", R"(,"message":"You have reached your specified API usage limits.")"), "A3",
       "billing_quota"},
      {"AnthropicNoKeySent", kAnthropic, 401, Typed("authentication_error"), "A4", "missing_key",
       NoKey()},
      {"AnthropicBadKey", kAnthropic, 401, "", "A4", "invalid_key"},
      {"AnthropicBadKeyByType", kAnthropic, 400, Typed("authentication_error"), "A4",
       "invalid_key"},
  };
}

std::vector<RuleCase> AnthropicRuleCases() {
  return {
      {"AnthropicCountry", kAnthropic, 403, Typed("forbidden"), "A5", "geo_blocked"},
      {"AnthropicPermission", kAnthropic, 403, Typed("permission_error"), "A6",
       "permission_denied"},
      {"AnthropicRetired", kAnthropic, 404, Typed("not_found_error", R"(,"message":"model: x")"),
       "A7", "model_retired", AskedFor("claude-3-haiku-20240307")},
      {"AnthropicRetiredByTheText", kAnthropic, 404,
       Typed("not_found_error", R"(,"message":"model: claude-3-haiku-20240307")"), "A7",
       "model_retired", AskedFor("")},
      {"AnthropicUnknownModel", kAnthropic, 404,
       Typed("not_found_error", R"(,"message":"model: claude-x")"), "A7", "model_not_found"},
      {"AnthropicWrongPath", kAnthropic, 404, Typed("not_found_error", R"(,"message":"Not Found")"),
       "F5", "wrong_url"},
      {"AnthropicOverloaded", kAnthropic, 500, Typed("overloaded_error"), "A8", "overloaded"},
      {"AnthropicTokens", kAnthropic, 429,
       Typed("rate_limit_error", R"(,"message":"of 40,000 input Tokens per minute")"), "A9", "tpm"},
      {"AnthropicRequests", kAnthropic, 429,
       Typed("rate_limit_error", R"(,"message":"of 50 requests per minute")"), "A9", "rpm"},
      {"AnthropicOtherDetail", kAnthropic, 429,
       Typed("rate_limit_error", R"(,"details":{"error_code":"x"})"), "A9", "rpm"},
      {"AnthropicInternal", kAnthropic, 500, Typed("api_error"), "F10", "server_error"},
      {"AnthropicCapacityIsGroqs", kAnthropic, 498, "{}", "F11", "unexpected_status"},
  };
}

std::vector<RuleCase> GeminiRuleCases() {
  const std::string bad_key = R"({"@type":"google.rpc.ErrorInfo","reason":"API_KEY_INVALID"})";
  return {
      {"GeminiBadKey", kGemini, 400, Google(400, "INVALID_ARGUMENT", "API key", bad_key), "G1",
       "invalid_key"},
      {"GeminiBadKeyAmongDetails", kGemini, 403,
       Google(403, "PERMISSION_DENIED", "x", "null,{\"reason\":7}," + bad_key), "G1",
       "invalid_key"},
      {"GeminiCountry", kGemini, 400,
       Google(400, "FAILED_PRECONDITION", "User Location is not supported"), "G2", "geo_blocked"},
      {"GeminiOtherPrecondition", kGemini, 400, Google(400, "FAILED_PRECONDITION", "enable it"),
       "F1", "bad_request_param"},
      {"GeminiKeyAsBearer", kGemini, 401,
       Google(401, "UNAUTHENTICATED", "x", R"({"reason":"ACCESS_TOKEN_TYPE_UNSUPPORTED"})"), "G3",
       "invalid_key"},
      {"GeminiUnauthorizedWithoutKey", kGemini, 401, Google(401, "UNAUTHENTICATED", "x"), "F2",
       "missing_key", NoKey()},
      {"GeminiNoKey", kGemini, 403,
       Google(403, "PERMISSION_DENIED", "Method doesn't allow UNREGISTERED callers"), "G4",
       "missing_key"},
      {"GeminiDisabled", kGemini, 403,
       Google(403, "PERMISSION_DENIED", "x", R"({"reason":"SERVICE_DISABLED"})"), "G5",
       "permission_denied"},
      {"GeminiForbiddenWithoutWords", kGemini, 403, "{}", "G5", "permission_denied"},
      {"GeminiRetired", kGemini, 404, Google(404, "NOT_FOUND", "x is not found"), "G6",
       "model_retired", AskedFor("models/gemini-1.5-flash")},
      {"GeminiRetiredByTheText", kGemini, 404,
       Google(404, "NOT_FOUND", "models/gemini-1.5-flash is not found for API version"), "G6",
       "model_retired", AskedFor("")},
      {"GeminiUnknownModel", kGemini, 404, Google(404, "NOT_FOUND", "models/x is not found"), "G6",
       "model_not_found"},
      {"GeminiRetiresLater", kGemini, 404, Google(404, "NOT_FOUND", "x"), "G6", "model_not_found",
       AskedFor("gemini-2.5-pro")},
      {"GeminiWrongPath", kGemini, 404, "{}", "F5", "wrong_url"},
      {"GeminiOverloaded", kGemini, 503, Google(503, "UNAVAILABLE", "The model is Overloaded"),
       "G8", "overloaded"},
      {"GeminiUnavailable", kGemini, 503, Google(503, "UNAVAILABLE", "try later"), "F9",
       "unavailable"},
      {"GeminiNoCredit", kGemini, 402, Google(402, "RESOURCE_EXHAUSTED", "prepayment"), "E13",
       "billing_quota"},
  };
}

// The message does not count: it speaks of billing for every limit.
std::vector<RuleCase> GeminiQuotaCases() {
  const auto limit = [](const std::string& details) {
    return Google(429, "RESOURCE_EXHAUSTED", "check your plan and billing details", details);
  };
  return {
      {"GeminiPerDay", kGemini, 429,
       limit(Quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier")), "G7", "rpd"},
      {"GeminiTokens", kGemini, 429,
       limit(Quota("GenerateContentInputTokensPerModelPerMinute-FreeTier")), "G7", "tpm"},
      {"GeminiTokensPerDay", kGemini, 429, limit(Quota("TokensPerDayPerModel")), "G7", "rpd"},
      {"GeminiPerMinute", kGemini, 429,
       limit(Quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier")), "G7", "rpm"},
      {"GeminiSeveralLimits", kGemini, 429,
       limit(Quota("InputTokensPerMinute") + "," + Quota("RequestsPerDay")), "G7", "rpd"},
      {"GeminiLimitWithoutDetails", kGemini, 429, limit(""), "G7", "rpm"},
      {"GeminiLimitWithOddDetails", kGemini, 429,
       limit(R"({"violations":{"quotaId":"PerDay"}},{"violations":[null,{"quotaId":7}]})"), "G7",
       "rpm"},
      {"GeminiLimitWithoutWords", kGemini, 429, "", "G7", "rpm"},
  };
}

// Google's OpenAI-compatible route: its own words, often in an array, or OpenAI's.
std::vector<RuleCase> GeminiCompatibleCases() {
  const auto wrapped = [](const std::string& body) { return "[" + body + "]"; };
  return {
      {"CompatibleBadKey", kGemini, 400,
       wrapped(Google(400, "INVALID_ARGUMENT", "x", R"({"reason":"API_KEY_INVALID"})")), "G1",
       "invalid_key", InOpenAiChat()},
      {"CompatibleBadKeyWithoutStatus", kGemini, 400,
       wrapped(ErrorOf(R"("details":[{"reason":"API_KEY_INVALID"}])")), "G1", "invalid_key",
       InOpenAiChat()},
      {"CompatibleLimitWithoutStatus", kGemini, 429,
       wrapped(ErrorOf(R"("message":"tokens per minute","details":[{"retryDelay":"35s"}])")), "G7",
       "rpm", InOpenAiChat()},
      {"CompatibleLimitInOpenAisWords", kGemini, 429,
       ErrorOf(R"("message":"tokens per minute","details":[])"), "O12", "tpm", InOpenAiChat()},
      {"CompatibleForbidden", kGemini, 403, Google(403, "PERMISSION_DENIED", "x"), "G5",
       "permission_denied", InOpenAiChat()},
      {"CompatibleUnknownModel", kGemini, 404, wrapped(Google(404, "NOT_FOUND", "x")), "G6",
       "model_not_found", InOpenAiChat()},
      {"CompatibleLimit", kGemini, 429,
       wrapped(Google(429, "RESOURCE_EXHAUSTED", "tokens per minute", Quota("PerDay"))), "G7",
       "rpd", InOpenAiChat()},
      {"CompatibleNoKeySent",
       kGemini,
       401,
       Google(401, "UNAUTHENTICATED", "x"),
       "O3",
       "missing_key",
       {.key_sent = false, .dialect = "openai_chat"}},
      {"CompatibleInOpenAisWords", kGemini, 429, ErrorOf(R"("code":"insufficient_quota")"), "O1",
       "billing_quota", InOpenAiChat()},
      {"CompatibleModelInOpenAisWords", kGemini, 404,
       wrapped(ErrorOf(R"("code":404,"message":"The model is not found")")), "O8",
       "model_not_found", InOpenAiChat()},
      {"CompatibleBadKeyWithoutWords", kGemini, 401, "", "O4", "invalid_key", InOpenAiChat()},
      {"CompatibleForbiddenWithoutWords", kGemini, 403, "{}", "F3", "permission_denied",
       InOpenAiChat()},
  };
}

std::vector<RuleCase> CohereRuleCases() {
  const auto message = [](const std::string& text) {
    return absl::StrCat(R"({"id":"x","message":")", text, "\"}");
  };
  return {
      {"CohereNoKey", kCohere, 401, message("No API key supplied"), "C1", "missing_key"},
      {"CohereNoKeySent", kCohere, 401, message("x"), "C1", "missing_key", NoKey()},
      {"CohereBadKey", kCohere, 401, message("invalid api token"), "C2", "invalid_key"},
      {"CohereInvalidToken", kCohere, 498, message("invalid token"), "C2", "invalid_key"},
      {"CohereInvalidTokenWithoutWords", kCohere, 498, "", "C2", "invalid_key"},
      {"CohereRemoved", kCohere, 404, message("'command-light' was REMOVED on May 1"), "C3",
       "model_retired"},
      {"CohereRetiredByTable", kCohere, 404, message("model not found"), "C3", "model_retired",
       AskedFor("o1")},
      {"CohereUnknownModel", kCohere, 404, message("Model 'x' not found"), "C3", "model_not_found"},
      {"CohereWrongPath", kCohere, 404, message("404 page not found"), "F5", "wrong_url"},
      {"CohereTrialSpent", kCohere, 429, message("limited to 1000 API calls / month"), "C4",
       "billing_quota"},
      {"CohereLimit", kCohere, 429, message("limited to 20 API calls / minute"), "C5", "rpm"},
      {"CohereNotImplemented", kCohere, 501, message("not implemented"), "C6", "wrong_url"},
      {"CohereBusy", kCohere, 503, message("at capacity"), "F9", "overloaded"},
  };
}

std::vector<RuleCase> MistralRuleCases() {
  const std::string invalid_model = R"({"object":"error","type":"invalid_model","message":"x"})";
  return {
      {"MistralRetired", kMistral, 400, invalid_model, "M1", "model_retired", AskedFor("gpt-4")},
      {"MistralUnknownModel", kMistral, 400, invalid_model, "M1", "model_not_found"},
      {"MistralUnknownModelByCode", kMistral, 400, R"({"code":"1500","message":"x"})", "M1",
       "model_not_found"},
      {"MistralUnknownModelByNumber", kMistral, 400, R"({"code":1500})", "M1", "model_not_found"},
      {"MistralCapacity", kMistral, 429, R"({"code":"3505","message":"x"})", "M2", "overloaded"},
      {"MistralCapacityByNumber", kMistral, 503, R"({"code":3505})", "M2", "overloaded"},
      {"MistralCapacityByType", kMistral, 429, R"({"type":"service_tier_capacity_exceeded"})", "M2",
       "overloaded"},
      {"MistralCapacityByText", kMistral, 429,
       R"({"type":"invalid_request_error","code":null,"message":"Service tier Capacity exceeded"})",
       "M2", "overloaded"},
      {"MistralSubscription", kMistral, 403, R"({"message":"No active Subscription"})", "M3",
       "billing_quota"},
      {"MistralUsageLimit", kMistral, 403, R"({"detail":"Usage limit reached"})", "M3",
       "billing_quota"},
      {"MistralForbidden", kMistral, 403, R"({"message":"no"})", "F3", "permission_denied"},
      {"MistralNoRoute", kMistral, 404, R"({"message":"no Route matched with those values"})", "M4",
       "wrong_url"},
      {"MistralModelNotFound", kMistral, 404, R"({"message":"model x is not here"})", "F4",
       "model_not_found"},
      {"MistralModelRetired", kMistral, 404, R"({"message":"model x is not here"})", "F4",
       "model_retired", AskedFor("gpt-4")},
      {"MistralBadKey", kMistral, 401, R"({"detail":"Unauthorized"})", "M5", "invalid_key"},
      {"MistralBadKeyAtTheGateway", kMistral, 401, R"({"message":"Unauthorized","request_id":"0"})",
       "M5", "invalid_key"},
      {"MistralNoKeySent", kMistral, 401, R"({"detail":"Unauthorized"})", "F2", "missing_key",
       NoKey()},
      {"MistralValidation", kMistral, 422, R"({"detail":[{"type":"missing","loc":["body"]}]})",
       "M6", "bad_request_param"},
      {"MistralValidationInTheMessage", kMistral, 422,
       R"({"object":"error","message":{"detail":[{"type":"extra_forbidden"}]}})", "M6",
       "bad_request_param"},
      {"MistralLimit", kMistral, 429, R"({"type":"rate_limited","code":"1300"})", "M7", "rpm"},
      {"MistralLimitWithoutWords", kMistral, 429, "", "M7", "rpm"},
      {"MistralBusy", kMistral, 503, R"({"message":"server busy"})", "F9", "overloaded"},
  };
}

}  // namespace heyhi
