#include <gmock/gmock.h>

#include <string>

#include "tests/probes/dialect_fixture.h"

namespace heyhi {
namespace {

constexpr char kDialect[] = "openai_responses";

// --- requests ------------------------------------------------------------------

TEST(OpenAiResponsesTest, SendsTheSmallestCallAndHasItForgotten) {
  const HttpRequest request = RequestFor({"openai", "gpt-6-luna", "chat", kDialect});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://api.openai.com/v1/responses");
  EXPECT_EQ(request.body, R"({"model":"gpt-6-luna","input":"ping","max_output_tokens":16,)"
                          R"("reasoning":{"effort":"none"},"store":false})");
  EXPECT_THAT(request.headers,
              testing::ElementsAre(testing::Pair("Accept", "application/json"),
                                   testing::Pair("Content-Type", "application/json"),
                                   testing::Pair("Authorization", "Bearer test-key")));
}

TEST(OpenAiResponsesTest, AStreamSaysSo) {
  const HttpRequest request = RequestFor({"openai", "gpt-4o-mini", "stream", kDialect});
  EXPECT_EQ(request.url, "https://api.openai.com/v1/responses");
  EXPECT_EQ(HeaderOf(request, "Accept"), "text/event-stream");
  EXPECT_EQ(request.body,
            R"({"model":"gpt-4o-mini","input":"ping","max_output_tokens":16,"stream":true,)"
            R"("store":false})");
}

TEST(OpenAiResponsesTest, CallsOthersLikeAnyCompatibleEndpoint) {
  const HttpRequest request =
      RequestFor({"bedrock", "a.model-1:0", "chat", kDialect, "https://r.example/openai/v1/"});
  EXPECT_EQ(request.url, "https://r.example/openai/v1/responses");
  EXPECT_EQ(request.body,
            R"({"model":"a.model-1:0","input":"ping","max_output_tokens":16,"store":false})");
}

TEST(OpenAiResponsesTest, SendsNoKeyHeaderWithoutAKey) {
  Target target = MakeTarget({"", "m", "chat", kDialect, "https://llm.example/v1"});
  target.api_key = Secret();
  EXPECT_EQ(HeaderOf(RequestOf(target), "Authorization"), "(none)");
}

// --- answers -------------------------------------------------------------------

TEST(OpenAiResponsesTest, ReadsModelAndUsage) {
  const Answer answer = ReadWhole(
      kOpenAiResponses, R"({"status":"completed","error":null,"model":"m-2","output":[],)"
                        R"("usage":{"input_tokens":7,"output_tokens":16,"total_tokens":23,)"
                        R"("input_tokens_details":{"cached_tokens":2},)"
                        R"("output_tokens_details":{"reasoning_tokens":16}}})");
  EXPECT_TRUE(answer.well_formed);
  EXPECT_FALSE(answer.error.has_value());
  EXPECT_EQ(answer.served_model, "m-2");
  ASSERT_TRUE(answer.usage.has_value());
  EXPECT_EQ(answer.usage->input, 7);
  EXPECT_EQ(answer.usage->output, 16);
}

TEST(OpenAiResponsesTest, AnAnswerThatTheCapCutIsOne) {
  const Answer answer =
      ReadWhole(kOpenAiResponses, R"({"status":"incomplete","output":[{"type":"reasoning"}],)"
                                  R"("incomplete_details":{"reason":"max_output_tokens"}})");
  EXPECT_TRUE(answer.well_formed);
  EXPECT_FALSE(answer.error.has_value());
}

TEST(OpenAiResponsesTest, RubbishIsNoAnswer) {
  for (const char* form : {"@", R"({"output":@})", R"({"output":[],"status":@})"}) {
    for (const std::string& text : WithRubbish(form)) {
      EXPECT_FALSE(ReadWhole(kOpenAiResponses, text).well_formed) << text;
    }
  }
  for (const char* text :
       {R"({"status":"completed","output":null})", R"({"status":"completed","output":{}})",
        R"({"status":"completed"})", R"({"status":"in_progress","output":[]})",
        R"({"status":"cancelled","output":[]})", R"({"status":"queued","output":[]})"}) {
    EXPECT_FALSE(ReadWhole(kOpenAiResponses, text).well_formed) << text;
  }
}

TEST(OpenAiResponsesTest, FindsErrors) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"status":"failed","error":{"code":"rate_limit_exceeded"}})", "rate_limit_exceeded"},
      {R"({"status":"failed","error":null,"output":[]})", ""},
      {R"({"status":"completed","output":[],"error":{"code":"server_error"}})", "server_error"},
      {R"({"error":{"code":502}})", "502"},
      {R"({"error":"no"})", ""},
  };
  for (const auto& [text, code] : cases) {
    const Answer answer = ReadWhole(kOpenAiResponses, text);
    ASSERT_TRUE(answer.error.has_value()) << text;
    EXPECT_EQ(answer.error->code, code) << text;
  }
}

// --- streams -------------------------------------------------------------------

StreamReading ReadEvents(const std::vector<std::string>& texts) {
  std::vector<NamedEvent> events;
  for (const std::string& text : texts) events.emplace_back("as-the-type", text);
  return ReadEvents(kOpenAiResponses, events);
}

TEST(OpenAiResponsesStreamTest, AnnouncementsAreNoContent) {
  const StreamReading reading =
      ReadEvents({R"({"type":"response.created","response":{"status":"in_progress","error":null}})",
                  R"({"type":"response.in_progress","response":{"status":"in_progress"}})",
                  R"({"type":"response.output_item.added","item":{"type":"message","content":[]}})",
                  R"({"type":"response.output_text.delta","delta":""})",
                  R"({"type":"response.output_text.delta","delta":null})",
                  R"({"type":"response.output_text.done","text":"pong"})"});
  EXPECT_FALSE(reading.has_content);
  EXPECT_FALSE(reading.finished);
  EXPECT_FALSE(reading.answer.error.has_value());
}

TEST(OpenAiResponsesStreamTest, TextThinkingAndRefusalsAreContent) {
  for (const char* type : {"output_text", "refusal", "reasoning_summary_text", "reasoning_text"}) {
    EXPECT_TRUE(
        ReadEvents({std::string(R"({"type":"response.)") + type + R"(.delta","delta":"p"})"})
            .has_content)
        << type;
  }
}

TEST(OpenAiResponsesStreamTest, EndsWithTheWholeResponse) {
  for (const char* word : {"completed", "incomplete"}) {
    const std::string status(word);
    const StreamReading reading = ReadEvents(
        {R"({"type":"response.)" + status + R"(","response":{"status":")" + status +
         R"(","output":[],"model":"m-2","usage":{"input_tokens":7,"output_tokens":2}}})"});
    EXPECT_TRUE(reading.answer.well_formed) << status;
    EXPECT_TRUE(reading.finished) << status;
    EXPECT_TRUE(reading.terminated) << status;
    EXPECT_EQ(reading.answer.served_model, "m-2");
    ASSERT_TRUE(reading.answer.usage.has_value());
    EXPECT_EQ(reading.answer.usage->output, 2);
  }
  EXPECT_FALSE(kOpenAiResponses.done_ends_stream);
}

TEST(OpenAiResponsesStreamTest, AnEndWithoutAResponseIsNoAnswer) {
  for (const std::string& event : WithRubbish(R"({"type":"response.completed","response":@})")) {
    EXPECT_FALSE(ReadEvents({event}).answer.well_formed) << event;
  }
}

TEST(OpenAiResponsesStreamTest, FindsErrorsInAllTheirForms) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"type":"error","code":"server_error","message":"x","param":null})", "server_error"},
      {R"({"type":"error","error":{"type":"t","code":"rate_limit_exceeded"}})",
       "rate_limit_exceeded"},
      {R"({"type":"response.failed","response":{"status":"failed","error":{"code":"c3"}}})", "c3"},
      {R"({"type":"response.failed","response":{"status":"failed","error":null}})", ""},
      {R"({"type":"response.failed"})", ""},
      {R"({"error":{"code":"c5"}})", "c5"},
      {R"({"type":"error","error":"no"})", ""},
      {R"({"type":"response.completed","response":{"status":"completed","output":[],)"
       R"("error":{"code":"c4"}}})",
       "c4"},
  };
  for (const auto& [event, code] : cases) {
    const StreamReading reading = ReadEvents({event});
    ASSERT_TRUE(reading.answer.error.has_value()) << event;
    EXPECT_EQ(reading.answer.error->code, code) << event;
  }
}

TEST(OpenAiResponsesStreamTest, PassesOverWhatItDoesNotKnow) {
  for (const char* event : {"null", "[]", "7", R"({"type":null})", R"({"type":"keepalive"})",
                            R"({"type":".delta"})", R"({"type":"response.queued"})"}) {
    const StreamReading reading = ReadEvents({event});
    EXPECT_FALSE(reading.has_content || reading.finished) << event;
    EXPECT_FALSE(reading.answer.error.has_value()) << event;
  }
}

}  // namespace
}  // namespace heyhi
