#include <gmock/gmock.h>

#include <string>

#include "tests/probes/dialect_fixture.h"

namespace heyhi {
namespace {

constexpr char kModels[] = "https://generativelanguage.googleapis.com/v1beta/models/";

// --- requests ------------------------------------------------------------------

TEST(GeminiGenerateTest, SendsTheSmallestCall) {
  const HttpRequest request = RequestFor({"gemini", "gemini-2.5-flash-lite"});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, std::string(kModels) + "gemini-2.5-flash-lite:generateContent");
  EXPECT_EQ(request.body,
            R"({"contents":[{"parts":[{"text":"ping"}],"role":"user"}],)"
            R"("generationConfig":{"maxOutputTokens":1,"thinkingConfig":{"thinkingBudget":0}}})");
  EXPECT_THAT(request.headers,
              testing::ElementsAre(testing::Pair("Accept", "application/json"),
                                   testing::Pair("Content-Type", "application/json"),
                                   testing::Pair("x-goog-api-key", "test-key")));
}

TEST(GeminiGenerateTest, AStreamIsAnotherPath) {
  const HttpRequest request = RequestFor({"gemini", "gemini-2.5-pro", "stream"});
  EXPECT_EQ(request.url, std::string(kModels) + "gemini-2.5-pro:streamGenerateContent?alt=sse");
  EXPECT_EQ(HeaderOf(request, "Accept"), "text/event-stream");
  EXPECT_EQ(request.body, R"({"contents":[{"parts":[{"text":"ping"}],"role":"user"}],)"
                          R"("generationConfig":{"maxOutputTokens":1}})");
}

TEST(GeminiGenerateTest, KeepsTheModelInItsPlaceOfThePath) {
  const std::pair<const char*, const char*> cases[] = {
      {"models/gemini-2.5-pro", "gemini-2.5-pro"},
      {"tuned/a b", "tuned%2Fa%20b"},
      {"x?key=1&y#z", "x%3Fkey%3D1%26y%23z"},
      {"../../v1/secret", "..%2F..%2Fv1%2Fsecret"},
      {"a:b@c", "a:b%40c"},
      {"\xc3\xa9", "%C3%A9"},
  };
  for (const auto& [model, segment] : cases) {
    EXPECT_EQ(RequestFor({"gemini", model}).url,
              std::string(kModels) + segment + ":generateContent");
  }
}

TEST(GeminiGenerateTest, JoinsAQueryToTheStreamsOwn) {
  Target target = MakeTarget({"gemini", "m", "stream"});
  target.call.query = "a=1";
  EXPECT_EQ(RequestOf(target).url, std::string(kModels) + "m:streamGenerateContent?alt=sse&a=1");
}

TEST(GeminiGenerateTest, CallsCompatibleEndpointsToo) {
  const HttpRequest request =
      RequestFor({"", "m", "chat", "gemini_generate", "https://llm.example/v1/"});
  EXPECT_EQ(request.url, "https://llm.example/v1/models/m:generateContent");
  EXPECT_EQ(HeaderOf(request, "x-goog-api-key"), "test-key");
}

TEST(GeminiGenerateTest, SendsNoKeyHeaderWithoutAKey) {
  Target target = MakeTarget({"gemini", "m"});
  target.api_key = Secret();
  EXPECT_EQ(HeaderOf(RequestOf(target), "x-goog-api-key"), "(none)");
}

// --- answers -------------------------------------------------------------------

TEST(GeminiGenerateTest, ReadsModelAndUsageWithHiddenThinking) {
  const Answer answer = ReadWhole(
      kGeminiGenerate, R"({"candidates":[{"content":{"parts":[{"text":"p"}],"role":"model"},)"
                       R"("finishReason":"STOP"}],"modelVersion":"gemini-3.5-flash-lite",)"
                       R"("usageMetadata":{"promptTokenCount":2,"candidatesTokenCount":1,)"
                       R"("thoughtsTokenCount":30,"totalTokenCount":33}})");
  EXPECT_TRUE(answer.well_formed);
  EXPECT_FALSE(answer.blocked);
  EXPECT_FALSE(answer.error.has_value());
  EXPECT_EQ(answer.served_model, "gemini-3.5-flash-lite");
  ASSERT_TRUE(answer.usage.has_value());
  EXPECT_EQ(answer.usage->input, 2);
  EXPECT_EQ(answer.usage->output, 31);
}

std::optional<TokenUsage> UsageOf(const std::string& usage) {
  return ReadWhole(kGeminiGenerate,
                   R"({"candidates":[{"finishReason":"STOP"}],"usageMetadata":)" + usage + "}")
      .usage;
}

TEST(GeminiGenerateTest, CountsThatAreLeftOutAreZero) {
  const auto usage = UsageOf(R"({"promptTokenCount":2,"totalTokenCount":2})");
  ASSERT_TRUE(usage.has_value());
  EXPECT_EQ(usage->output, 0);
}

TEST(GeminiGenerateTest, IgnoresUsageThatIsNotNumbers) {
  for (const char* usage :
       {"null", "[]", "{}", R"({"candidatesTokenCount":1})", R"({"promptTokenCount":"2"})",
        R"({"promptTokenCount":2,"candidatesTokenCount":null})",
        R"({"promptTokenCount":2,"thoughtsTokenCount":-1})",
        R"({"promptTokenCount":2,"thoughtsTokenCount":9223372036854775807})",
        R"({"promptTokenCount":2,"candidatesTokenCount":1000000,"thoughtsTokenCount":1})"}) {
    EXPECT_FALSE(UsageOf(usage).has_value()) << usage;
  }
}

TEST(GeminiGenerateTest, AnAnswerThatThinkingSpentIsOne) {
  for (const char* text :
       {R"({"candidates":[{"content":{"role":"model"},"finishReason":"MAX_TOKENS"}]})",
        R"({"candidates":[{"finishReason":"MAX_TOKENS"}]})",
        R"({"candidates":[{"content":{"parts":[{"text":"p"}]},"finishReason":"SAFETY"}]})"}) {
    const Answer answer = ReadWhole(kGeminiGenerate, text);
    EXPECT_TRUE(answer.well_formed) << text;
    EXPECT_FALSE(answer.blocked) << text;
  }
}

TEST(GeminiGenerateTest, KnowsRefusedPromptsAndAnswers) {
  for (const char* text :
       {R"({"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}})",
        R"({"candidates":[],"promptFeedback":{"blockReason":"SAFETY"}})",
        R"({"candidates":null,"promptFeedback":{"blockReason":"OTHER"}})",
        R"({"candidates":[{"finishReason":"SAFETY"}]})",
        R"({"candidates":[{"content":{"parts":[]},"finishReason":"PROHIBITED_CONTENT"}]})"}) {
    EXPECT_TRUE(ReadWhole(kGeminiGenerate, text).blocked) << text;
  }
  for (const char* text : {R"({"promptFeedback":{"blockReason":null}})", R"({"promptFeedback":{}})",
                           R"({"candidates":[{}],"promptFeedback":{"blockReason":"SAFETY"}})"}) {
    EXPECT_FALSE(ReadWhole(kGeminiGenerate, text).blocked) << text;
  }
}

StreamReading ReadChunks(const std::vector<std::string>& chunks) {
  std::vector<NamedEvent> events;
  for (const std::string& chunk : chunks) events.emplace_back("", chunk);
  return ReadEvents(kGeminiGenerate, events);
}

TEST(GeminiGenerateTest, KnowsEveryFilter) {
  for (const char* filter :
       {"SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION", "IMAGE_SAFETY"}) {
    const std::string text = std::string(R"({"candidates":[{"finishReason":")") + filter + "\"}]}";
    EXPECT_TRUE(ReadWhole(kGeminiGenerate, text).blocked) << filter;
    EXPECT_TRUE(ReadChunks({text}).answer.blocked) << filter;
  }
}

TEST(GeminiGenerateTest, RubbishIsNoAnswer) {
  for (const char* form : {"@", R"({"candidates":@})", R"({"candidates":[{"content":@}]})"}) {
    for (const std::string& text : WithRubbish(form)) {
      EXPECT_FALSE(ReadWhole(kGeminiGenerate, text).well_formed) << text;
      EXPECT_FALSE(ReadWhole(kGeminiGenerate, text).blocked) << text;
    }
  }
  for (const char* reason : {"null", "\"\"", "1", "[\"STOP\"]"}) {
    const std::string text = std::string(R"({"candidates":[{"finishReason":)") + reason + "}]}";
    EXPECT_FALSE(ReadWhole(kGeminiGenerate, text).well_formed) << text;
  }
}

TEST(GeminiGenerateTest, FindsErrors) {
  const Answer answer = ReadWhole(
      kGeminiGenerate, R"({"error":{"code":503,"message":"Overloaded","status":"UNAVAILABLE"}})");
  ASSERT_TRUE(answer.error.has_value());
  EXPECT_EQ(answer.error->code, "503");
  EXPECT_EQ(answer.error->status, "UNAVAILABLE");
  EXPECT_EQ(answer.error->text, "overloaded");
  EXPECT_FALSE(ReadWhole(kGeminiGenerate, R"({"error":null})").error.has_value());
}

// --- streams -------------------------------------------------------------------

TEST(GeminiGenerateStreamTest, EndsWithAReasonAndNoLastWord) {
  const StreamReading reading =
      ReadChunks({R"({"candidates":[{"content":{"parts":[{"text":"pong"}]}}],)"
                  R"("usageMetadata":{"promptTokenCount":2},"modelVersion":"m-1"})",
                  R"({"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}],)"
                  R"("usageMetadata":{"promptTokenCount":2,"candidatesTokenCount":4}})"});
  EXPECT_TRUE(reading.answer.well_formed);
  EXPECT_TRUE(reading.has_content);
  EXPECT_TRUE(reading.finished);
  EXPECT_FALSE(reading.terminated);
  EXPECT_FALSE(kGeminiGenerate.done_ends_stream);
  EXPECT_EQ(reading.answer.served_model, "m-1");
  ASSERT_TRUE(reading.answer.usage.has_value());
  EXPECT_EQ(reading.answer.usage->output, 4);
}

TEST(GeminiGenerateStreamTest, AnyPartMayCarryTheText) {
  EXPECT_TRUE(ReadChunks({R"({"candidates":[{"content":{"parts":[{"thoughtSignature":"x"},null,)"
                          R"({"text":"hm","thought":true}]}}]})"})
                  .has_content);
  for (const std::string& chunk :
       WithRubbish(R"({"candidates":[{"content":{"parts":[{"text":@}]}}]})")) {
    EXPECT_EQ(ReadChunks({chunk}).has_content, chunk.find(R"("x")") != std::string::npos) << chunk;
  }
  for (const std::string& chunk : WithRubbish(R"({"candidates":[{"content":{"parts":@}}]})")) {
    EXPECT_FALSE(ReadChunks({chunk}).has_content) << chunk;
  }
}

TEST(GeminiGenerateStreamTest, ChunksWithoutACandidateAreNoAnswer) {
  for (const char* form : {"@", R"({"candidates":@})"}) {
    for (const std::string& chunk : WithRubbish(form)) {
      if (chunk == R"({"candidates":[{}]})") continue;
      const StreamReading reading = ReadChunks({chunk});
      EXPECT_FALSE(reading.answer.well_formed || reading.finished) << chunk;
    }
  }
}

TEST(GeminiGenerateStreamTest, FindsErrors) {
  const StreamReading reading =
      ReadChunks({R"({"candidates":[{"content":{"parts":[{"text":"p"}]}}]})",
                  R"({"error":{"code":503,"status":"UNAVAILABLE","message":"overloaded"}})"});
  ASSERT_TRUE(reading.answer.error.has_value());
  EXPECT_EQ(reading.answer.error->status, "UNAVAILABLE");
}

TEST(GeminiGenerateStreamTest, KnowsRefusals) {
  EXPECT_TRUE(ReadChunks({R"({"promptFeedback":{"blockReason":"SAFETY"}})"}).answer.blocked);
  EXPECT_TRUE(ReadChunks({R"({"candidates":[{"finishReason":"SAFETY"}]})"}).answer.blocked);
  // Once it has said something, the API has answered.
  EXPECT_FALSE(ReadChunks({R"({"candidates":[{"content":{"parts":[{"text":"p"}]}}]})",
                           R"({"candidates":[{"finishReason":"SAFETY"}]})"})
                   .answer.blocked);
  EXPECT_FALSE(ReadChunks({R"({"usageMetadata":{"promptTokenCount":2}})"}).answer.blocked);
}

}  // namespace
}  // namespace heyhi
