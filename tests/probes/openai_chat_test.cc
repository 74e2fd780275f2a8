#include <gmock/gmock.h>

#include <string>

#include "tests/probes/dialect_fixture.h"

namespace heyhi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

// --- requests ------------------------------------------------------------------

struct RequestCase {
  const char* provider;
  const char* model;
  const char* url;
  const char* added;  // the chat body's end, after the messages

  friend void PrintTo(const RequestCase& c, std::ostream* out) { *out << c.provider; }
};

class OpenAiChatRequestTest : public testing::TestWithParam<RequestCase> {};

TEST_P(OpenAiChatRequestTest, IsTheSmallestCallThatTheProviderAccepts) {
  const RequestCase& c = GetParam();
  const HttpRequest request = RequestFor({c.provider, c.model});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, c.url);
  EXPECT_EQ(request.body, std::string(R"({"model":")") + c.model +
                              R"(","messages":[{"role":"user","content":"ping"}],)" + c.added);
  EXPECT_THAT(request.headers, ElementsAre(Pair("Accept", "application/json"),
                                           Pair("Content-Type", "application/json"),
                                           Pair("Authorization", "Bearer test-key")));
}

INSTANTIATE_TEST_SUITE_P(
    Table, OpenAiChatRequestTest,
    testing::Values(
        RequestCase{"openai", "gpt-6-luna", "https://api.openai.com/v1/chat/completions",
                    R"("max_completion_tokens":16,"reasoning_effort":"none"})"},
        RequestCase{"mistral", "ministral-3b-latest", "https://api.mistral.ai/v1/chat/completions",
                    R"("max_tokens":1,"stream":false})"},
        RequestCase{"xai", "grok-4.3", "https://api.x.ai/v1/chat/completions",
                    R"("max_tokens":16})"},
        RequestCase{"deepseek", "deepseek-flash", "https://api.deepseek.com/chat/completions",
                    R"("max_tokens":16,"thinking":{"type":"disabled"}})"},
        RequestCase{"groq", "openai/gpt-oss-20b", "https://api.groq.com/openai/v1/chat/completions",
                    R"("max_tokens":16,"reasoning_effort":"low"})"},
        RequestCase{"openrouter", "openai/gpt-6-luna",
                    "https://openrouter.ai/api/v1/chat/completions", R"("max_tokens":16})"}),
    [](const auto& test) { return std::string(test.param.provider); });

TEST(OpenAiChatTest, AStreamAsksForItsUsage) {
  const HttpRequest request = RequestFor({"xai", "grok-4.3", "stream"});
  EXPECT_EQ(request.url, "https://api.x.ai/v1/chat/completions");
  EXPECT_EQ(HeaderOf(request, "Accept"), "text/event-stream");
  EXPECT_EQ(request.body,
            R"({"model":"grok-4.3","messages":[{"role":"user","content":"ping"}],)"
            R"("max_tokens":16,"stream":true,"stream_options":{"include_usage":true}})");
}

TEST(OpenAiChatTest, MistralSaysStreamAndAsksForNothingElse) {
  const HttpRequest request = RequestFor({"mistral", "ministral-3b-latest", "stream"});
  EXPECT_THAT(request.body, HasSubstr(R"("stream":true})"));
  EXPECT_THAT(request.body, Not(HasSubstr("stream_options")));
}

TEST(OpenAiChatTest, SendsTheTargetsOwnPromptAndCap) {
  Target target = MakeTarget({"xai", "grok-4.3"});
  target.prompt = "say \"hi\"\n";
  target.call.token_cap = 99;
  EXPECT_THAT(RequestOf(target).body, HasSubstr(R"("content":"say \"hi\"\n")"));
  EXPECT_THAT(RequestOf(target).body, HasSubstr(R"("max_tokens":99)"));
}

TEST(OpenAiChatTest, SendsNoKeyHeaderWithoutAKey) {
  Target target = MakeTarget({"openai", "gpt-6-luna"});
  target.api_key = Secret();
  EXPECT_EQ(HeaderOf(RequestOf(target), "Authorization"), "(none)");
}

TEST(OpenAiChatTest, JoinsABaseUrlThatEndsInASlash) {
  EXPECT_EQ(RequestFor({"", "m", "chat", "openai_chat", "https://llm.example/v1/"}).url,
            "https://llm.example/v1/chat/completions");
}

TEST(OpenAiChatTest, CallsAzuresTwoRoutes) {
  const HttpRequest own =
      RequestFor({"azure_openai", "my model/1", "chat", "", "https://r.example/openai"});
  EXPECT_EQ(own.url,
            "https://r.example/openai/deployments/my%20model%2F1/chat/completions"
            "?api-version=2024-10-21");
  EXPECT_EQ(own.body, R"({"model":"my model/1","messages":[{"role":"user","content":"ping"}],)"
                      R"("max_completion_tokens":16})");
  EXPECT_EQ(HeaderOf(own, "api-key"), "test-key");
  EXPECT_EQ(HeaderOf(own, "Authorization"), "(none)");
  const HttpRequest v1 =
      RequestFor({"azure_openai", "d", "chat", "", "https://r.example/openai/v1"});
  EXPECT_EQ(v1.url, "https://r.example/openai/v1/chat/completions");
  EXPECT_EQ(HeaderOf(v1, "Authorization"), "Bearer test-key");
}

TEST(OpenAiChatTest, CallsBedrock) {
  const HttpRequest request =
      RequestFor({"bedrock", "a.model-1:0", "chat", "", "https://r.example/openai/v1"});
  EXPECT_EQ(request.url, "https://r.example/openai/v1/chat/completions");
  EXPECT_EQ(request.body, R"({"model":"a.model-1:0","messages":[{"role":"user","content":"ping"}],)"
                          R"("max_tokens":16})");
  EXPECT_EQ(HeaderOf(request, "Authorization"), "Bearer test-key");
}

TEST(OpenAiChatTest, JoinsAQueryToOneThatIsThere) {
  Target target = MakeTarget({"xai", "grok-4.3"});
  target.call.query = "a=1";
  EXPECT_EQ(RequestOf(target).url, "https://api.x.ai/v1/chat/completions?a=1");
  target.call.path_prefix = "/deployments/x?y=2&z=";
  EXPECT_THAT(RequestOf(target).url, testing::EndsWith("&a=1"));
}

// --- answers -------------------------------------------------------------------

TEST(OpenAiChatTest, ReadsModelAndUsage) {
  const Answer answer =
      ReadWhole(kOpenAiChat,
                R"({"model":"m-2","choices":[{"message":{"content":null},)"
                R"("finish_reason":"length"}],"usage":{"prompt_tokens":7,"completion_tokens":16,)"
                R"("total_tokens":23,"prompt_tokens_details":{"cached_tokens":5},)"
                R"("completion_tokens_details":{"reasoning_tokens":16}}})");
  EXPECT_TRUE(answer.well_formed);
  EXPECT_FALSE(answer.error.has_value());
  EXPECT_EQ(answer.served_model, "m-2");
  ASSERT_TRUE(answer.usage.has_value());
  EXPECT_EQ(answer.usage->input, 7);
  EXPECT_EQ(answer.usage->output, 16);
}

std::optional<TokenUsage> UsageOf(const std::string& usage) {
  return ReadWhole(kOpenAiChat,
                   R"({"choices":[{"message":{},"finish_reason":"stop"}],"usage":)" + usage + "}")
      .usage;
}

// xAI's completion leaves its thinking out; the total has it, and so has the bill.
TEST(OpenAiChatTest, CountsHiddenThinkingThatOnlyTheTotalShows) {
  const auto usage = UsageOf(R"({"prompt_tokens":12,"completion_tokens":1,"total_tokens":399,)"
                             R"("completion_tokens_details":{"reasoning_tokens":386}})");
  ASSERT_TRUE(usage.has_value());
  EXPECT_EQ(usage->input, 12);
  EXPECT_EQ(usage->output, 387);
}

TEST(OpenAiChatTest, IgnoresATotalThatCannotBe) {
  for (const char* total : {"null", "\"9\"", "-1", "3", "9223372036854775807", "1e300"}) {
    const auto usage = UsageOf(
        std::string(R"({"prompt_tokens":7,"completion_tokens":2,"total_tokens":)") + total + "}");
    ASSERT_TRUE(usage.has_value()) << total;
    EXPECT_EQ(usage->output, 2) << total;
  }
}

TEST(OpenAiChatTest, IgnoresUsageThatIsNotNumbers) {
  for (const char* usage :
       {"null", "{}", "[]", R"({"prompt_tokens":"7","completion_tokens":1})",
        R"({"prompt_tokens":-7,"completion_tokens":1})",
        R"({"prompt_tokens":1e300,"completion_tokens":1})",
        R"({"prompt_tokens":9223372036854775807,"completion_tokens":1})",
        R"({"prompt_tokens":1,"completion_tokens":18446744073709551615})",
        R"({"prompt_tokens":1.5,"completion_tokens":1})", R"({"completion_tokens":1})"}) {
    EXPECT_FALSE(UsageOf(usage).has_value()) << usage;
  }
}

TEST(OpenAiChatTest, AnAnswerWithoutTextIsOne) {
  for (const char* text : {R"({"choices":[{"message":{"content":""},"finish_reason":"length"}]})",
                           R"({"choices":[{"message":{},"finish_reason":"content_filter"}]})",
                           R"({"error":null,"choices":[{"message":{"refusal":"No."},)"
                           R"("finish_reason":"stop"}]})"}) {
    const Answer answer = ReadWhole(kOpenAiChat, text);
    EXPECT_TRUE(answer.well_formed) << text;
    EXPECT_FALSE(answer.error.has_value()) << text;
    EXPECT_EQ(answer.served_model, "") << text;
  }
}

TEST(OpenAiChatTest, RubbishIsNoAnswer) {
  for (const char* form : {"@", R"({"choices":@})", R"({"choices":[{"message":@}]})"}) {
    for (const std::string& text : WithRubbish(form)) {
      EXPECT_FALSE(ReadWhole(kOpenAiChat, text).well_formed) << text;
    }
  }
  for (const char* text : {R"({"choices":[{"message":"pong","finish_reason":"stop"}]})",
                           R"({"choices":[{"message":[{}],"finish_reason":"stop"}]})",
                           R"({"choices":[{"message":{},"finish_reason":null}]})",
                           R"({"choices":[{"message":{},"finish_reason":""}]})",
                           R"({"choices":[{"message":{},"finish_reason":7}]})",
                           R"({"choices":[{"delta":{},"finish_reason":"stop"}]})"}) {
    EXPECT_FALSE(ReadWhole(kOpenAiChat, text).well_formed) << text;
  }
}

TEST(OpenAiChatTest, FindsErrorsInAllTheirForms) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"error":{"message":"x","code":502},"user_id":"u"})", "502"},
      {R"({"error":"overloaded","code":"c1"})", "c1"},
      {R"({"choices":[{"finish_reason":"error","error":{"code":429},"message":{}}]})", "429"},
      {R"({"choices":[{"finish_reason":"error","code":"c2","message":{}}]})", "c2"},
      {R"({"object":"error","type":"t","code":"3505","message":"x"})", "3505"},
      {R"({"choices":[{"message":{},"finish_reason":"insufficient_system_resource"}]})",
       "insufficient_system_resource"},
      {R"({"error":{}})", ""},
      {R"({"error":false})", ""},
  };
  for (const auto& [text, code] : cases) {
    const Answer answer = ReadWhole(kOpenAiChat, text);
    ASSERT_TRUE(answer.error.has_value()) << text;
    EXPECT_EQ(answer.error->code, code) << text;
  }
}

// --- streams -------------------------------------------------------------------

StreamReading ReadChunks(const std::vector<std::string>& chunks) {
  std::vector<NamedEvent> events;
  for (const std::string& chunk : chunks) events.emplace_back("", chunk);
  return ReadEvents(kOpenAiChat, events);
}

TEST(OpenAiChatStreamTest, OnlyARoleIsNoContent) {
  const StreamReading reading =
      ReadChunks({R"({"model":"m-1","choices":[{"delta":{"role":"assistant","content":""},)"
                  R"("finish_reason":null}],"usage":null})"});
  EXPECT_TRUE(reading.answer.well_formed);
  EXPECT_EQ(reading.answer.served_model, "m-1");
  EXPECT_FALSE(reading.has_content);
  EXPECT_FALSE(reading.finished);
}

TEST(OpenAiChatStreamTest, TextThinkingAndRefusalsAreContent) {
  for (const char* member : {"content", "reasoning", "reasoning_content", "refusal"}) {
    const std::string name(member);
    EXPECT_TRUE(ReadChunks({R"({"choices":[{"delta":{")" + name + R"(":"p"}}]})"}).has_content);
    for (const std::string& chunk :
         WithRubbish(R"({"choices":[{"delta":{")" + name + R"(":@}}]})")) {
      const bool is_text = chunk.find(R"("x")") != std::string::npos;
      EXPECT_EQ(ReadChunks({chunk}).has_content, is_text) << chunk;
    }
  }
}

TEST(OpenAiChatStreamTest, ReadsTheReasonAndTheUsageAfterIt) {
  const StreamReading reading = ReadChunks(
      {R"({"choices":[{"delta":{"content":"p"},"finish_reason":null}],"usage":null})",
       R"({"choices":[{"delta":{},"finish_reason":"stop"}],"usage":null})",
       R"({"model":"m-2","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":1}})"});
  EXPECT_TRUE(reading.finished);
  EXPECT_FALSE(reading.terminated);  // that is what [DONE] says
  EXPECT_TRUE(kOpenAiChat.done_ends_stream);
  EXPECT_EQ(reading.answer.served_model, "m-2");
  ASSERT_TRUE(reading.answer.usage.has_value());
  EXPECT_EQ(reading.answer.usage->input, 7);
}

TEST(OpenAiChatStreamTest, ChunksWithoutAChoiceAreNoAnswer) {
  for (const std::string& chunk : WithRubbish(R"({"choices":@})")) {
    EXPECT_FALSE(ReadChunks({chunk}).answer.well_formed) << chunk;
  }
  EXPECT_FALSE(ReadChunks({R"({"choices":[{"delta":"x"}]})"}).answer.well_formed);
}

TEST(OpenAiChatStreamTest, FindsErrorsInAllTheirForms) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"error":{"message":"x","type":"server_error","code":null}})", ""},
      {R"({"error":{"code":"rate_limit_exceeded"},"choices":[{"delta":{},)"
       R"("finish_reason":"error"}]})",
       "rate_limit_exceeded"},
      {R"({"choices":[{"delta":{},"finish_reason":"error","error":{"code":502}}]})", "502"},
      {R"({"choices":[{"delta":{},"finish_reason":"error"}]})", ""},
      {R"({"object":"error","type":"internal_server_error","code":"3000"})", "3000"},
      {R"({"error":"The model crashed"})", ""},
      {R"({"detail":"Internal server error"})", ""},
      {R"({"message":"x","code":500})", "500"},
  };
  for (const auto& [chunk, code] : cases) {
    const StreamReading reading = ReadChunks({chunk});
    ASSERT_TRUE(reading.answer.error.has_value()) << chunk;
    EXPECT_EQ(reading.answer.error->code, code) << chunk;
  }
}

TEST(OpenAiChatStreamTest, AnEventOfThatNameIsAnError) {
  const StreamReading reading = ReadEvents(kOpenAiChat, {{"error", R"({"code":"c"})"}});
  ASSERT_TRUE(reading.answer.error.has_value());
  EXPECT_EQ(reading.answer.error->code, "c");
}

TEST(OpenAiChatStreamTest, PassesOverWhatItDoesNotKnow) {
  for (const char* chunk : {"null", "7", "[]", R"("x")", R"({"error":null})", R"({"ping":1})",
                            R"({"object":"chat.completion.chunk"})"}) {
    const StreamReading reading = ReadChunks({chunk});
    EXPECT_FALSE(reading.answer.error.has_value()) << chunk;
    EXPECT_FALSE(reading.has_content) << chunk;
    EXPECT_FALSE(reading.finished) << chunk;
  }
}

}  // namespace
}  // namespace heyhi
