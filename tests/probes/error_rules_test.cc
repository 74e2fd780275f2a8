#include "probes/error_rules.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "probes/error_body.h"

namespace heyhi {
namespace {

struct RuleCase {
  const char* name;
  ErrorRules rules;
  int status;
  std::string body;
  const char* rule;
  const char* reason;
  std::string content_type = "application/json";
  std::string model = "some-model";
  bool key_sent = true;
};

Verdict Judge(const RuleCase& c) {
  HttpExchange exchange;
  exchange.status = c.status;
  exchange.headers = {{"content-type", c.content_type}};
  exchange.body = c.body;
  return JudgeAnswer({c.rules, c.model, c.key_sent}, *FindDialect("openai_chat"), exchange);
}

constexpr ErrorRules kOpenAi = ErrorRules::kOpenAi;
constexpr ErrorRules kXai = ErrorRules::kXai;
constexpr ErrorRules kMistral = ErrorRules::kMistral;

std::string Error(const std::string& members) {
  return absl::StrCat("{\"error\":{", members, "}}");
}

std::vector<RuleCase> EdgeCases() {
  const std::string html = "<html>x</html>";
  return {
      {"Redirect", kOpenAi, 302, "", "E1", "unexpected_redirect"},
      {"TooLarge", kOpenAi, 413, html, "E2", "request_too_large"},
      {"RequestTimeout", kOpenAi, 408, "", "E3", "server_408"},
      {"GatewayTimeout", kOpenAi, 504, html, "E4", "server_504"},
      {"Cloudflare522", kOpenAi, 522, html, "E5", "cloudflare_522"},
      {"Cloudflare524", kOpenAi, 524, html, "E5", "cloudflare_524"},
      {"Cloudflare1016", kOpenAi, 530, "error code: 1016", "E6", "cloudflare_1016"},
      {"Cloudflare530", kOpenAi, 530, "error code: 1033", "E7", "cloudflare_530"},
      {"Cloudflare520", kOpenAi, 520, html, "E7", "cloudflare_520"},
      {"Cloudflare521", kOpenAi, 521, html, "E7", "cloudflare_521"},
      {"Cloudflare523", kOpenAi, 523, html, "E7", "cloudflare_523"},
      {"Cloudflare525", kOpenAi, 525, html, "E7", "cloudflare_525"},
      {"Cloudflare526", kOpenAi, 526, html, "E7", "cloudflare_526"},
      {"Overloaded529", kOpenAi, 529, "overloaded", "E8", "overloaded", "text/plain"},
      {"Cloudflare1015", kOpenAi, 429, "<p>error 1015</p>", "E9", "cloudflare_1015", "text/html"},
      {"Firewall", kOpenAi, 403, html, "E10", "waf_block"},
      {"HtmlNotFound", kOpenAi, 404, " \n<html>", "E11", "wrong_url", "text/plain"},
      {"Html500", kOpenAi, 500, html, "E12", "edge_html"},
      {"Html502", kOpenAi, 502, html, "E12", "edge_html"},
      {"PaymentRequired", kOpenAi, 402, "{}", "E13", "billing_quota"},
  };
}

std::vector<RuleCase> ProviderCases() {
  return {
      {"Quota", kOpenAi, 429, Error(R"("type":"insufficient_quota")"), "O1", "billing_quota"},
      {"NoKeySent", kOpenAi, 401, "{}", "O3", "missing_key", "application/json", "m", false},
      {"BadKey", kOpenAi, 401, Error(R"("code":"invalid_api_key")"), "O4", "invalid_key"},
      {"Country", kOpenAi, 403, Error(R"("code":"unsupported_country_region_territory")"), "O5",
       "geo_blocked"},
      {"RetiredByTable", kOpenAi, 404, Error(R"("code":"model_not_found","message":"no model")"),
       "O7", "model_retired", "application/json", "gpt-4"},
      {"UnknownModel", kOpenAi, 404, Error(R"("message":"The model does not exist")"), "O8",
       "model_not_found"},
      {"Filter", kOpenAi, 400, Error(R"("code":"content_filter")"), "O10", "content_filter"},
      {"Busy", kOpenAi, 503, Error(R"("message":"We are at capacity")"), "O11", "overloaded"},
      {"TokensPerMinute", kOpenAi, 429, Error(R"("message":"Limit: tokens per minute")"), "O12",
       "tpm"},
      {"PerDay", kOpenAi, 429, Error(R"("message":"200 requests per day")"), "O13", "rpd"},
      {"PlainRateLimit", kOpenAi, 429, "", "O14", "rpm"},
      {"XaiBadKey", kXai, 400, R"({"code":"x","error":"Incorrect API key provided: xx"})", "X1",
       "invalid_key"},
      {"XaiCredits", kXai, 429, R"({"error":"You have run out of credits"})", "X2",
       "billing_quota"},
      {"XaiPlainRateLimit", kXai, 429, R"({"error":"slow"})", "O14", "rpm"},
      {"MistralRetired", kMistral, 400, R"({"type":"invalid_model","message":"x"})", "M1",
       "model_retired", "application/json", "gpt-4"},
      {"MistralCapacity", kMistral, 429,
       R"({"object":"error","type":"service_tier_capacity_exceeded","code":"3505"})", "M2",
       "overloaded"},
      {"MistralCapacityByText", kMistral, 429,
       R"({"type":"invalid_request_error","code":null,"message":"Service tier capacity exceeded"})",
       "M2", "overloaded"},
      {"MistralSubscription", kMistral, 403, R"({"message":"No active subscription"})", "M3",
       "billing_quota"},
      {"MistralNoKey", kMistral, 401, R"({"detail":"Unauthorized"})", "F2", "missing_key",
       "application/json", "m", false},
  };
}

std::vector<RuleCase> StatusAndSuccessCases() {
  const std::string html = "<html>x</html>";
  return {
      {"Unprocessable", kOpenAi, 422, "", "F1", "bad_request_param"},
      {"Forbidden", kOpenAi, 403, "{}", "F3", "permission_denied"},
      {"MistralModelNotFound", kMistral, 404, R"({"message":"model x is not here"})", "F4",
       "model_not_found"},
      {"NotFound", kOpenAi, 404, "{}", "F5", "wrong_url"},
      {"NotImplemented", kOpenAi, 501, "{}", "F5", "wrong_url"},
      {"Conflict", kOpenAi, 409, "{}", "F6", "conflict"},
      {"ClientClosed", kOpenAi, 499, "", "F8", "client_closed"},
      {"MistralBusy", kMistral, 503, R"({"message":"server busy"})", "F9", "overloaded"},
      {"Unavailable", kOpenAi, 503, "{}", "F9", "unavailable"},
      {"OtherServerError", kOpenAi, 507, "{}", "F10", "server_error"},
      {"Teapot", kOpenAi, 418, "{}", "F11", "unexpected_status"},
      {"StatusOutOfRange", kOpenAi, 999, "", "F11", "unexpected_status"},
      {"NoStatus", kOpenAi, 0, "", "F11", "unexpected_status"},
      {"EmptyBody", kOpenAi, 200, " \r\n\t", "H1", "empty_body"},
      {"NoContent", kOpenAi, 204, "", "H1", "empty_body"},
      {"HtmlBody", kOpenAi, 200, html, "H2", "non_json_200"},
      {"PlainBody", kOpenAi, 200, "pong", "H2", "non_json_200", "text/plain"},
      {"CutBody", kOpenAi, 200, R"({"choices":[{"mess)", "H3", "truncated_json"},
      {"ErrorInside", kOpenAi, 200, Error(R"("code":502,"message":"x")"), "H4", "error_in_200"},
      {"ErrorInsideChoice", kOpenAi, 200,
       R"({"choices":[{"finish_reason":"error","error":{"code":429},"message":{}}]})", "H4",
       "error_in_200"},
      {"OtherJson", kOpenAi, 200, R"({"hello":"world"})", "H7", "bad_json"},
  };
}

std::vector<RuleCase> RuleCases() {
  std::vector<RuleCase> all;
  for (const auto& cases : {EdgeCases(), ProviderCases(), StatusAndSuccessCases()}) {
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
}

INSTANTIATE_TEST_SUITE_P(Table, ErrorRuleTest, testing::ValuesIn(RuleCases()),
                         [](const auto& test) { return std::string(test.param.name); });

struct InnerCase {
  const char* members;
  ErrorType type;
};

TEST(ErrorRulesTest, AnErrorIn200TakesTheInnerCodesType) {
  const InnerCase cases[] = {
      {R"("code":502)", ErrorType::k5xx},
      {R"("code":"server_error")", ErrorType::k5xx},
      {R"("type":"overloaded_error")", ErrorType::k5xx},
      {R"("code":429)", ErrorType::kRateLimit},
      {R"("type":"rate_limit_error")", ErrorType::kRateLimit},
      {R"("code":402)", ErrorType::kAuth},
      {R"("code":"insufficient_quota")", ErrorType::kAuth},
      {R"("code":"whatever")", ErrorType::kOther},
      {R"("code":{"deep":[]})", ErrorType::kOther},
  };
  for (const InnerCase& c : cases) {
    const Verdict verdict = Judge({"", kOpenAi, 200, Error(c.members), "", ""});
    EXPECT_EQ(verdict.error_type, c.type) << c.members;
  }
}

// Whatever the bytes, the verdict is a failure and nothing throws.
TEST(ErrorRulesTest, PoisonNeverCountsAsOk) {
  const std::vector<std::string> bodies = {
      "null",
      "0",
      "\"\"",
      "[]",
      "[[[[]]]]",
      "{\"error\":null}",
      "{\"error\":[]}",
      "{\"error\":{\"message\":null,\"code\":null,\"type\":7}}",
      "{\"choices\":\"x\"}",
      std::string(100000, '['),
      std::string("\0\xff\xfe{", 4),
      "{\"a\":1e400}",
      "{\"error\":{\"message\":{\"detail\":[1,2]}}}",
      "\xef\xbb\xbf{}",
      "{\"detail\":[null]}"};
  for (const ErrorRules rules : {kOpenAi, kXai, kMistral}) {
    for (const int status : {200, 302, 400, 401, 404, 429, 500, 503}) {
      for (const std::string& body : bodies) {
        EXPECT_TRUE(Judge({"", rules, status, body, "", ""}).reason.has_value())
            << status << " " << body.substr(0, 40);
      }
    }
  }
}

TEST(ErrorRulesTest, SkipsBlankLinesThatKeepAConnectionAlive) {
  const std::string body =
      "\n\n\n{\"choices\":[{\"message\":{\"content\":\"pong\"},\"finish_reason\":\"stop\"}]}";
  EXPECT_FALSE(Judge({"", kOpenAi, 200, body, "", ""}).reason.has_value());
}

TEST(ErrorBodyTest, UnwrapsArraysStringsAndObjects) {
  const auto read = [](const std::string& text) {
    const auto document = JsonDocument::Parse(text);
    return ReadErrorBody(document->root());
  };
  EXPECT_EQ(read(R"([{"error":{"status":"NOT_FOUND"}}])").status, "NOT_FOUND");
  EXPECT_EQ(read(R"({"error":"Bad KEY","code":"c"})").text, "bad key");
  EXPECT_EQ(read(R"({"error":"Bad KEY","code":"c"})").code, "c");
  EXPECT_EQ(read(R"({"error":{"code":429}})").code, "429");
  EXPECT_EQ(read(R"({"detail":"Unauthorized"})").text, "unauthorized");
  EXPECT_EQ(read(R"({"message":{"detail":["X"]}})").text, R"({"detail":["x"]})");
}

std::string ReadErrorDocs() {
  std::ifstream file(absl::StrCat(HEYHI_SOURCE_DIR, "/docs/errors.md"));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(ErrorDocsTest, ShowEveryRule) {
  const std::string docs = ReadErrorDocs();
  for (const RuleInfo& rule : AllRules()) {
    const std::string pattern = absl::StrCat("\n\\| ", std::string(rule.id), " \\|[^\n]*\\| `",
                                             std::string(ReasonName(rule.reason)), "` \\|\n");
    EXPECT_THAT(docs, testing::ContainsRegex(pattern)) << "docs/errors.md lacks this rule";
  }
}

TEST(ErrorDocsTest, ShowEveryReasonAsItIs) {
  const std::string docs = ReadErrorDocs();
  for (const Reason reason : AllReasons()) {
    const ErrorType type = ErrorTypeOf(reason);
    const std::string_view with_network = FaultName(FaultOf(reason, type, false));
    const std::string_view without = FaultName(FaultOf(reason, type, true));
    std::string fault(with_network);
    if (with_network != without) absl::StrAppend(&fault, " or ", std::string(without));
    std::string type_name(ErrorTypeName(type));
    if (reason == Reason::kErrorIn200) {
      type_name = "of the inner code";
      fault = "provider, or account by the inner code";
    }
    const std::string row =
        absl::StrCat("\n| `", std::string(ReasonName(reason)), "` | ", type_name, " | ", fault,
                     " | ", std::string(ReasonAdvice(reason)), " |\n");
    EXPECT_THAT(docs, testing::HasSubstr(row)) << "docs/errors.md lacks this reason";
  }
}

}  // namespace
}  // namespace heyhi
