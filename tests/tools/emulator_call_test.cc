#include "tools/emulator_call.h"

#include <gtest/gtest.h>

namespace heyhi {
namespace {

using Endpoint = EmulatorCall::Endpoint;

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
