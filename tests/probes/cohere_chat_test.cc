#include <gmock/gmock.h>

#include <string>

#include "tests/probes/dialect_fixture.h"

namespace heyhi {
namespace {

// --- requests ------------------------------------------------------------------

TEST(CohereChatTest, SendsTheSmallestCall) {
  const HttpRequest request = RequestFor({"cohere", "command-r7b-12-2024"});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://api.cohere.com/v2/chat");
  EXPECT_EQ(request.body, R"({"model":"command-r7b-12-2024","max_tokens":1,)"
                          R"("messages":[{"role":"user","content":"ping"}],"stream":false})");
  EXPECT_THAT(request.headers,
              testing::ElementsAre(testing::Pair("Accept", "application/json"),
                                   testing::Pair("Content-Type", "application/json"),
                                   testing::Pair("Authorization", "Bearer test-key")));
}

TEST(CohereChatTest, AStreamSaysSo) {
  const HttpRequest request = RequestFor({"cohere", "command-r7b-12-2024", "stream"});
  EXPECT_EQ(request.url, "https://api.cohere.com/v2/chat");
  EXPECT_EQ(HeaderOf(request, "Accept"), "text/event-stream");
  EXPECT_THAT(request.body, testing::EndsWith(R"("stream":true})"));
}

TEST(CohereChatTest, CallsCompatibleEndpointsWithoutAKeyToo) {
  Target target = MakeTarget({"", "m", "chat", "cohere_chat", "https://llm.example/v2/"});
  target.api_key = Secret();
  EXPECT_EQ(RequestOf(target).url, "https://llm.example/v2/chat");
  EXPECT_EQ(HeaderOf(RequestOf(target), "Authorization"), "(none)");
}

// --- answers -------------------------------------------------------------------

TEST(CohereChatTest, CountsWhatIsBilled) {
  const Answer answer = ReadWhole(
      kCohereChat, R"({"finish_reason":"MAX_TOKENS","message":{"role":"assistant","content":[]},)"
                   R"("usage":{"billed_units":{"input_tokens":1,"output_tokens":2},)"
                   R"("tokens":{"input_tokens":496,"output_tokens":3}}})");
  EXPECT_TRUE(answer.well_formed);
  EXPECT_FALSE(answer.error.has_value());
  EXPECT_EQ(answer.served_model, "");  // it names none
  ASSERT_TRUE(answer.usage.has_value());
  EXPECT_EQ(answer.usage->input, 1);
  EXPECT_EQ(answer.usage->output, 2);
}

TEST(CohereChatTest, IgnoresUsageThatIsNotNumbers) {
  for (const char* usage : {"null", "{}", R"({"tokens":{"input_tokens":496,"output_tokens":3}})",
                            R"({"billed_units":null})", R"({"billed_units":{"input_tokens":1}})",
                            R"({"billed_units":{"input_tokens":-1,"output_tokens":1}})",
                            R"({"billed_units":{"input_tokens":1.5,"output_tokens":1}})"}) {
    const Answer answer =
        ReadWhole(kCohereChat, std::string(R"({"finish_reason":"COMPLETE","message":{},"usage":)") +
                                   usage + "}");
    EXPECT_TRUE(answer.well_formed) << usage;
    EXPECT_FALSE(answer.usage.has_value()) << usage;
  }
}

TEST(CohereChatTest, RubbishIsNoAnswer) {
  for (const char* form : {"@", R"({"message":@})", R"({"message":{"content":[]},"id":@})"}) {
    for (const std::string& text : WithRubbish(form)) {
      EXPECT_FALSE(ReadWhole(kCohereChat, text).well_formed) << text;
    }
  }
  for (const char* text :
       {R"({"finish_reason":"COMPLETE","message":null})",
        R"({"finish_reason":"COMPLETE","message":"pong"})",
        R"({"finish_reason":"COMPLETE","message":[{}]})", R"({"finish_reason":null,"message":{}})",
        R"({"finish_reason":7,"message":{}})", R"({"finish_reason":"","message":{}})"}) {
    EXPECT_FALSE(ReadWhole(kCohereChat, text).well_formed) << text;
  }
}

TEST(CohereChatTest, FindsErrorsInAllTheirForms) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"finish_reason":"ERROR","message":{"content":[]}})", "ERROR"},
      {R"({"finish_reason":"TIMEOUT","message":{"content":[]}})", "TIMEOUT"},
      {R"({"finish_reason":"ERROR_LIMIT","message":{"content":[]}})", "ERROR"},
      {R"({"finish_reason":"ERROR","error":"internal server error"})", "ERROR"},
      {R"({"error":{"code":429,"message":"slow"}})", "429"},
      {R"({"error":"no"})", ""},
  };
  for (const auto& [text, code] : cases) {
    const Answer answer = ReadWhole(kCohereChat, text);
    ASSERT_TRUE(answer.error.has_value()) << text;
    EXPECT_EQ(answer.error->code, code) << text;
  }
}

// --- streams -------------------------------------------------------------------

constexpr char kStart[] =
    R"({"type":"message-start","delta":{"message":{"role":"assistant","content":[]}}})";

StreamReading ReadEvents(const std::vector<std::string>& texts) {
  std::vector<NamedEvent> events;
  for (const std::string& text : texts) events.emplace_back("as-the-type", text);
  return ReadEvents(kCohereChat, events);
}

TEST(CohereChatStreamTest, StartsAreNoContent) {
  const StreamReading reading = ReadEvents(
      {kStart,
       R"({"type":"content-start","delta":{"message":{"content":{"type":"text","text":""}}}})",
       R"({"type":"content-delta","delta":{"message":{"content":{"text":""}}}})",
       R"({"type":"content-end","index":0})"});
  EXPECT_TRUE(reading.answer.well_formed);
  EXPECT_FALSE(reading.has_content);
  EXPECT_FALSE(reading.finished);
}

TEST(CohereChatStreamTest, TextAndThinkingAreContent) {
  for (const char* member : {"text", "thinking"}) {
    const std::string form =
        std::string(R"({"type":"content-delta","delta":{"message":{"content":{")") + member +
        R"(":@}}}})";
    for (const std::string& event : WithRubbish(form)) {
      const bool is_text = event.find(R"("x")") != std::string::npos;
      EXPECT_EQ(ReadEvents({event}).has_content, is_text) << event;
    }
  }
}

TEST(CohereChatStreamTest, EndsWithMessageEnd) {
  const StreamReading reading =
      ReadEvents({kStart, R"({"type":"message-end","delta":{"finish_reason":"MAX_TOKENS","usage":)"
                          R"({"billed_units":{"input_tokens":1,"output_tokens":2}}}})"});
  EXPECT_TRUE(reading.finished);
  EXPECT_TRUE(reading.terminated);
  EXPECT_TRUE(kCohereChat.done_ends_stream);
  EXPECT_FALSE(reading.answer.error.has_value());
  ASSERT_TRUE(reading.answer.usage.has_value());
  EXPECT_EQ(reading.answer.usage->output, 2);
}

TEST(CohereChatStreamTest, AnEndWithoutAReasonIsNotWhole) {
  const StreamReading reading = ReadEvents({kStart, R"({"type":"message-end","delta":{}})"});
  EXPECT_TRUE(reading.terminated);
  EXPECT_FALSE(reading.finished);
}

TEST(CohereChatStreamTest, FindsErrorsInAllTheirForms) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"type":"message-end","delta":{"error":"internal","finish_reason":"ERROR"}})", "ERROR"},
      {R"({"type":"message-end","delta":{"finish_reason":"TIMEOUT"}})", "TIMEOUT"},
      {R"({"type":"message-end","delta":{"error":{"code":"c"},"finish_reason":"ERROR"}})", "c"},
      {R"({"type":"message-end","delta":{"error":"internal"}})", ""},
      {R"({"type":"message-end","delta":{"finish_reason":"ERROR_TOXIC"}})", "ERROR"},
      {R"({"error":{"code":503}})", "503"},
      {R"({"message":"internal server error","id":"x"})", ""},
      {R"({"type":"error","error":"no"})", ""},
  };
  for (const auto& [event, code] : cases) {
    const StreamReading reading = ReadEvents({kStart, event});
    ASSERT_TRUE(reading.answer.error.has_value()) << event;
    EXPECT_EQ(reading.answer.error->code, code) << event;
  }
}

TEST(CohereChatStreamTest, PassesOverWhatItDoesNotKnow) {
  for (const char* event :
       {"null", "7", "[]", R"("x")", R"({"type":null})",
        R"({"type":"tool-plan-delta","delta":null})", R"({"type":"debug","error":null})"}) {
    const StreamReading reading = ReadEvents({event});
    EXPECT_FALSE(reading.answer.error.has_value()) << event;
    EXPECT_FALSE(reading.answer.well_formed || reading.finished) << event;
  }
}

}  // namespace
}  // namespace heyhi
