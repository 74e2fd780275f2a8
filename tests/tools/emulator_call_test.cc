#include "tools/emulator_call.h"

#include <gtest/gtest.h>

namespace heyhi {
namespace {

using Endpoint = EmulatorCall::Endpoint;
using Shape = EmulatorCall::Shape;

EmulatorCall CallTo(const std::string& path) {
  ServerRequest request;
  request.method = "POST";
  request.path = path;
  return ReadCall(request);
}

EmulatorCall CallWith(const std::string& authorization, const std::string& body) {
  ServerRequest request;
  request.path = "/openai/v1/chat/completions";
  request.headers["authorization"] = authorization;
  request.body = body;
  return ReadCall(request);
}

EmulatorCall CallWithHeader(const std::string& path, const std::string& name) {
  ServerRequest request;
  request.path = path;
  request.headers[name] = name == "authorization" ? "Bearer k" : "k";
  return ReadCall(request);
}

struct PathCase {
  const char* path;
  const char* provider;
  const char* own_path;
  Endpoint endpoint;
};

TEST(EmulatorCallTest, KnowsEachProvidersPaths) {
  const PathCase cases[] = {
      {"/openai/v1/chat/completions", "openai", "/v1/chat/completions", Endpoint::kChat},
      {"/openai/v1/models", "openai", "/v1/models", Endpoint::kModels},
      {"/openai/v1/responses", "openai", "/v1/responses", Endpoint::kResponses},
      {"/openai/v1/embeddings", "openai", "/v1/embeddings", Endpoint::kEmbeddings},
      {"/openai/chat/completions", "openai", "/chat/completions", Endpoint::kUnknown},
      {"/mistral/v1/chat/completions", "mistral", "/v1/chat/completions", Endpoint::kChat},
      {"/xai/v1/chat/completions", "xai", "/v1/chat/completions", Endpoint::kChat},
      {"/deepseek/chat/completions", "deepseek", "/chat/completions", Endpoint::kChat},
      {"/deepseek/models", "deepseek", "/models", Endpoint::kModels},
      {"/deepseek/v1/models", "deepseek", "/v1/models", Endpoint::kUnknown},
      {"/groq/openai/v1/chat/completions", "groq", "/openai/v1/chat/completions", Endpoint::kChat},
      {"/groq/v1/models", "groq", "/v1/models", Endpoint::kUnknown},
      {"/openrouter/api/v1/models", "openrouter", "/api/v1/models", Endpoint::kModels},
      {"/acme/v1/chat/completions", "acme", "/v1/chat/completions", Endpoint::kChat},
      {"/acme/v1/other", "acme", "/v1/other", Endpoint::kUnknown},
      {"/acme", "acme", "/", Endpoint::kUnknown},
      {"/", "", "/", Endpoint::kUnknown},
      {"", "", "/", Endpoint::kUnknown},
      {"//v1/models", "", "/v1/models", Endpoint::kUnknown},
  };
  for (const PathCase& expected : cases) {
    const EmulatorCall call = CallTo(expected.path);
    EXPECT_EQ(call.provider, expected.provider) << expected.path;
    EXPECT_EQ(call.path, expected.own_path) << expected.path;
    EXPECT_EQ(call.endpoint, expected.endpoint) << expected.path;
  }
}

struct RouteCase {
  const char* path;
  Shape shape;
  Endpoint endpoint;
  const char* model = "";
};

TEST(EmulatorCallTest, KnowsTheOtherShapes) {
  const RouteCase cases[] = {
      {"/anthropic/v1/messages", Shape::kAnthropic, Endpoint::kChat},
      {"/anthropic/v1/messages/count_tokens", Shape::kAnthropic, Endpoint::kCountTokens},
      {"/anthropic/v1/models", Shape::kAnthropic, Endpoint::kModels},
      {"/anthropic/v1/models/m-1", Shape::kAnthropic, Endpoint::kModel, "m-1"},
      {"/anthropic/v1/chat/completions", Shape::kAnthropic, Endpoint::kUnknown},
      {"/gemini/v1beta/models/m-1:generateContent", Shape::kGemini, Endpoint::kChat, "m-1"},
      {"/gemini/v1beta/models/m-1:streamGenerateContent", Shape::kGemini, Endpoint::kChat, "m-1"},
      {"/gemini/v1beta/models/m-1:countTokens", Shape::kGemini, Endpoint::kCountTokens, "m-1"},
      {"/gemini/v1beta/models", Shape::kGemini, Endpoint::kModels},
      {"/gemini/v1beta/models/m-1", Shape::kGemini, Endpoint::kModel, "m-1"},
      {"/gemini/v1beta/models/:generateContent", Shape::kGemini, Endpoint::kModel,
       ":generateContent"},
      {"/gemini/v1beta/openai/chat/completions", Shape::kOpenAi, Endpoint::kChat},
      {"/gemini/v1beta/openai/models", Shape::kOpenAi, Endpoint::kModels},
      {"/gemini/v1/models", Shape::kGemini, Endpoint::kUnknown},
      {"/cohere/v2/chat", Shape::kCohere, Endpoint::kChat},
      {"/cohere/v1/models", Shape::kCohere, Endpoint::kModels},
      {"/cohere/v1/models/m-1", Shape::kCohere, Endpoint::kModel, "m-1"},
      {"/cohere/v1/chat", Shape::kCohere, Endpoint::kUnknown},
      {"/azure_openai/openai/v1/chat/completions", Shape::kOpenAi, Endpoint::kChat},
      {"/azure_openai/openai/v1/responses", Shape::kOpenAi, Endpoint::kResponses},
      {"/azure_openai/openai/deployments/d-1/chat/completions", Shape::kOpenAi, Endpoint::kChat,
       "d-1"},
      {"/azure_openai/openai/models", Shape::kOpenAi, Endpoint::kModels},
      {"/bedrock/openai/v1/chat/completions", Shape::kOpenAi, Endpoint::kChat},
      {"/bedrock/openai/v1/models", Shape::kOpenAi, Endpoint::kModels},
      {"/openrouter/api/v1/models/a/b", Shape::kOpenAi, Endpoint::kModel, "a/b"},
      {"/acme/v1/messages", Shape::kAnthropic, Endpoint::kChat},
      {"/acme/v1beta/models/m-1:generateContent", Shape::kGemini, Endpoint::kChat, "m-1"},
      {"/acme/v2/chat", Shape::kCohere, Endpoint::kChat},
      {"/acme/v1/models", Shape::kOpenAi, Endpoint::kModels},
  };
  for (const RouteCase& expected : cases) {
    const EmulatorCall call = CallTo(expected.path);
    EXPECT_EQ(call.shape, expected.shape) << expected.path;
    EXPECT_EQ(call.endpoint, expected.endpoint) << expected.path;
    EXPECT_EQ(call.model, expected.model) << expected.path;
  }
}

TEST(EmulatorCallTest, ReadsKeysWhereTheProviderDoes) {
  const struct {
    const char* path;
    const char* header;
    bool read;
  } cases[] = {
      {"/openai/v1/models", "authorization", true},
      {"/openai/v1/models", "api-key", false},
      {"/openai/v1/models", "x-api-key", false},
      {"/anthropic/v1/models", "authorization", true},
      {"/anthropic/v1/models", "x-api-key", true},
      {"/anthropic/v1/models", "x-goog-api-key", false},
      {"/gemini/v1beta/models", "x-goog-api-key", true},
      {"/gemini/v1beta/models", "authorization", false},
      {"/gemini/v1beta/openai/models", "authorization", true},
      {"/azure_openai/openai/models", "api-key", true},
      {"/azure_openai/openai/v1/models", "authorization", true},
      {"/bedrock/openai/v1/models", "api-key", false},
      {"/cohere/v1/models", "authorization", true},
      {"/acme/v1/models", "x-api-key", true},
      {"/acme/v1/models", "api-key", true},
  };
  for (const auto& expected : cases) {
    EXPECT_EQ(CallWithHeader(expected.path, expected.header).has_key, expected.read)
        << expected.path << " " << expected.header;
  }
}

TEST(EmulatorCallTest, ReadsTheApiVersion) {
  ServerRequest request;
  EXPECT_EQ(ReadCall(request).api_version, "");
  request.headers["anthropic-version"] = "2026-10-21";
  EXPECT_EQ(ReadCall(request).api_version, "2026-10-21");
  request.query["api-version"] = "2024-10-21";
  EXPECT_EQ(ReadCall(request).api_version, "2024-10-21");
}

TEST(EmulatorCallTest, StreamsByThePathOfGemini) {
  ServerRequest request;
  request.path = "/gemini/v1beta/models/m:streamGenerateContent";
  EXPECT_TRUE(ReadCall(request).stream);
  EXPECT_TRUE(ReadCall(request).stream_as_list);
  request.query["alt"] = "sse";
  EXPECT_TRUE(ReadCall(request).stream);
  EXPECT_FALSE(ReadCall(request).stream_as_list);
  EXPECT_FALSE(CallTo("/gemini/v1beta/models/m:generateContent").stream);
}

TEST(EmulatorCallTest, SeesWhetherAKeyCame) {
  EXPECT_TRUE(CallWith("Bearer k", "").has_key);
  EXPECT_TRUE(CallWith("bearer k", "").has_key);
  for (const char* none : {"", "Bearer", "Bearer ", "Bearer   ", "Basic azpr", "k"}) {
    EXPECT_FALSE(CallWith(none, "").has_key) << none;
  }
}

TEST(EmulatorCallTest, ReadsModelAndStream) {
  const EmulatorCall call = CallWith("", R"({"model": "m", "stream": true})");
  EXPECT_EQ(call.model, "m");
  EXPECT_TRUE(call.stream);
}

TEST(EmulatorCallTest, TakesWrongTypesForNothing) {
  for (const char* body : {"", "{", "[]", "null", R"({"model": 5, "stream": "yes"})"}) {
    const EmulatorCall call = CallWith("", body);
    EXPECT_EQ(call.model, "") << body;
    EXPECT_FALSE(call.stream) << body;
  }
}

}  // namespace
}  // namespace heyhi
