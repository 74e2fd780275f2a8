// What whole answers with a success status mean; error answers are judged in
// error_rules_test.cc, streams in verdict_stream_test.cc.
#include "probes/verdict.h"

#include <gmock/gmock.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/probes/scripted_transport.h"

namespace heyhi {
namespace {

ErrorRules RulesOf(const Dialect& dialect) {
  return CompatibleProvider(std::string(dialect.name)).error_rules;
}

AskedCall Asked(const Dialect& dialect, bool stream = false) {
  AskedCall asked;
  asked.rules = RulesOf(dialect);
  asked.dialect = dialect.name;
  asked.model = "m";
  asked.stream = stream;
  asked.at = absl::FromCivil(absl::CivilDay(2026, 11, 22), absl::UTCTimeZone());
  return asked;
}

Verdict Judge(const Dialect& dialect, const std::string& body, int status = 200) {
  return JudgeAnswer(Asked(dialect), AnswerAfter(absl::Seconds(1), status, body));
}

struct AnswerCase {
  const char* name;
  const Dialect* dialect;
  std::string body;
  const char* rule;    // "" for healthy
  const char* reason;  // with a rule
  ErrorType type = ErrorType::kOther;
  const char* content_type = "application/json";

  friend void PrintTo(const AnswerCase& c, std::ostream* out) { *out << c.name; }
};

TEST(VerdictTest, SaysWhetherTheKeyItselfIsDoubted) {
  const std::string unknown = R"({"error":{"code":"invalid_api_key"}})";
  const std::string spent = R"({"error":{"code":"insufficient_quota"}})";
  EXPECT_TRUE(Judge(kOpenAiChat, unknown, 200).doubts_key);
  EXPECT_TRUE(Judge(kOpenAiChat, unknown, 401).doubts_key);
  EXPECT_FALSE(Judge(kOpenAiChat, spent, 200).doubts_key);
  EXPECT_FALSE(Judge(kOpenAiChat, spent, 429).doubts_key);
  EXPECT_FALSE(Judge(kOpenAiChat, "{}", 403).doubts_key);
  EXPECT_FALSE(Judge(kOpenAiChat, "{}", 500).doubts_key);
}

class AnswerTest : public testing::TestWithParam<AnswerCase> {};

TEST_P(AnswerTest, GetsItsVerdict) {
  const AnswerCase& c = GetParam();
  // A stream that was asked for and is none is judged like any answer.
  for (const bool stream : {false, true}) {
    HttpExchange exchange = AnswerAfter(absl::Seconds(1), 200, c.body);
    exchange.headers = {{"content-type", c.content_type}};
    const Verdict verdict = JudgeAnswer(Asked(*c.dialect, stream), exchange);
    EXPECT_EQ(verdict.rule, c.rule);
    ASSERT_EQ(verdict.reason.has_value(), *c.rule != '\0');
    EXPECT_FALSE(verdict.first_content_at.has_value() || verdict.terminated_at.has_value());
    if (!verdict.reason.has_value()) continue;
    EXPECT_EQ(ReasonName(*verdict.reason), c.reason);
    EXPECT_EQ(verdict.error_type, c.type);
  }
}

// An answer without text is an answer: the cap is often spent before the first word.
std::vector<AnswerCase> HealthyCases() {
  return {
      {"Chat", &kOpenAiChat, HealthyChatBody(), "", ""},
      {"ChatAfterBlankLines", &kOpenAiChat, "\n\r\n \t" + HealthyChatBody(), "", ""},
      {"ChatInAnArray", &kOpenAiChat, "[" + HealthyChatBody() + "]", "", ""},
      {"ChatLength", &kOpenAiChat,
       R"({"choices":[{"message":{"content":""},"finish_reason":"length"}]})", "", ""},
      {"ChatNullContent", &kOpenAiChat,
       R"({"choices":[{"message":{"content":null},"finish_reason":"length"}],"error":null})", "",
       ""},
      {"ResponsesIncomplete", &kOpenAiResponses, R"({"status":"incomplete","output":[]})", "", ""},
      {"AnthropicRefusal", &kAnthropicMessages, R"({"content":[],"stop_reason":"refusal"})", "",
       ""},
      {"AnthropicCap", &kAnthropicMessages, R"({"content":[],"stop_reason":"max_tokens"})", "", ""},
      {"GeminiCap", &kGeminiGenerate,
       R"({"candidates":[{"content":{"role":"model"},"finishReason":"MAX_TOKENS"}]})", "", ""},
      {"GeminiSafetyWithParts", &kGeminiGenerate,
       R"({"candidates":[{"content":{"parts":[{"text":"p"}]},"finishReason":"SAFETY"}]})", "", ""},
      {"CohereCap", &kCohereChat, R"({"message":{"content":[]},"finish_reason":"MAX_TOKENS"})", "",
       ""},
  };
}

std::vector<AnswerCase> BodyCases() {
  return {
      {"Empty", &kOpenAiChat, "", "H1", "empty_body"},
      {"Blank", &kGeminiGenerate, " \r\n\t", "H1", "empty_body"},
      {"Html", &kAnthropicMessages, "<html>captive portal</html>", "H2", "non_json_200"},
      {"HtmlByType", &kOpenAiChat, HealthyChatBody(), "H2", "non_json_200", ErrorType::kOther,
       "text/html; charset=utf-8"},
      {"Words", &kCohereChat, "pong", "H2", "non_json_200", ErrorType::kOther, "text/plain"},
      {"ByteOrderMark", &kOpenAiChat, "\xef\xbb\xbf" + HealthyChatBody(), "H2", "non_json_200"},
      {"EventsOfAnotherType", &kOpenAiChat, "data: {}\n\n", "H2", "non_json_200"},
      {"Cut", &kOpenAiChat, R"({"choices":[{"mess)", "H3", "truncated_json"},
      {"TwoValues", &kOpenAiChat, HealthyChatBody() + "{}", "H3", "truncated_json"},
      {"TooDeep", &kGeminiGenerate, std::string(65, '[') + std::string(65, ']'), "H3",
       "truncated_json"},
      {"OtherShape", &kOpenAiChat, R"({"hello":"world"})", "H7", "bad_json"},
      {"EmptyObject", &kGeminiGenerate, "{}", "H7", "bad_json"},
      {"AnotherDialectsAnswer", &kAnthropicMessages, HealthyChatBody(), "H7", "bad_json"},
      {"ResponsesInProgress", &kOpenAiResponses, R"({"status":"in_progress","output":[]})", "H7",
       "bad_json"},
  };
}

std::vector<AnswerCase> ErrorIn200Cases() {
  const auto error = [](const std::string& members) {
    return absl::StrCat("{\"error\":{", members, "}}");
  };
  constexpr ErrorType k5xx = ErrorType::k5xx;
  constexpr ErrorType kAuth = ErrorType::kAuth;
  constexpr ErrorType kRateLimit = ErrorType::kRateLimit;
  return {
      {"Upstream", &kOpenAiChat, error(R"("code":502,"message":"x")"), "H4", "error_in_200", k5xx},
      {"UpstreamInAnArray", &kOpenAiChat, "[" + error(R"("code":502)") + "]", "H4", "error_in_200",
       k5xx},
      {"UpstreamLimit", &kOpenAiChat, error(R"("code":429)"), "H4", "error_in_200", kRateLimit},
      {"UpstreamQuota", &kOpenAiChat, error(R"("code":"insufficient_quota")"), "H4", "error_in_200",
       kAuth},
      {"ErrorBesideAnAnswer", &kOpenAiChat,
       R"({"error":"no","choices":[{"message":{},"finish_reason":"stop"}]})", "H4", "error_in_200"},
      {"DeepSeekBrokeOff", &kOpenAiChat,
       R"({"choices":[{"finish_reason":"insufficient_system_resource","message":{}}]})", "H4",
       "error_in_200", k5xx},
      {"ErrorInsideTheChoice", &kOpenAiChat,
       R"({"choices":[{"finish_reason":"error","error":{"code":429},"message":{}}]})", "H4",
       "error_in_200", kRateLimit},
      {"MistralsErrorObject", &kOpenAiChat,
       R"({"object":"error","type":"internal_server_error","code":"3000"})", "H4", "error_in_200",
       k5xx},
      {"ResponsesFailed", &kOpenAiResponses,
       R"({"status":"failed","output":[],"error":{"code":"server_error"}})", "H4", "error_in_200",
       k5xx},
      {"ResponsesFailedUnnamed", &kOpenAiResponses, R"({"status":"failed","error":null})", "H4",
       "error_in_200"},
      {"Anthropic", &kAnthropicMessages, R"({"type":"error","error":{"type":"overloaded_error"}})",
       "H4", "error_in_200", k5xx},
      {"AnthropicKey", &kAnthropicMessages,
       R"({"type":"error","error":{"type":"authentication_error"}})", "H4", "error_in_200", kAuth},
      {"Gemini", &kGeminiGenerate, error(R"("code":429,"status":"RESOURCE_EXHAUSTED")"), "H4",
       "error_in_200", kRateLimit},
      {"CohereError", &kCohereChat, R"({"finish_reason":"ERROR","message":{"content":[]}})", "H4",
       "error_in_200", k5xx},
      {"CohereTimeout", &kCohereChat, R"({"finish_reason":"TIMEOUT","message":{}})", "H4",
       "error_in_200", k5xx},
      {"GeminiBlockedPrompt", &kGeminiGenerate, R"({"promptFeedback":{"blockReason":"SAFETY"}})",
       "H5", "content_blocked"},
      {"GeminiBlockedAnswer", &kGeminiGenerate,
       R"({"candidates":[{"finishReason":"PROHIBITED_CONTENT"}]})", "H5", "content_blocked"},
  };
}

const auto kCaseName = [](const auto& test) { return std::string(test.param.name); };
INSTANTIATE_TEST_SUITE_P(Healthy, AnswerTest, testing::ValuesIn(HealthyCases()), kCaseName);
INSTANTIATE_TEST_SUITE_P(Bodies, AnswerTest, testing::ValuesIn(BodyCases()), kCaseName);
INSTANTIATE_TEST_SUITE_P(Errors, AnswerTest, testing::ValuesIn(ErrorIn200Cases()), kCaseName);

TEST(VerdictTest, EverySuccessStatusIsOne) {
  for (const int status : {200, 201, 299}) {
    EXPECT_FALSE(Judge(kOpenAiChat, HealthyChatBody(), status).reason.has_value()) << status;
  }
  EXPECT_EQ(Judge(kOpenAiChat, "", 204).reason, Reason::kEmptyBody);
  EXPECT_EQ(Judge(kOpenAiChat, HealthyChatBody(), 199).reason, Reason::kUnexpectedStatus);
  EXPECT_EQ(Judge(kOpenAiChat, HealthyChatBody(), 300).reason, Reason::kUnexpectedRedirect);
}

TEST(VerdictTest, AStreamThatWasNotAskedForIsNoAnswer) {
  const HttpExchange exchange =
      StreamAfter({{absl::Seconds(1), "data: {\"choices\":[]}\n\ndata: [DONE]\n\n"}});
  EXPECT_EQ(JudgeAnswer(Asked(kOpenAiChat), exchange).rule, "H2");
}

TEST(VerdictTest, KeepsWhatAnAnswerSaysHealthyOrNot) {
  const Verdict healthy = Judge(kOpenAiChat, HealthyChatBody());
  EXPECT_EQ(healthy.served_model, "m");
  EXPECT_EQ(healthy.usage->input, 7);
  const Verdict failed =
      Judge(kCohereChat, R"({"finish_reason":"ERROR","usage":{"billed_units":{"input_tokens":3,)"
                         R"("output_tokens":0}}})");
  EXPECT_EQ(failed.usage->input, 3);
  const Verdict blocked =
      Judge(kGeminiGenerate, R"({"promptFeedback":{"blockReason":"SAFETY"},"modelVersion":"g",)"
                             R"("usageMetadata":{"promptTokenCount":2}})");
  EXPECT_EQ(blocked.served_model, "g");
  EXPECT_EQ(blocked.usage->output, 0);
}

// --- poison --------------------------------------------------------------------

std::vector<std::string> PoisonBodies() {
  return {
      "",
      "null",
      "0",
      "-",
      "\"\"",
      "[]",
      "[[[[]]]]",
      "[null]",
      "{",
      "}",
      "{\"a\":1e400}",
      "{\"error\":null}",
      "{\"error\":[]}",
      "{\"error\":{\"message\":null,\"code\":null,\"type\":7}}",
      "{\"error\":{\"message\":{\"detail\":[1,2]},\"details\":{\"error_code\":[]}}}",
      "{\"error\":{\"details\":[{\"violations\":[null,7,{\"quotaId\":{}}],\"reason\":[]}]}}",
      "{\"detail\":[null]}",
      "{\"choices\":\"x\",\"content\":{},\"candidates\":7,\"output\":null,\"message\":[]}",
      // The later of two members counts, and it is wrong.
      "{\"choices\":[{\"message\":{},\"finish_reason\":\"stop\"}],\"choices\":[]}",
      "{\"content\":[],\"stop_reason\":\"x\",\"stop_reason\":null}",
      "{\"candidates\":[{\"finishReason\":\"STOP\"}],\"candidates\":null}",
      "{\"status\":\"completed\",\"output\":[],\"status\":{}}",
      "{\"message\":{},\"finish_reason\":\"COMPLETE\",\"message\":\"\"}",
      "<html><body>{\"choices\":[]}</body></html>",
      "\xef\xbb\xbf{}",
      std::string("\0\xff\xfe{", 4),
      std::string("{\"choices\":[{\"message\":{},\"finish_reason\":\"st\0p\"}]}", 51),
      "{\"id\":\"" + std::string(1000, '\\') + "\"}",
      std::string(1000000, '['),
      std::string(100000, '{'),
  };
}

// The body as it is, and as the data of an event before and after the others'
// last word.
std::vector<HttpExchange> PoisonedAnswers(const std::string& poison, int status) {
  const std::string event = "data: " + poison + "\n\n";
  std::vector<HttpExchange> answers;
  for (const std::string& body :
       {poison, event, event + "data: [DONE]\n\n", "event: message_stop\n" + event + event}) {
    answers.push_back(StreamAfter({{absl::Seconds(1), body}}));
    answers.back().status = status;
  }
  answers.push_back(AnswerAfter(absl::Seconds(1), status, poison));
  return answers;
}

class PoisonTest : public testing::TestWithParam<std::string> {};

// Whatever the bytes, the verdict is a failure and nothing throws.
TEST_P(PoisonTest, NeverCountsAsOk) {
  const Dialect& dialect = *FindDialect(GetParam());
  for (const std::string& poison : PoisonBodies()) {
    for (const int status : {0, 200, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503, 999}) {
      for (const HttpExchange& exchange : PoisonedAnswers(poison, status)) {
        for (const bool stream : {false, true}) {
          EXPECT_TRUE(JudgeAnswer(Asked(dialect, stream), exchange).reason.has_value())
              << status << " " << exchange.body.substr(0, 60);
        }
      }
    }
  }
}

std::vector<std::string> DialectNames() {
  std::vector<std::string> names;
  for (const Dialect* dialect : Dialects()) names.emplace_back(dialect->name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, PoisonTest, testing::ValuesIn(DialectNames()),
                         [](const auto& test) { return test.param; });

// Half an emoji is a likely last token.
TEST(VerdictTest, ABrokenCharacterSpoilsNoAnswer) {
  for (const char* text : {"\xff", "\\ud83c", "\xf0\x9f"}) {
    const HttpExchange answer =
        AnswerAfter(absl::Seconds(1), 200,
                    absl::StrCat(R"({"choices":[{"message":{"content":")", text,
                                 R"("},"finish_reason":"length"}]})"));
    EXPECT_FALSE(JudgeAnswer(Asked(kOpenAiChat, false), answer).reason.has_value());
    const HttpExchange refusal = AnswerAfter(
        absl::Seconds(1), 429,
        absl::StrCat(R"({"error":{"code":"insufficient_quota","message":")", text, R"("}})"));
    EXPECT_EQ(JudgeAnswer(Asked(kOpenAiChat, false), refusal).reason, Reason::kBillingQuota);
  }
}

TEST(VerdictTest, WordsOfOtherKindsThanJsonAreRead) {
  HttpExchange busy = AnswerAfter(absl::Seconds(1), 503, "The server is OVERLOADED, try later");
  busy.headers = {{"content-type", "text/plain"}};
  EXPECT_EQ(JudgeAnswer(Asked(kOpenAiChat, false), busy).reason, Reason::kOverloaded);
}

TEST(VerdictTest, ACutAnswerIsNone) {
  const std::string whole = HealthyChatBody();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_TRUE(Judge(kOpenAiChat, whole.substr(0, size)).reason.has_value()) << size;
  }
}

// --- the list of rules ---------------------------------------------------------

TEST(VerdictTest, ListsEveryRuleOnce) {
  std::set<std::pair<std::string_view, Reason>> seen;
  for (const MatchedRule& rule : AllRules()) {
    EXPECT_TRUE(seen.insert({rule.id, rule.reason}).second) << rule.id;
  }
  std::set<std::string_view> ids;
  for (const auto& [id, reason] : seen) ids.insert(id);
  for (const char* id : {"E1", "F11", "H1", "H2", "H3", "H4", "H5", "H7", "S2", "S7"}) {
    EXPECT_EQ(ids.count(id), 1U) << id;
  }
}

}  // namespace
}  // namespace heyhi
