// Each rule of docs/errors.md for error answers has a case here that it must
// catch; the providers' own ones stand in *_rule_cases.cc.
#include "probes/error_rules.h"

#include <gmock/gmock.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "probes/verdict.h"
#include "tests/probes/rule_cases.h"

namespace heyhi {
namespace {

constexpr ErrorRules kOpenAi = ErrorRules::kOpenAi;

std::string_view DialectOf(ErrorRules rules) {
  switch (rules) {
    case ErrorRules::kAnthropic:
      return kAnthropicMessages.name;
    case ErrorRules::kGemini:
      return kGeminiGenerate.name;
    case ErrorRules::kCohere:
      return kCohereChat.name;
    default:
      return kOpenAiChat.name;
  }
}

Verdict Judge(const RuleCase& c) {
  HttpExchange exchange;
  exchange.status = c.status;
  exchange.headers = c.extras.headers;
  exchange.body = c.body;
  AskedCall asked;
  asked.rules = c.rules;
  asked.dialect = c.extras.dialect.empty() ? DialectOf(c.rules) : c.extras.dialect;
  asked.model = c.extras.model;
  asked.key_sent = c.extras.key_sent;
  asked.at = absl::FromCivil(c.extras.on, absl::UTCTimeZone());
  asked.known_models = c.extras.known_models;
  return JudgeAnswer(asked, exchange);
}

RuleCaseExtras Type(const char* content_type) {
  return {.headers = {{"content-type", content_type}}};
}

std::vector<RuleCase> EdgeCases() {
  const std::string html = "<html>x</html>";
  const RuleCaseExtras challenge = {.headers = {{"cf-mitigated", "challenge"}}};
  return {
      {"Redirect", kOpenAi, 302, "", "E1", "unexpected_redirect"},
      {"NotModified", ErrorRules::kGemini, 304, "{}", "E1", "unexpected_redirect"},
      {"TooLarge", kOpenAi, 413, html, "E2", "request_too_large"},
      {"TooLargeInJson", ErrorRules::kCohere, 413, "{}", "E2", "request_too_large"},
      {"RequestTimeout", kOpenAi, 408, "", "E3", "server_408"},
      {"GatewayTimeout", ErrorRules::kMistral, 504, html, "E4", "server_504"},
      {"Cloudflare522", kOpenAi, 522, html, "E5", "cloudflare_522"},
      {"Cloudflare524", kOpenAi, 524, html, "E5", "cloudflare_524"},
      {"Cloudflare1016", kOpenAi, 530, "error code: 1016", "E6", "cloudflare_1016"},
      {"Cloudflare530", kOpenAi, 530, "error code: 1033", "E7", "cloudflare_530"},
      {"Cloudflare520", kOpenAi, 520, html, "E7", "cloudflare_520"},
      {"Cloudflare521", kOpenAi, 521, html, "E7", "cloudflare_521"},
      {"Cloudflare523", kOpenAi, 523, html, "E7", "cloudflare_523"},
      {"Cloudflare525", kOpenAi, 525, html, "E7", "cloudflare_525"},
      {"Cloudflare526", kOpenAi, 526, html, "E7", "cloudflare_526"},
      {"Overloaded529", kOpenAi, 529, "overloaded", "E8", "overloaded", Type("text/plain")},
      {"Overloaded529Typed", ErrorRules::kAnthropic, 529, ErrorOf(R"("type":"overloaded_error")"),
       "E8", "overloaded"},
      {"Cloudflare1015", kOpenAi, 429, "<p>error 1015</p>", "E9", "cloudflare_1015"},
      {"Cloudflare1015ByType", ErrorRules::kAnthropic, 429, "error 1015", "E9", "cloudflare_1015",
       Type("text/HTML; charset=UTF-8")},
      {"Cloudflare1015InWords", kOpenAi, 429, "error code: 1015", "E9", "cloudflare_1015",
       Type("text/plain")},
      {"Cloudflare1015InJson", kOpenAi, 429, R"({"error_code": 1015, "cloudflare_error": true})",
       "E9", "cloudflare_1015"},
      {"NumberInJsonIsNot1015", kOpenAi, 429, R"({"request":"1015"})", "O14", "rpm"},
      {"Firewall", kOpenAi, 403, html, "E10", "waf_block"},
      {"Firewall1020", ErrorRules::kGemini, 403, "<h1>Error 1020</h1>", "E10", "waf_block"},
      {"FirewallInWords", kOpenAi, 403, "error code: 1020", "E10", "waf_block", Type("text/plain")},
      {"FirewallByHeader", kOpenAi, 403, "{}", "E10", "waf_block", challenge},
      {"HtmlNotFound", kOpenAi, 404, " \r\n<html>", "E11", "wrong_url", Type("text/plain")},
      {"Html500", kOpenAi, 500, html, "E12", "edge_html"},
      {"Html502", kOpenAi, 502, html, "E12", "edge_html"},
      {"Html503", ErrorRules::kXai, 503, "<p>at capacity", "E12", "edge_html"},
      {"PaymentRequired", kOpenAi, 402, "{}", "E13", "billing_quota"},
      {"PaymentRequiredTyped", ErrorRules::kMistral, 402, R"({"code":null})", "E13",
       "billing_quota"},
  };
}

// What neither the edge nor the provider's own rules say.
std::vector<RuleCase> StatusCases() {
  return {
      {"BadRequest", kOpenAi, 400, ErrorOf(R"("code":"unsupported_parameter")"), "F1",
       "bad_request_param"},
      {"Unprocessable", kOpenAi, 422, "", "F1", "bad_request_param"},
      {"Forbidden", kOpenAi, 403, "{}", "F3", "permission_denied"},
      {"NotFound", kOpenAi, 404, "{}", "F5", "wrong_url"},
      {"NotFoundInWords", kOpenAi, 404, R"({"detail":"Not Found"})", "F5", "wrong_url"},
      {"NotImplemented", kOpenAi, 501, "{}", "F5", "wrong_url"},
      {"Conflict", kOpenAi, 409, "{}", "F6", "conflict"},
      {"ClientClosed", kOpenAi, 499, "", "F8", "client_closed"},
      {"Unavailable", kOpenAi, 503, "{}", "F9", "unavailable"},
      {"ServerError", kOpenAi, 500, "", "F10", "server_error"},
      {"OtherServerError", kOpenAi, 507, "{}", "F10", "server_error"},
      {"BadGatewayInJson", kOpenAi, 502, "{}", "F10", "server_error"},
      {"Html507", kOpenAi, 507, "<html>", "F10", "server_error"},
      {"Teapot", kOpenAi, 418, "{}", "F11", "unexpected_status"},
      {"Informational", kOpenAi, 101, "", "F11", "unexpected_status"},
      {"StatusOutOfRange", kOpenAi, 999, "", "F11", "unexpected_status"},
      {"NoStatus", kOpenAi, 0, "", "F11", "unexpected_status"},
  };
}

std::vector<RuleCase> AllCases() {
  std::vector<RuleCase> all;
  for (const auto& family :
       {&EdgeCases, &OpenAiAccountCases, &OpenAiRetiredCases, &OpenAiModelCases, &OpenAiLimitCases,
        &XaiRuleCases, &AzureRuleCases, &BedrockRuleCases, &AnthropicAccountCases,
        &AnthropicRuleCases, &GeminiRuleCases, &GeminiQuotaCases, &GeminiCompatibleCases,
        &CohereRuleCases, &MistralRuleCases, &StatusCases}) {
    const std::vector<RuleCase> cases = family();
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

class ErrorRuleTest : public testing::TestWithParam<RuleCase> {};

TEST_P(ErrorRuleTest, Decides) {
  const Verdict verdict = Judge(GetParam());
  ASSERT_TRUE(verdict.reason.has_value());
  EXPECT_EQ(verdict.rule, GetParam().rule);
  EXPECT_EQ(ReasonName(*verdict.reason), GetParam().reason);
  EXPECT_EQ(verdict.error_type, ErrorTypeOf(*verdict.reason));
}

INSTANTIATE_TEST_SUITE_P(Table, ErrorRuleTest, testing::ValuesIn(AllCases()),
                         [](const auto& test) { return std::string(test.param.name); });

// Rules that no answer reaches, since every family has its own for the status.
// They stay for the family that comes without.
const std::set<std::pair<std::string, std::string>> kUnreached = {{"F2", "invalid_key"},
                                                                  {"F7", "rpm"}};

TEST(ErrorRulesTest, EveryRuleHasACase) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const RuleCase& c : AllCases()) seen.insert({c.rule, c.reason});
  for (const MatchedRule& rule : AllErrorRules()) {
    const std::pair<std::string, std::string> pair(rule.id, ReasonName(rule.reason));
    EXPECT_EQ(seen.count(pair) + kUnreached.count(pair), 1U)
        << "add a case for " << pair.first << " with " << pair.second;
  }
}

TEST(ErrorRulesTest, AnErrorInAnArrayIsTheSameError) {
  for (RuleCase c : OpenAiAccountCases()) {
    c.body = "[" + c.body + "]";
    EXPECT_EQ(Judge(c).rule, c.rule) << c.name;
  }
}

TEST(ErrorRulesTest, NamesTheSuccessorOfARetiredModel) {
  RuleCase c{"", kOpenAi, 404, ErrorOf(R"("code":"model_not_found")"), "", ""};
  c.extras.model = "gpt-4o-mini";
  EXPECT_EQ(Judge(c).replacement, "");
  c.extras.on = absl::CivilDay(2027, 2, 1);
  EXPECT_EQ(Judge(c).replacement, "gpt-6-luna");
  c.extras.model = "gpt-4";
  EXPECT_EQ(Judge(c).reason, Reason::kModelRetired);
  EXPECT_EQ(Judge(c).replacement, "");
}

TEST(ErrorRulesTest, KeepsTheTokenCapThatARefusalNames) {
  RuleCase c{
      "",  kOpenAi,
      400, ErrorOf(R"("message":"Invalid 'max_output_tokens': Expected a value >= 16, but got 1")"),
      "",  ""};
  EXPECT_EQ(Judge(c).named_token_cap, 16);
  c.status = 500;
  EXPECT_FALSE(Judge(c).named_token_cap.has_value());
}

}  // namespace
}  // namespace heyhi
