#include <gmock/gmock.h>

#include <string>

#include "probes/dialect.h"
#include "probes/json.h"
#include "probes/providers.h"

namespace heyhi {
namespace {

Target TargetOf(const std::string& provider_name, const std::string& model) {
  const Provider& provider = *FindProvider(provider_name);
  const MinimalCall& call = provider.MinimalCallFor(model);
  Target target;
  target.id = {provider_name, model, "chat", "local"};
  target.base_url = std::string(provider.base_url);
  target.api_key = Secret("test-key");
  target.cap_field = std::string(call.cap_field);
  target.token_cap = call.token_cap;
  target.extra_body = std::string(call.extra_body);
  return target;
}

struct RequestCase {
  const char* provider;
  const char* model;
  const char* url;
  const char* body;
};

class OpenAiChatRequestTest : public testing::TestWithParam<RequestCase> {};

TEST_P(OpenAiChatRequestTest, IsTheSmallestCallThatTheProviderAccepts) {
  const RequestCase& c = GetParam();
  const HttpRequest request = BuildOpenAiChatRequest(TargetOf(c.provider, c.model));
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, c.url);
  EXPECT_EQ(request.body, c.body);
  EXPECT_THAT(request.headers,
              testing::ElementsAre(testing::Pair("Accept", "application/json"),
                                   testing::Pair("Content-Type", "application/json"),
                                   testing::Pair("Authorization", "Bearer test-key")));
}

INSTANTIATE_TEST_SUITE_P(
    Table, OpenAiChatRequestTest,
    testing::Values(
        RequestCase{"openai", "gpt-6-luna", "https://api.openai.com/v1/chat/completions",
                    R"({"model":"gpt-6-luna","messages":[{"role":"user","content":"ping"}],)"
                    R"("max_completion_tokens":16,"reasoning_effort":"none"})"},
        RequestCase{"mistral", "ministral-3b-latest", "https://api.mistral.ai/v1/chat/completions",
                    R"({"model":"ministral-3b-latest","messages":[{"role":"user",)"
                    R"("content":"ping"}],"max_tokens":1,"stream":false})"},
        RequestCase{"xai", "grok-4.3", "https://api.x.ai/v1/chat/completions",
                    R"({"model":"grok-4.3","messages":[{"role":"user","content":"ping"}],)"
                    R"("max_tokens":16})"},
        RequestCase{"deepseek", "deepseek-flash", "https://api.deepseek.com/chat/completions",
                    R"({"model":"deepseek-flash","messages":[{"role":"user","content":"ping"}],)"
                    R"("max_tokens":16,"thinking":{"type":"disabled"}})"},
        RequestCase{"groq", "openai/gpt-oss-20b", "https://api.groq.com/openai/v1/chat/completions",
                    R"({"model":"openai/gpt-oss-20b","messages":[{"role":"user",)"
                    R"("content":"ping"}],"max_tokens":16,"reasoning_effort":"low"})"},
        RequestCase{"openrouter", "openai/gpt-6-luna",
                    "https://openrouter.ai/api/v1/chat/completions",
                    R"({"model":"openai/gpt-6-luna","messages":[{"role":"user",)"
                    R"("content":"ping"}],"max_tokens":16})"}),
    [](const auto& test) { return std::string(test.param.provider); });

TEST(OpenAiChatTest, SendsNoAuthorizationWithoutAKey) {
  Target target = TargetOf("openai", "gpt-6-luna");
  target.api_key = Secret();
  for (const auto& [name, value] : BuildOpenAiChatRequest(target).headers) {
    EXPECT_NE(name, "Authorization");
  }
}

TEST(OpenAiChatTest, JoinsABaseUrlThatEndsInASlash) {
  Target target = TargetOf("openai", "gpt-6-luna");
  target.base_url = "https://llm.example/v1/";
  EXPECT_EQ(BuildOpenAiChatRequest(target).url, "https://llm.example/v1/chat/completions");
}

Answer ReadText(const std::string& text) {
  const auto document = JsonDocument::Parse(text);
  Answer answer = ReadOpenAiChatAnswer(document->root());
  answer.error = JsonView();  // the document ends here
  return answer;
}

TEST(OpenAiChatTest, ReadsModelAndUsage) {
  const Answer answer = ReadText(
      R"({"model":"m-2","choices":[{"message":{"content":null},"finish_reason":"length"}],)"
      R"("usage":{"prompt_tokens":7,"completion_tokens":16}})");
  EXPECT_TRUE(answer.well_formed);
  EXPECT_EQ(answer.served_model, "m-2");
  ASSERT_TRUE(answer.usage.has_value());
  EXPECT_EQ(answer.usage->input, 7);
  EXPECT_EQ(answer.usage->output, 16);
}

class MalformedAnswerTest : public testing::TestWithParam<const char*> {};

TEST_P(MalformedAnswerTest, IsNotTakenForAnAnswer) {
  EXPECT_FALSE(ReadText(GetParam()).well_formed);
}

INSTANTIATE_TEST_SUITE_P(
    Table, MalformedAnswerTest,
    testing::Values("{}", "[]", "null", R"({"choices":null})", R"({"choices":{}})",
                    R"({"choices":[]})", R"({"choices":[null]})", R"({"choices":[{}]})",
                    R"({"choices":[{"message":"pong","finish_reason":"stop"}]})",
                    R"({"choices":[{"message":{},"finish_reason":null}]})",
                    R"({"choices":[{"message":{},"finish_reason":7}]})"));

TEST(OpenAiChatTest, IgnoresUsageThatIsNotNumbers) {
  const std::string start = R"({"choices":[{"message":{},"finish_reason":"stop"}],"usage":)";
  for (const char* usage : {"null", "{}", "[]", R"({"prompt_tokens":"7","completion_tokens":1})",
                            R"({"prompt_tokens":-7,"completion_tokens":1})",
                            R"({"prompt_tokens":1e300,"completion_tokens":1})",
                            R"({"prompt_tokens":9223372036854775807,"completion_tokens":1})",
                            R"({"prompt_tokens":1.5,"completion_tokens":1})"}) {
    EXPECT_FALSE(ReadText(start + usage + "}").usage.has_value()) << usage;
  }
}

}  // namespace
}  // namespace heyhi
