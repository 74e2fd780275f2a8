// What streams mean, wherever they end and however they come in pieces.
#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "probes/verdict.h"
#include "tests/probes/scripted_transport.h"

namespace heyhi {
namespace {

std::string Event(const std::string& data, const std::string& name = "") {
  return absl::StrCat(name.empty() ? "" : "event: " + name + "\n", "data: ", data, "\n\n");
}

// One dialect's stream in its parts.
struct StreamParts {
  const Dialect* dialect;
  std::string start;  // no content yet
  std::string content;
  std::string reason;     // why it ends; "" where only the last word says so
  std::string last_word;  // "" where there is none
  std::string overload;   // an error event

  friend void PrintTo(const StreamParts& p, std::ostream* out) { *out << p.dialect->name; }
};

StreamParts ChatParts() {
  return {&kOpenAiChat,
          Event(R"({"model":"m-1","choices":[{"delta":{"role":"assistant","content":""}}]})"),
          Event(R"({"choices":[{"delta":{"content":"p"},"finish_reason":null}]})"),
          Event(R"({"choices":[{"delta":{},"finish_reason":"stop"}],)"
                R"("usage":{"prompt_tokens":7,"completion_tokens":1}})"),
          Event("[DONE]"),
          Event(R"({"error":{"code":"server_is_overloaded"}})")};
}

StreamParts ResponsesParts() {
  return {&kOpenAiResponses,
          Event(R"({"type":"response.created","response":{"status":"in_progress"}})"),
          Event(R"({"type":"response.output_text.delta","delta":"p"})"),
          "",
          Event(R"({"type":"response.completed","response":{"status":"completed","output":[],)"
                R"("model":"m-1","usage":{"input_tokens":7,"output_tokens":1}}})"),
          Event(R"({"type":"error","error":{"code":"server_is_overloaded"}})", "error")};
}

StreamParts MessagesParts() {
  return {&kAnthropicMessages,
          Event(R"({"message":{"model":"m-1","content":[],"usage":{"input_tokens":7,)"
                R"("output_tokens":0}}})",
                "message_start"),
          Event(R"({"delta":{"type":"text_delta","text":"p"}})", "content_block_delta"),
          Event(R"({"delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":1}})",
                "message_delta"),
          Event(R"({"type":"message_stop"})", "message_stop"),
          Event(R"({"type":"error","error":{"type":"overloaded_error"}})", "error")};
}

StreamParts GenerateParts() {
  return {&kGeminiGenerate,
          Event(R"({"candidates":[{"content":{"role":"model"}}],"modelVersion":"m-1"})"),
          Event(R"({"candidates":[{"content":{"parts":[{"text":"p"}]}}]})"),
          Event(R"({"candidates":[{"finishReason":"STOP"}],)"
                R"("usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":1}})"),
          "",
          Event(R"({"error":{"code":503,"status":"UNAVAILABLE","message":"Overloaded"}})")};
}

StreamParts CohereParts() {
  return {
      &kCohereChat,
      Event(R"({"type":"message-start","delta":{"message":{"content":[]}}})"),
      Event(R"({"type":"content-delta","delta":{"message":{"content":{"text":"p"}}}})"),
      "",
      Event(R"({"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":)"
            R"({"billed_units":{"input_tokens":7,"output_tokens":1}}}})"),
      Event(R"({"type":"message-end","delta":{"finish_reason":"ERROR","error":{"code":529}}})")};
}

AskedCall Asked(const Dialect& dialect) {
  AskedCall asked;
  asked.rules = CompatibleProvider(std::string(dialect.name)).error_rules;
  asked.dialect = dialect.name;
  asked.model = "m";
  asked.stream = true;
  return asked;
}

// The stream of these parts, a piece of it every 100 ms.
HttpExchange StreamOf(const std::vector<std::string>& parts) {
  std::vector<TimedText> pieces;
  absl::Duration at;
  for (const std::string& part : parts) {
    pieces.push_back({at += absl::Milliseconds(100), part});
  }
  return StreamAfter(pieces);
}

Verdict Judge(const Dialect& dialect, const std::vector<std::string>& parts) {
  return JudgeAnswer(Asked(dialect), StreamOf(parts));
}

std::optional<Verdict> JudgeTimedOut(const Dialect& dialect,
                                     const std::vector<std::string>& parts) {
  return JudgeStream(Asked(dialect), StreamOf(parts), /*timed_out=*/true);
}

class StreamVerdictTest : public testing::TestWithParam<StreamParts> {
 protected:
  const StreamParts& parts() const { return GetParam(); }
  const Dialect& dialect() const { return *GetParam().dialect; }
  // Whether it is whole before its last word, which clients do without.
  bool ends_with_its_reason() const {
    return &dialect() == &kOpenAiChat || &dialect() == &kGeminiGenerate;
  }
};

INSTANTIATE_TEST_SUITE_P(All, StreamVerdictTest,
                         testing::Values(ChatParts(), ResponsesParts(), MessagesParts(),
                                         GenerateParts(), CohereParts()),
                         [](const auto& test) { return std::string(test.param.dialect->name); });

constexpr char kKeepAlive[] = ": keep-alive\n\n";

TEST_P(StreamVerdictTest, TheFirstContentIsNotTheFirstByte) {
  const Verdict verdict = Judge(dialect(), {kKeepAlive, parts().start, parts().content,
                                            parts().content, parts().reason, parts().last_word});
  EXPECT_FALSE(verdict.reason.has_value()) << ReasonName(*verdict.reason);
  EXPECT_EQ(verdict.first_content_at, absl::Milliseconds(300));
  if (parts().last_word.empty()) {
    EXPECT_FALSE(verdict.terminated_at.has_value());
  } else {
    EXPECT_EQ(verdict.terminated_at, absl::Milliseconds(600));
  }
  ASSERT_TRUE(verdict.usage.has_value());
  EXPECT_EQ(verdict.usage->input, 7);
  EXPECT_EQ(verdict.usage->output, 1);
  EXPECT_EQ(verdict.served_model, &dialect() == &kCohereChat ? "" : "m-1");
}

TEST_P(StreamVerdictTest, AnAnswerWithoutContentIsOne) {
  const Verdict verdict = Judge(dialect(), {parts().start, parts().reason, parts().last_word});
  EXPECT_FALSE(verdict.reason.has_value()) << ReasonName(*verdict.reason);
  EXPECT_FALSE(verdict.first_content_at.has_value());
}

TEST_P(StreamVerdictTest, ReadsTheSameInOnePieceAndInSingleBytes) {
  const std::string whole =
      absl::StrCat(kKeepAlive, parts().start, parts().content, parts().reason, parts().last_word);
  std::vector<std::string> bytes;
  for (const char c : whole) bytes.emplace_back(1, c);
  for (const auto& pieces : {std::vector<std::string>{whole}, bytes}) {
    const Verdict verdict = Judge(dialect(), pieces);
    EXPECT_FALSE(verdict.reason.has_value());
    EXPECT_TRUE(verdict.first_content_at.has_value());
    EXPECT_EQ(verdict.usage->output, 1);
  }
}

TEST_P(StreamVerdictTest, ACutStreamIsTruncatedWhereverTheCutIs) {
  const std::string whole =
      absl::StrCat(parts().start, parts().content, parts().reason, parts().last_word);
  const std::string& end = ends_with_its_reason() ? parts().reason : parts().last_word;
  const std::size_t whole_from = whole.find(end) + end.size();
  for (std::size_t size = 0; size < whole_from - 1; ++size) {
    const Verdict verdict = Judge(dialect(), {whole.substr(0, size)});
    EXPECT_EQ(verdict.reason, Reason::kStreamTruncated) << size;
    EXPECT_EQ(verdict.rule, "S5");
  }
  EXPECT_FALSE(Judge(dialect(), {whole.substr(0, whole_from)}).reason.has_value());
}

TEST_P(StreamVerdictTest, NothingAndKeepAlivesAreTruncated) {
  for (const char* body : {"", "\n\n\n", kKeepAlive, "event: ping\n\n", "retry: 5\nid: 1\n\n"}) {
    EXPECT_EQ(Judge(dialect(), {body}).reason, Reason::kStreamTruncated) << body;
  }
}

TEST_P(StreamVerdictTest, AnErrorEventDecidesWhateverFollows) {
  for (const auto& pieces : std::vector<std::vector<std::string>>{
           {parts().overload},
           {parts().start, parts().overload},
           {parts().start, parts().content, parts().overload, parts().reason, parts().last_word},
           {parts().start + parts().overload + "data: garbage\n\n" + std::string(100000, 'x')}}) {
    const Verdict verdict = Judge(dialect(), pieces);
    EXPECT_EQ(verdict.rule, "S2");
    EXPECT_EQ(verdict.reason, Reason::kInStreamOverloaded);
    EXPECT_EQ(verdict.error_type, ErrorType::k5xx);
  }
}

TEST_P(StreamVerdictTest, NothingCountsAfterTheLastWord) {
  if (parts().last_word.empty()) GTEST_SKIP() << "it has none";
  const std::string whole = parts().start + parts().reason + parts().last_word;
  for (const std::string& rest : {parts().overload, parts().content, Event("garbage"),
                                  std::string(100000, 'x'), std::string("data: {")}) {
    for (const auto& pieces : {std::vector<std::string>{whole, rest}, {whole + rest}}) {
      const Verdict verdict = Judge(dialect(), pieces);
      EXPECT_FALSE(verdict.reason.has_value()) << rest.substr(0, 60);
      EXPECT_FALSE(verdict.first_content_at.has_value()) << rest.substr(0, 60);
      EXPECT_EQ(verdict.terminated_at, absl::Milliseconds(100)) << rest.substr(0, 60);
    }
  }
}

TEST_P(StreamVerdictTest, AStreamThatStaysOpenIsAnsweredOnlyByItsLastWord) {
  const StreamParts& p = parts();
  EXPECT_FALSE(JudgeTimedOut(dialect(), {p.start}).has_value());
  EXPECT_FALSE(JudgeTimedOut(dialect(), {p.start, p.content, p.reason}).has_value());
  EXPECT_FALSE(JudgeTimedOut(dialect(), {p.start, Event("garbage")}).has_value());
  EXPECT_FALSE(JudgeTimedOut(dialect(), {""}).has_value());
  const auto overloaded = JudgeTimedOut(dialect(), {p.start, p.overload});
  ASSERT_TRUE(overloaded.has_value());
  EXPECT_EQ(overloaded->reason, Reason::kInStreamOverloaded);
  if (p.last_word.empty()) return;
  const auto whole = JudgeTimedOut(dialect(), {p.start, p.content, p.reason, p.last_word});
  ASSERT_TRUE(whole.has_value());
  EXPECT_FALSE(whole->reason.has_value());
  EXPECT_EQ(whole->terminated_at, absl::Milliseconds(400));
}

TEST_P(StreamVerdictTest, AnEventThatIsNoJsonSpoilsAWholeStream) {
  const StreamParts& p = parts();
  for (const char* garbage : {"garbage", "{\"a\":", "{} {}", "1e400", "<html>", "\xff"}) {
    const Verdict verdict =
        Judge(dialect(), {p.start, Event(garbage), p.content, p.reason, p.last_word});
    EXPECT_EQ(verdict.rule, "S7") << garbage;
    EXPECT_EQ(verdict.reason, Reason::kBadJson) << garbage;
    EXPECT_EQ(Judge(dialect(), {p.start, Event(garbage)}).rule, "S5") << garbage;
    EXPECT_EQ(Judge(dialect(), {p.start, Event(garbage), p.overload}).rule, "S2") << garbage;
  }
}

TEST_P(StreamVerdictTest, WhatIsNoJsonSpoilsNothingAfterTheReason) {
  if (parts().reason.empty() || !ends_with_its_reason()) GTEST_SKIP() << "its reason ends nothing";
  EXPECT_FALSE(Judge(dialect(), {parts().start, parts().reason, Event("garbage")}).reason);
}

TEST_P(StreamVerdictTest, AnEndWithoutABeginningIsNoAnswer) {
  const Verdict verdict = Judge(dialect(), {"data: [DONE]\n\n", parts().last_word});
  if (&dialect() == &kOpenAiResponses) {
    EXPECT_FALSE(verdict.reason.has_value());  // its last event holds the whole answer
  } else if (&dialect() == &kGeminiGenerate) {
    EXPECT_EQ(verdict.rule, "S5");
  } else {
    EXPECT_EQ(verdict.rule, "S7");
  }
}

TEST_P(StreamVerdictTest, LinesAndEventsBeyondAllMeasureEndTheReading) {
  std::string event;
  while (event.size() < std::size_t{300} * 1024) event += "data: " + std::string(60000, 'x') + "\n";
  for (const std::string& huge : {std::string(70000, 'x'), event}) {
    const Verdict verdict =
        Judge(dialect(), {parts().start, huge, parts().reason, parts().last_word});
    EXPECT_EQ(verdict.rule, "S6");
    EXPECT_EQ(verdict.reason, Reason::kBodyTooLarge);
    EXPECT_EQ(JudgeTimedOut(dialect(), {parts().start, huge})->rule, "S6");
  }
}

struct ErrorCase {
  const char* name;
  const Dialect* dialect;
  std::string event;
  const char* rule;
  ErrorType type;

  friend void PrintTo(const ErrorCase& c, std::ostream* out) { *out << c.name; }
};

class StreamErrorTest : public testing::TestWithParam<ErrorCase> {};

TEST_P(StreamErrorTest, TakesItsReasonAndTypeFromTheInnerCode) {
  const Verdict verdict = Judge(*GetParam().dialect, {GetParam().event, "data: [DONE]\n\n"});
  EXPECT_EQ(verdict.rule, GetParam().rule);
  EXPECT_EQ(verdict.error_type, GetParam().type);
}

INSTANTIATE_TEST_SUITE_P(
    Table, StreamErrorTest,
    testing::Values(
        ErrorCase{"ChatServer", &kOpenAiChat, Event(R"({"error":{"type":"server_error"}})"), "S4",
                  ErrorType::k5xx},
        ErrorCase{"ChatUnknown", &kOpenAiChat, Event(R"({"error":"The model crashed"})"), "S4",
                  ErrorType::kOther},
        ErrorCase{"OpenRouterLimit", &kOpenAiChat,
                  Event(R"({"error":{"code":429},"choices":[{"finish_reason":"error"}]})"), "S3",
                  ErrorType::kRateLimit},
        ErrorCase{"OpenRouterChoice", &kOpenAiChat,
                  Event(R"({"choices":[{"finish_reason":"error","error":{"code":502}}]})"), "S4",
                  ErrorType::k5xx},
        ErrorCase{"Mistral", &kOpenAiChat,
                  Event(R"({"object":"error","type":"internal_server_error","code":"3000"})"), "S4",
                  ErrorType::k5xx},
        ErrorCase{"MistralCapacity", &kOpenAiChat, Event(R"({"object":"error","code":"3505"})"),
                  "S2", ErrorType::k5xx},
        ErrorCase{"ChatInAnArray", &kOpenAiChat, Event(R"([{"error":{"code":429}}])"), "S3",
                  ErrorType::kRateLimit},
        ErrorCase{"ResponsesFlat", &kOpenAiResponses,
                  Event(R"({"type":"error","code":"server_error","message":"x"})", "error"), "S4",
                  ErrorType::k5xx},
        ErrorCase{"ResponsesNested", &kOpenAiResponses,
                  Event(R"({"type":"error","error":{"code":"rate_limit_exceeded"}})", "error"),
                  "S3", ErrorType::kRateLimit},
        ErrorCase{"ResponsesFailed", &kOpenAiResponses,
                  Event(R"({"type":"response.failed","response":{"status":"failed",)"
                        R"("error":{"code":"insufficient_quota"}}})"),
                  "S4", ErrorType::kAuth},
        ErrorCase{"AnthropicServer", &kAnthropicMessages,
                  Event(R"({"type":"error","error":{"type":"api_error"}})", "error"), "S4",
                  ErrorType::k5xx},
        ErrorCase{"AnthropicLimit", &kAnthropicMessages,
                  Event(R"({"type":"error","error":{"type":"rate_limit_error"}})", "error"), "S3",
                  ErrorType::kRateLimit},
        ErrorCase{"GeminiInternal", &kGeminiGenerate,
                  Event(R"({"error":{"code":500,"status":"INTERNAL"}})"), "S4", ErrorType::k5xx},
        ErrorCase{"GeminiLimit", &kGeminiGenerate,
                  Event(R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}})"), "S3",
                  ErrorType::kRateLimit},
        ErrorCase{"CohereError", &kCohereChat,
                  Event(R"({"type":"message-end","delta":{"error":"x","finish_reason":"ERROR"}})"),
                  "S4", ErrorType::k5xx},
        ErrorCase{"CohereTimeout", &kCohereChat,
                  Event(R"({"type":"message-end","delta":{"finish_reason":"TIMEOUT"}})"), "S4",
                  ErrorType::k5xx}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(StreamVerdictsTest, GarbageAfterTheEndSpoilsNothing) {
  const std::string end = R"(data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]})"
                          "\n\n";
  for (const char* rest : {"data: [DONE] \n\n", "data: bye\n\n", "data: [DONE]{}\n\n"}) {
    const HttpExchange exchange = StreamAfter({{absl::Seconds(1), end + rest}});
    EXPECT_FALSE(JudgeAnswer(Asked(kOpenAiChat), exchange).reason.has_value()) << rest;
  }
}

TEST(StreamVerdictsTest, AnEventNamedErrorIsOne) {
  const std::string event = "event: error\ndata: {\"code\":429,\"message\":\"slow down\"}\n\n";
  for (const Dialect* dialect : {&kOpenAiChat, &kOpenAiResponses, &kAnthropicMessages}) {
    const HttpExchange exchange = StreamAfter({{absl::Seconds(1), event + "data: [DONE]\n\n"}});
    EXPECT_EQ(JudgeAnswer(Asked(*dialect), exchange).reason, Reason::kInStreamRateLimit);
  }
}

TEST(StreamVerdictsTest, ARefusedPromptIsBlockedAndNotCut) {
  const std::string refused = Event(R"({"promptFeedback":{"blockReason":"SAFETY"}})");
  EXPECT_EQ(Judge(kGeminiGenerate, {refused}).rule, "H5");
  EXPECT_FALSE(JudgeTimedOut(kGeminiGenerate, {refused}).has_value());
  const StreamParts parts = GenerateParts();
  const std::string stopped = Event(R"({"candidates":[{"finishReason":"SAFETY"}]})");
  EXPECT_EQ(Judge(kGeminiGenerate, {parts.start, stopped}).rule, "H5");
  EXPECT_EQ(Judge(kGeminiGenerate, {parts.start, parts.content, stopped}).rule, "");
}

TEST(StreamVerdictsTest, AFailedStreamKeepsWhatItSaid) {
  const StreamParts parts = MessagesParts();
  const Verdict verdict = Judge(kAnthropicMessages, {parts.start, parts.content, parts.overload});
  EXPECT_EQ(verdict.served_model, "m-1");
  EXPECT_EQ(verdict.usage->input, 7);
  EXPECT_EQ(verdict.first_content_at, absl::Milliseconds(200));
  EXPECT_FALSE(verdict.terminated_at.has_value());
}

TEST(StreamVerdictsTest, AStreamIsKnownByItsStatusAndType) {
  const auto is_stream = [](int status, const char* type) {
    HttpExchange exchange;
    exchange.status = status;
    exchange.headers = {{"content-type", type}};
    return IsStreamAnswer(exchange);
  };
  EXPECT_TRUE(is_stream(200, "text/event-stream"));
  EXPECT_TRUE(is_stream(201, "Text/Event-Stream; charset=utf-8"));
  EXPECT_FALSE(is_stream(500, "text/event-stream"));
  EXPECT_FALSE(is_stream(200, "application/json"));
  EXPECT_FALSE(is_stream(200, ""));
}

TEST(StreamVerdictsTest, CoheresEndWithoutAReasonIsTruncated) {
  const std::string end = Event(R"({"type":"message-end","delta":{}})");
  EXPECT_EQ(Judge(kCohereChat, {CohereParts().start, end}).rule, "S5");
  EXPECT_EQ(JudgeTimedOut(kCohereChat, {CohereParts().start, end})->rule, "S5");
}

// An error answer to a stream is judged like any other.
TEST(StreamVerdictsTest, AnErrorStatusIsNoStream) {
  HttpExchange exchange = StreamOf({ChatParts().overload});
  exchange.status = 429;
  EXPECT_EQ(JudgeAnswer(Asked(kOpenAiChat), exchange).rule, "O14");
}

}  // namespace
}  // namespace heyhi
