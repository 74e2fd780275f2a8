#include <gmock/gmock.h>

#include <string>

#include "tests/probes/dialect_fixture.h"

namespace heyhi {
namespace {

constexpr char kModel[] = "claude-haiku-5-5";

// --- requests ------------------------------------------------------------------

TEST(AnthropicMessagesTest, SendsTheSmallestCallWithItsVersion) {
  const HttpRequest request = RequestFor({"anthropic", kModel});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://api.anthropic.com/v1/messages");
  EXPECT_EQ(request.body,
            R"({"model":"claude-haiku-5-5","max_tokens":1,)"
            R"("messages":[{"role":"user","content":"ping"}],"thinking":{"type":"disabled"}})");
  EXPECT_THAT(request.headers,
              testing::ElementsAre(testing::Pair("Accept", "application/json"),
                                   testing::Pair("Content-Type", "application/json"),
                                   testing::Pair("anthropic-version", "2026-10-21"),
                                   testing::Pair("Authorization", "Bearer test-key")));
}

TEST(AnthropicMessagesTest, AStreamSaysSo) {
  const HttpRequest request = RequestFor({"anthropic", kModel, "stream"});
  EXPECT_EQ(request.url, "https://api.anthropic.com/v1/messages");
  EXPECT_EQ(HeaderOf(request, "Accept"), "text/event-stream");
  EXPECT_EQ(request.body, R"({"model":"claude-haiku-5-5","max_tokens":1,)"
                          R"("messages":[{"role":"user","content":"ping"}],"stream":true,)"
                          R"("thinking":{"type":"disabled"}})");
}

TEST(AnthropicMessagesTest, TheFirstVersionKnowsTheKeyByAnotherHeader) {
  const HttpRequest request = RequestFor({"anthropic", kModel, "chat", "", "", "2023-06-01"});
  EXPECT_EQ(HeaderOf(request, "anthropic-version"), "2023-06-01");
  EXPECT_EQ(HeaderOf(request, "x-api-key"), "test-key");
  EXPECT_EQ(HeaderOf(request, "Authorization"), "(none)");
}

TEST(AnthropicMessagesTest, CompatibleEndpointsGetTheFirstVersionAndNoSwitches) {
  for (const char* provider : {"", "deepseek", "azure_openai"}) {
    const HttpRequest request =
        RequestFor({provider, "m", "chat", "anthropic_messages", "https://llm.example/anthropic/"});
    EXPECT_EQ(request.url, "https://llm.example/anthropic/messages") << provider;
    EXPECT_EQ(HeaderOf(request, "anthropic-version"), "2023-06-01") << provider;
    EXPECT_EQ(HeaderOf(request, "x-api-key"), "test-key") << provider;
    EXPECT_EQ(request.body,
              R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":"ping"}]})")
        << provider;
  }
}

TEST(AnthropicMessagesTest, SendsNoKeyHeaderWithoutAKey) {
  for (const char* version : {"", "2023-06-01"}) {
    Target target = MakeTarget({"anthropic", kModel, "chat", "", "", version});
    target.api_key = Secret();
    EXPECT_EQ(HeaderOf(RequestOf(target), "Authorization"), "(none)");
    EXPECT_EQ(HeaderOf(RequestOf(target), "x-api-key"), "(none)");
  }
}

// --- answers -------------------------------------------------------------------

TEST(AnthropicMessagesTest, ReadsModelAndUsageWithWhatTheCacheHolds) {
  const Answer answer = ReadWhole(
      kAnthropicMessages,
      R"({"type":"message","model":"claude-haiku-5-5","content":[{"type":"text","text":"p"}],)"
      R"("stop_reason":"max_tokens","usage":{"input_tokens":10,"output_tokens":1,)"
      R"("cache_creation_input_tokens":300,"cache_read_input_tokens":2000}})");
  EXPECT_TRUE(answer.well_formed);
  EXPECT_FALSE(answer.error.has_value());
  EXPECT_EQ(answer.served_model, kModel);
  ASSERT_TRUE(answer.usage.has_value());
  EXPECT_EQ(answer.usage->input, 2310);
  EXPECT_EQ(answer.usage->output, 1);
}

std::optional<TokenUsage> UsageOf(const std::string& usage) {
  return ReadWhole(kAnthropicMessages,
                   R"({"content":[],"stop_reason":"end_turn","usage":)" + usage + "}")
      .usage;
}

TEST(AnthropicMessagesTest, IgnoresCacheCountsThatCannotBe) {
  for (const char* cached : {"null", "-1", "\"7\"", "9223372036854775807", "1e300", "{}"}) {
    const auto usage =
        UsageOf(std::string(R"({"input_tokens":10,"output_tokens":1,"cache_read_input_tokens":)") +
                cached + "}");
    ASSERT_TRUE(usage.has_value()) << cached;
    EXPECT_EQ(usage->input, 10) << cached;
  }
}

TEST(AnthropicMessagesTest, IgnoresUsageThatIsNotNumbers) {
  for (const char* usage :
       {"null", "[]", "{}", R"({"input_tokens":10})", R"({"output_tokens":1})",
        R"({"input_tokens":-10,"output_tokens":1})", R"({"input_tokens":"1","output_tokens":1})",
        R"({"input_tokens":9223372036854775807,"output_tokens":1,"cache_read_input_tokens":9})",
        R"({"input_tokens":1000000,"output_tokens":1,"cache_read_input_tokens":1})"}) {
    EXPECT_FALSE(UsageOf(usage).has_value()) << usage;
  }
}

TEST(AnthropicMessagesTest, ARefusalIsAnAnswer) {
  EXPECT_TRUE(
      ReadWhole(kAnthropicMessages, R"({"content":[],"stop_reason":"refusal"})").well_formed);
}

TEST(AnthropicMessagesTest, RubbishIsNoAnswer) {
  for (const char* form : {"@", R"({"content":@})", R"({"content":[],"type":@})"}) {
    for (const std::string& text : WithRubbish(form)) {
      EXPECT_FALSE(ReadWhole(kAnthropicMessages, text).well_formed) << text;
    }
  }
  for (const char* text :
       {R"({"content":null,"stop_reason":"end_turn"})",
        R"({"content":"pong","stop_reason":"end_turn"})",
        R"({"content":{},"stop_reason":"end_turn"})", R"({"content":[],"stop_reason":null})",
        R"({"content":[],"stop_reason":""})", R"({"content":[],"stop_reason":["end_turn"]})"}) {
    EXPECT_FALSE(ReadWhole(kAnthropicMessages, text).well_formed) << text;
  }
}

TEST(AnthropicMessagesTest, FindsErrorsInAllTheirForms) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})", "overloaded_error"},
      {R"({"error":{"type":"api_error"}})", "api_error"},
      {R"({"type":"error"})", "error"},
      {R"({"error":"no"})", ""},
  };
  for (const auto& [text, type] : cases) {
    const Answer answer = ReadWhole(kAnthropicMessages, text);
    ASSERT_TRUE(answer.error.has_value()) << text;
    EXPECT_EQ(answer.error->type, type) << text;
  }
}

// --- streams -------------------------------------------------------------------

const NamedEvent kStart = {
    "message_start",
    R"({"type":"message_start","message":{"model":"claude-haiku-5-5","content":[],)"
    R"("stop_reason":null,"usage":{"input_tokens":10,"cache_read_input_tokens":5,)"
    R"("output_tokens":1}}})"};
const NamedEvent kText = {
    "content_block_delta",
    R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"p"}})"};
const NamedEvent kStop = {"message_stop", R"({"type":"message_stop"})"};

StreamReading ReadStream(const std::vector<NamedEvent>& events) {
  return ReadEvents(kAnthropicMessages, events);
}

TEST(AnthropicMessagesStreamTest, ReadsTheStart) {
  const StreamReading reading = ReadStream({kStart});
  EXPECT_TRUE(reading.answer.well_formed);
  EXPECT_FALSE(reading.has_content);
  EXPECT_FALSE(reading.finished);
  EXPECT_EQ(reading.answer.served_model, kModel);
  ASSERT_TRUE(reading.answer.usage.has_value());
  EXPECT_EQ(reading.answer.usage->input, 15);
}

TEST(AnthropicMessagesStreamTest, TextThinkingAndToolInputAreContent) {
  for (const char* member : {"text", "thinking", "partial_json"}) {
    const std::string form =
        std::string(R"({"type":"content_block_delta","delta":{")") + member + R"(":@}})";
    for (const std::string& data : WithRubbish(form)) {
      const bool is_text = data.find(R"("x")") != std::string::npos;
      EXPECT_EQ(ReadStream({{"content_block_delta", data}}).has_content, is_text) << data;
    }
  }
}

TEST(AnthropicMessagesStreamTest, BlockStartsPingsAndEmptyTextAreNoContent) {
  const StreamReading reading = ReadStream(
      {kStart,
       {"content_block_start", R"({"content_block":{"type":"text","text":""}})"},
       {"ping", R"({"type":"ping"})"},
       {"content_block_delta", R"({"delta":{"type":"text_delta","text":""}})"},
       {"content_block_delta", R"({"delta":{"type":"signature_delta","signature":"abc"}})"},
       {"content_block_stop", R"({"index":0})"}});
  EXPECT_FALSE(reading.has_content);
  EXPECT_FALSE(reading.finished);
}

TEST(AnthropicMessagesStreamTest, TakesTheLastOutputCount) {
  const StreamReading reading =
      ReadStream({kStart,
                  kText,
                  {"message_delta", R"({"delta":{"stop_reason":"end_turn"},)"
                                    R"("usage":{"output_tokens":16}})"},
                  {"message_delta", R"({"delta":{},"usage":{"output_tokens":-3}})"},
                  {"message_delta", R"({"delta":{},"usage":null})"}});
  ASSERT_TRUE(reading.answer.usage.has_value());
  EXPECT_EQ(reading.answer.usage->input, 15);
  EXPECT_EQ(reading.answer.usage->output, 16);
  EXPECT_FALSE(reading.finished);  // only message_stop says so
}

TEST(AnthropicMessagesStreamTest, EndsWithMessageStop) {
  const StreamReading reading = ReadStream({kStart, kText, kStop});
  EXPECT_TRUE(reading.has_content);
  EXPECT_TRUE(reading.finished);
  EXPECT_TRUE(reading.terminated);
  EXPECT_FALSE(kAnthropicMessages.done_ends_stream);
}

// The official client skips them too.
TEST(AnthropicMessagesStreamTest, EventsWithoutANameAreSkipped) {
  const StreamReading reading =
      ReadStream({{"", kStart.second}, {"", kText.second}, {"", kStop.second}});
  EXPECT_FALSE(reading.answer.well_formed);
  EXPECT_FALSE(reading.has_content);
  EXPECT_FALSE(reading.finished);
}

TEST(AnthropicMessagesStreamTest, FindsErrors) {
  const NamedEvent events[] = {
      {"error", R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"},
      {"error", R"({"error":{"type":"overloaded_error"}})"},
      {"error", R"({"type":"overloaded_error"})"},
      {"message_stop", R"({"type":"error","error":{"type":"overloaded_error"}})"},
  };
  for (const NamedEvent& event : events) {
    const StreamReading reading = ReadStream({kStart, event});
    ASSERT_TRUE(reading.answer.error.has_value()) << event.second;
    EXPECT_EQ(reading.answer.error->type, "overloaded_error") << event.second;
    EXPECT_FALSE(reading.terminated) << event.second;
  }
}

TEST(AnthropicMessagesStreamTest, AStartWithoutAMessageIsNoAnswer) {
  for (const std::string& data : WithRubbish(R"({"type":"message_start","message":@})")) {
    EXPECT_FALSE(ReadStream({{"message_start", data}}).answer.well_formed) << data;
  }
}

TEST(AnthropicMessagesStreamTest, PassesOverWhatItDoesNotKnow) {
  for (const char* data : {"null", "7", "[]", R"("x")", R"({"type":"brand_new_event"})"}) {
    const StreamReading reading = ReadStream({kStart, {"brand_new_event", data}});
    EXPECT_FALSE(reading.answer.error.has_value()) << data;
    EXPECT_FALSE(reading.finished) << data;
  }
}

}  // namespace
}  // namespace heyhi
