// The answers of OpenAI and of those who speak its protocol.
#include "absl/strings/str_cat.h"
#include "tests/probes/rule_cases.h"

namespace heyhi {
namespace {

constexpr ErrorRules kOpenAi = ErrorRules::kOpenAi;
constexpr ErrorRules kXai = ErrorRules::kXai;
constexpr ErrorRules kAzure = ErrorRules::kAzure;
constexpr ErrorRules kBedrock = ErrorRules::kBedrock;

// Amazon names its error in a header.
RuleCaseExtras Amazon(const std::string& error_type, const std::string& model = "some-model") {
  return {.model = model,
          .headers = {{"content-type", "application/json"}, {"x-amzn-errortype", error_type}}};
}

}  // namespace

std::string ErrorOf(const std::string& members) {
  return absl::StrCat("{\"error\":{", members, "}}");
}

std::vector<RuleCase> OpenAiAccountCases() {
  return {
      {"QuotaAsType", kOpenAi, 429, ErrorOf(R"("type":"insufficient_quota")"), "O1",
       "billing_quota"},
      {"QuotaAsCode", kOpenAi, 429, ErrorOf(R"("code":"insufficient_quota","type":"tokens")"), "O1",
       "billing_quota"},
      {"CreditAsCode", kOpenAi, 429,
       ErrorOf(R"("code":"credit_balance_exhausted","type":"insufficient_quota")"), "O1",
       "billing_quota"},
      {"CreditAsTypeElsewhere", kOpenAi, 403, ErrorOf(R"("type":"credit_balance_exhausted")"), "O1",
       "billing_quota"},
      {"BillingNotActive", kOpenAi, 429, ErrorOf(R"("code":"billing_not_active")"), "O1",
       "billing_quota"},
      {"BillingHardLimit", kOpenAi, 400, ErrorOf(R"("code":"billing_hard_limit_reached")"), "O1",
       "billing_quota"},
      {"BudgetOfAGateway", kOpenAi, 400, ErrorOf(R"("type":"budget_exceeded","code":"400")"), "O1",
       "billing_quota"},
      {"SlowDown", kOpenAi, 429, ErrorOf(R"("code":"slow_down","type":"rate_limit_error")"), "O2",
       "ramp_up"},
      {"NoKeySent", kOpenAi, 401, "{}", "O3", "missing_key", NoKey()},
      {"NoCredentials", kOpenAi, 401, ErrorOf(R"("message":"NO auth Credentials","code":401)"),
       "O3", "missing_key"},
      {"BadKey", kOpenAi, 401, ErrorOf(R"("code":"invalid_api_key")"), "O4", "invalid_key"},
      {"BadKeyWithoutWords", kOpenAi, 401, "", "O4", "invalid_key"},
      {"BadKeyUnderAnotherStatus", kOpenAi, 400, ErrorOf(R"("code":"invalid_api_key")"), "O4",
       "invalid_key"},
      {"Country", kOpenAi, 403, ErrorOf(R"("code":"unsupported_country_region_territory")"), "O5",
       "geo_blocked"},
  };
}

std::vector<RuleCase> OpenAiRetiredCases() {
  const std::string gone = ErrorOf(R"("code":"model_not_found","message":"The model is not")");
  RuleCaseExtras day_before = AskedFor("gpt-4o-mini");
  day_before.on = absl::CivilDay(2027, 1, 13);
  RuleCaseExtras first_day = AskedFor("gpt-4o-mini");
  first_day.on = absl::CivilDay(2027, 1, 14);
  RuleCaseExtras elsewhere = AskedFor("gpt-4");
  elsewhere.known_models = false;
  return {
      {"Decommissioned", kOpenAi, 400, ErrorOf(R"("code":"model_decommissioned")"), "O6",
       "model_retired"},
      {"RetiredByTable", kOpenAi, 404, gone, "O7", "model_retired", AskedFor("gpt-4")},
      {"RetiredByTableAsSnapshot", kOpenAi, 404, gone, "O7", "model_retired",
       AskedFor("openai/GPT-4-0613:free")},
      {"RetiredByItsAlias", kOpenAi, 404, gone, "O7", "model_retired",
       AskedFor("gpt-3.5-turbo-latest")},
      {"RetiredByItsWords", kOpenAi, 404,
       ErrorOf(R"("message":"The Model `x` has been DEPRECATED, learn more","code":null)"), "O7",
       "model_retired"},
      {"RetiredByCodeUnder400", kOpenAi, 400,
       ErrorOf(R"("code":"model_not_found","message":"it was decommissioned")"), "O7",
       "model_retired"},
      {"RetiredByTheNameInTheText", kOpenAi, 404,
       ErrorOf(R"("message":"The model `gpt-3.5-turbo` does not exist")"), "O7", "model_retired",
       AskedFor("")},
      {"RetiredElsewhere", kOpenAi, 404, gone, "O8", "model_not_found", elsewhere},
      {"RetiresTomorrow", kOpenAi, 404, gone, "O8", "model_not_found", day_before},
      {"RetiresToday", kOpenAi, 404, gone, "O7", "model_retired", first_day},
  };
}

std::vector<RuleCase> OpenAiModelCases() {
  return {
      {"UnknownModel", kOpenAi, 404, ErrorOf(R"("message":"The MODEL does not exist")"), "O8",
       "model_not_found"},
      {"UnknownModelAsText", kOpenAi, 404, R"({"error":"model 'q' not found, try pulling it"})",
       "O8", "model_not_found"},
      {"UnknownModelUnder400", kOpenAi, 400, ErrorOf(R"("code":"model_not_found")"), "O8",
       "model_not_found"},
      {"UnknownPathIsNoModel", kOpenAi, 404,
       ErrorOf(R"("message":"Invalid URL: POST /v1/models/chat","code":null)"), "F5", "wrong_url"},
      {"UnknownPathByCode", kOpenAi, 404, ErrorOf(R"("code":"unknown_url","message":"/model")"),
       "F5", "wrong_url"},
  };
}

std::vector<RuleCase> OpenAiLimitCases() {
  return {
      {"CapTooLow", kOpenAi, 400,
       ErrorOf(R"("message":"Could not finish the message because max_tokens or model output")"),
       "O9", "probe_token_cap_too_low"},
      {"Filter", kOpenAi, 400, ErrorOf(R"("code":"content_filter")"), "O10", "content_filter"},
      {"FlexCapacity", kOpenAi, 498, ErrorOf(R"("code":"capacity_exceeded")"), "O11", "overloaded"},
      {"FlexCapacityWithoutWords", kOpenAi, 498, "", "O11", "overloaded"},
      {"OverloadedByCode", kOpenAi, 503, ErrorOf(R"("code":"server_is_overloaded")"), "O11",
       "overloaded"},
      {"OverloadedByText", kOpenAi, 503, R"({"error":"Server OVERLOADED"})", "O11", "overloaded"},
      {"OverloadedUnderALimitsStatus", kOpenAi, 429, ErrorOf(R"("type":"server_error")"), "O11",
       "overloaded"},
      {"BusyInPlainText",
       kOpenAi,
       503,
       "Server BUSY",
       "O11",
       "overloaded",
       {.headers = {{"content-type", "text/plain"}}}},
      {"AtCapacity", kOpenAi, 503, ErrorOf(R"("message":"We are at capacity")"), "O11",
       "overloaded"},
      {"Busy", kOpenAi, 503, R"({"message":"the server is busy"})", "O11", "overloaded"},
      {"TokensAsType", kOpenAi, 429,
       ErrorOf(R"("type":"tokens","code":"rate_limit_exceeded","message":"Limit")"), "O12", "tpm"},
      {"TokensPerMinute", kOpenAi, 429, ErrorOf(R"("message":"Limit: Tokens per Minute")"), "O12",
       "tpm"},
      {"Tpm", kOpenAi, 429, ErrorOf(R"("message":"on tokens per min (TPM): Limit 6")"), "O12",
       "tpm"},
      {"PerDay", kOpenAi, 429, ErrorOf(R"("message":"200 requests per day")"), "O13", "rpd"},
      {"Rpd", kOpenAi, 429, ErrorOf(R"("type":"requests","message":"Limit (RPD) reached")"), "O13",
       "rpd"},
      {"PlainLimit", kOpenAi, 429, ErrorOf(R"("type":"requests","code":"rate_limit_exceeded")"),
       "O14", "rpm"},
      {"LimitWithANumber", kOpenAi, 429, ErrorOf(R"("code":429,"message":"Provider limit")"), "O14",
       "rpm"},
      {"LimitWithoutWords", kOpenAi, 429, "", "O14", "rpm"},
      {"BillingByProseAlone", kOpenAi, 429,
       ErrorOf(R"("message":"check your plan and billing details")"), "O14", "rpm"},
  };
}

std::vector<RuleCase> XaiRuleCases() {
  return {
      {"XaiBadKey", kXai, 400, R"({"code":"x","error":"Incorrect API key provided: xx"})", "X1",
       "invalid_key"},
      {"XaiBadKeyInAnObject", kXai, 400, ErrorOf(R"("message":"INCORRECT api key")"), "X1",
       "invalid_key"},
      {"XaiNoCredits", kXai, 403, R"({"code":"x","error":"Your team has no Credits yet"})", "X2",
       "billing_quota"},
      {"XaiSpendingLimit", kXai, 429, R"({"error":"reached its monthly spending limit"})", "X2",
       "billing_quota"},
      {"XaiCapacity", kXai, 503, R"({"error":"The model is at capacity"})", "X3", "overloaded"},
      {"XaiBusy", kXai, 503, R"({"error":"busy"})", "O11", "overloaded"},
      {"XaiPlainLimit", kXai, 429, R"({"error":"slow"})", "O14", "rpm"},
      {"XaiUnknownModel", kXai, 404, R"({"error":"The model grok-beta does not exist"})", "O8",
       "model_not_found"},
      {"XaiRetiredModel", kXai, 404, R"({"error":"The model grok-3 does not exist"})", "O7",
       "model_retired", AskedFor("grok-4-fast-reasoning")},
      {"XaiUnauthorized", kXai, 401, "{}", "O4", "invalid_key"},
      {"XaiForbidden", kXai, 403, R"({"error":"blocked"})", "F3", "permission_denied"},
      {"XaiOther400", kXai, 400, R"({"error":"bad"})", "F1", "bad_request_param"},
  };
}

std::vector<RuleCase> AzureRuleCases() {
  return {
      {"AzureNoDeployment", kAzure, 404, ErrorOf(R"("code":"DeploymentNotFound")"), "AZ1",
       "model_not_found"},
      {"AzureFilter", kAzure, 400, ErrorOf(R"("code":"content_filter","status":400)"), "AZ2",
       "content_filter"},
      {"AzureBadKey", kAzure, 401, ErrorOf(R"("code":"401","message":"Access denied")"), "AZ3",
       "invalid_key"},
      {"AzureBadKeyAsNumber", kAzure, 401, ErrorOf(R"("code":401)"), "AZ3", "invalid_key"},
      {"AzureBadKeyWithoutError", kAzure, 401, R"({"statusCode":401,"message":"Unauthorized"})",
       "AZ3", "invalid_key"},
      {"AzureNoKeySent", kAzure, 401, ErrorOf(R"("code":"401")"), "O3", "missing_key", NoKey()},
      {"AzureTokens", kAzure, 429, ErrorOf(R"("code":"429","message":"exceeded Token rate limit")"),
       "AZ4", "tpm"},
      {"AzureCalls", kAzure, 429, ErrorOf(R"("code":429,"message":"exceeded call rate limit")"),
       "AZ4", "rpm"},
      {"AzureLimitInOtherWords", kAzure, 429, ErrorOf(R"("code":"RateLimitReached")"), "AZ4",
       "rpm"},
      {"AzureTokensInOtherWords", kAzure, 429,
       ErrorOf(R"("code":"RateLimitReached","message":"exceeded token rate limit")"), "AZ4", "tpm"},
      {"AzureQuota", kAzure, 429, ErrorOf(R"("code":"insufficient_quota")"), "O1", "billing_quota"},
      {"AzureUnknownModel", kAzure, 404, ErrorOf(R"("message":"model not found")"), "O8",
       "model_not_found"},
      {"AzureWrongPath", kAzure, 404, ErrorOf(R"("code":"404","message":"Resource not found")"),
       "F5", "wrong_url"},
  };
}

std::vector<RuleCase> BedrockRuleCases() {
  const std::string tail = ":http://internal.amazon.com/coral/com.amazon.bedrock/";
  return {
      {"BedrockLoading", kBedrock, 429, R"({"message":"The model is not ready"})", "B1",
       "model_loading", Amazon("ModelNotReadyException")},
      {"BedrockLoadingWithATail", kBedrock, 429, "", "B1", "model_loading",
       Amazon("ModelNotReadyException" + tail)},
      {"BedrockLoadingByType", kBedrock, 429, ErrorOf(R"("type":"ModelNotReadyException")"), "B1",
       "model_loading"},
      {"BedrockThrottlingByCode", kBedrock, 429, ErrorOf(R"("code":"ThrottlingException")"), "B2",
       "rpm"},
      {"BedrockRetiredInNativeForm", kBedrock, 404,
       R"({"__type":"com.amazon.coral#ResourceNotFoundException","Message":"End of its life"})",
       "B4", "model_retired"},
      {"BedrockThrottling", kBedrock, 429, R"({"message":"Too many requests"})", "B2", "rpm",
       Amazon("ThrottlingException")},
      {"BedrockThrottlingWithATail", kBedrock, 429, "{}", "B2", "rpm",
       Amazon("ThrottlingException" + tail)},
      {"BedrockBadKey", kBedrock, 403, R"({"message":"AUTHENTICATION failed: x"})", "B3",
       "invalid_key", Amazon("AccessDeniedException")},
      {"BedrockBadKeyInOtherWords", kBedrock, 403, R"({"message":"your API Key is no good"})", "B3",
       "invalid_key", Amazon("AccessDeniedException" + tail)},
      {"BedrockNoAccess", kBedrock, 403, R"({"message":"no access to the model"})", "F3",
       "permission_denied", Amazon("AccessDeniedException")},
      {"BedrockRetired", kBedrock, 404, R"({"message":"reached the END of its life"})", "B4",
       "model_retired", Amazon("ResourceNotFoundException")},
      {"BedrockRetiredByTable", kBedrock, 404, "{}", "B4", "model_retired",
       Amazon("ResourceNotFoundException", "gpt-4")},
      {"BedrockUnknownModel", kBedrock, 404, R"({"message":"no such thing"})", "B5",
       "model_not_found", Amazon("ResourceNotFoundException" + tail)},
      {"BedrockWithoutItsHeader", kBedrock, 404, ErrorOf(R"("message":"The model is not here")"),
       "O8", "model_not_found"},
      {"BedrockPlainLimit", kBedrock, 429, "{}", "O14", "rpm"},
      {"BedrockUnauthorized", kBedrock, 401, "{}", "O4", "invalid_key"},
      {"BedrockInternal", kBedrock, 500, "{}", "F10", "server_error",
       Amazon("InternalServerException")},
  };
}

}  // namespace heyhi
