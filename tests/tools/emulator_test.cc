#include "tools/emulator.h"

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "absl/time/clock.h"
#include "probes/json.h"
#include "tests/serving/http_client.h"

namespace heyhi {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

constexpr const char* kChat = R"({"model": "my-model", "messages": []})";
constexpr const char* kStream = R"({"model": "my-model", "messages": [], "stream": true})";
constexpr const char* kMessage = R"({"model": "my-model", "messages": [], "max_tokens": 1})";

const std::vector<std::string> kKey = {"Authorization: Bearer test-key"};

class EmulatorTest : public ::testing::Test {
 protected:
  static std::unique_ptr<Emulator> Start(EmulatorOptions options = {}) {
    options.testdata = HEYHI_TESTDATA_DIR;
    auto emulator = StartEmulator(options);
    EXPECT_TRUE(emulator.ok()) << emulator.status();
    return *std::move(emulator);
  }

  std::string Url(const std::string& path) { return "http://" + emulator_->http_address() + path; }

  ClientReply Get(const std::string& path) { return Send({.url = Url(path), .headers = kKey}); }
  ClientReply Post(const std::string& path, const std::string& body) {
    return Send({.url = Url(path), .headers = kKey, .body = body});
  }
  ClientReply Chat() { return Post("/openai/v1/chat/completions", kChat); }
  ClientReply PostWithoutKey(const std::string& path) {
    return Send({.url = Url(path), .body = kChat});
  }
  ClientReply OverTls(const std::string& url, const std::string& ca) {
    return Send({.url = url, .headers = kKey, .ca = ca});
  }

  ClientReply Message(const std::string& body, const std::string& path = "/anthropic/v1/messages") {
    return Send({.url = Url(path),
                 .headers = {"x-api-key: test-key", "anthropic-version: 2026-10-21"},
                 .body = body});
  }
  ClientReply Ask(const std::string& path, const std::string& body = R"({"contents": []})") {
    return Send({.url = Url(path), .headers = {"x-goog-api-key: test-key"}, .body = body});
  }

  void SetFault(const std::string& json) {
    const ClientReply reply = Post("/admin/faults", json);
    EXPECT_EQ(reply.status, 201) << reply.body;
  }

  std::unique_ptr<Emulator> emulator_ = Start();
};

TEST_F(EmulatorTest, AnswersAChatWithTheModelAskedFor) {
  const ClientReply reply = Chat();
  EXPECT_EQ(reply.status, 200);
  const auto body = JsonDocument::Parse(reply.body);
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(body->root()["model"].StringOrEmpty(), "my-model");
  EXPECT_EQ(body->root()["choices"].At(0)["message"]["content"].StringOrEmpty(), "pong");
}

TEST_F(EmulatorTest, SendsTheRecordedHeaders) {
  const ClientReply reply = Chat();
  EXPECT_THAT(reply.headers, Contains(Pair("content-type", "application/json")));
  EXPECT_THAT(reply.headers, Contains(Pair("x-ratelimit-limit-requests", "5000")));
  EXPECT_THAT(reply.headers, Contains(Pair("content-length", std::to_string(reply.body.size()))));
}

TEST_F(EmulatorTest, StreamsWithTheModelAskedFor) {
  const ClientReply reply = Post("/openai/v1/chat/completions", kStream);
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.headers, Contains(Pair("content-type", HasSubstr("text/event-stream"))));
  EXPECT_THAT(reply.body, HasSubstr(R"("model":"my-model")"));
  EXPECT_THAT(reply.body, Not(HasSubstr("gpt-6-luna")));
  EXPECT_THAT(reply.body, EndsWith("\n\ndata: [DONE]\n\n"));
}

TEST_F(EmulatorTest, ListsModelsAndShowsOne) {
  EXPECT_THAT(Get("/openai/v1/models").body, HasSubstr("shutdown_date"));
  EXPECT_THAT(Get("/mistral/v1/models").body, HasSubstr("mistral"));
  EXPECT_EQ(Get("/deepseek/models").status, 200);
  EXPECT_THAT(Get("/openai/v1/models/gpt-4o-mini").body, HasSubstr("2027-01-14"));
  EXPECT_THAT(Get("/openrouter/api/v1/models/a/b").body, HasSubstr(R"("id":"a/b")"));
  EXPECT_THAT(Get("/cohere/v1/models/m").body, HasSubstr(R"("name":"m")"));
}

TEST_F(EmulatorTest, AnswersForEveryProvider) {
  for (const char* path : {"/mistral/v1", "/xai/v1", "/deepseek", "/groq/openai/v1",
                           "/openrouter/api/v1", "/acme/v1"}) {
    const ClientReply reply = Post(std::string(path) + "/chat/completions", kChat);
    EXPECT_EQ(reply.status, 200) << path;
    EXPECT_THAT(reply.body, HasSubstr(R"("model":"my-model")")) << path;
  }
}

TEST_F(EmulatorTest, AnswersAsAnthropicDoes) {
  const ClientReply reply = Message(kMessage);
  EXPECT_THAT(reply.headers, Contains(Pair("request-id", HasSubstr("req_"))));
  EXPECT_THAT(reply.body, HasSubstr(R"("model":"my-model")"));
  EXPECT_THAT(Message(R"({"model": "m", "max_tokens": 1, "messages": [], "stream": true})").body,
              EndsWith("data: {\"type\":\"message_stop\"}\n\n"));
  EXPECT_EQ(Message(kMessage, "/anthropic/v1/messages/count_tokens").body,
            R"({"input_tokens":10})");
}

TEST_F(EmulatorTest, RefusesAsAnthropicDoes) {
  for (const auto& [body, message] : std::map<std::string, std::string>{
           {R"({"model": "m", "messages": []})", "max_tokens: Field required"},
           {R"({"model": "m", "max_tokens": 1})", "messages: Field required"},
           {R"({"max_tokens": 1, "messages": []})", "model: Field required"},
           {R"({"model": "m", "max_tokens": 1, "messages": [], "top_k": 1})", "Extra inputs"}}) {
    EXPECT_THAT(Message(body).body, HasSubstr(message)) << body;
  }
  EXPECT_THAT(Post("/anthropic/v1/messages", kMessage).body, HasSubstr("header is required"));
  EXPECT_THAT(Post("/anthropic/v1/chat", kChat).body,
              StartsWith(R"({"type":"error","error":{"type":"not_found_error",)"));
  EXPECT_EQ(PostWithoutKey("/anthropic/v1/messages").status, 401);
}

TEST_F(EmulatorTest, AnswersAsGeminiDoes) {
  const std::string model = "/gemini/v1beta/models/my-model";
  EXPECT_THAT(Ask(model + ":generateContent").body, HasSubstr(R"("modelVersion":"my-model")"));
  const ClientReply stream = Ask(model + ":streamGenerateContent?alt=sse");
  EXPECT_THAT(stream.headers, Contains(Pair("content-type", HasSubstr("text/event-stream"))));
  EXPECT_THAT(stream.body, StartsWith("data: {"));
  const ClientReply list = Ask(model + ":streamGenerateContent");
  EXPECT_THAT(list.headers, Contains(Pair("content-type", HasSubstr("application/json"))));
  EXPECT_EQ(JsonDocument::Parse(list.body)->root().size(), 2u);
  EXPECT_EQ(Ask(model + ":countTokens").body, R"({"totalTokens":2})");
}

TEST_F(EmulatorTest, RefusesAsGeminiDoes) {
  const std::string path = "/gemini/v1beta/models/my-model:generateContent";
  EXPECT_THAT(Ask(path, "{}").body, HasSubstr(R"("status":"INVALID_ARGUMENT")"));
  EXPECT_EQ(Post(path, kChat).status, 403);  // with a key where Gemini reads none
  EXPECT_THAT(Ask("/gemini/v1/models/m:generateContent").headers,
              Contains(Pair("content-type", HasSubstr("text/html"))));
  EXPECT_EQ(Get("/gemini/v1beta/models/m:generateContent").status, 404);
  EXPECT_THAT(PostWithoutKey("/gemini/v1beta/openai/chat/completions").body,
              StartsWith(R"([{"error":{"code":403)"));
}

TEST_F(EmulatorTest, AnswersAsCohereDoes) {
  EXPECT_THAT(Post("/cohere/v2/chat", kChat).body, HasSubstr(R"("finish_reason":"MAX_TOKENS")"));
  EXPECT_THAT(Post("/acme/v2/chat", kChat).body, HasSubstr(R"("finish_reason":"MAX_TOKENS")"));
  EXPECT_THAT(Post("/cohere/v2/chat", kStream).body, HasSubstr("event: message-end"));
  EXPECT_THAT(PostWithoutKey("/cohere/v2/chat").body, HasSubstr("no api key supplied"));
  EXPECT_EQ(Post("/cohere/v2/chat", R"({"model": "m"})").status, 400);
  EXPECT_EQ(Post("/cohere/v3/chat", kChat).status, 501);
}

TEST_F(EmulatorTest, AnswersAsAzureAndBedrockDo) {
  const std::string deployment = "/azure_openai/openai/deployments/d-1/chat/completions";
  const ClientReply reply = Post(deployment + "?api-version=2024-10-21", R"({"messages": []})");
  EXPECT_THAT(reply.body, HasSubstr(R"("model":"d-1")"));
  EXPECT_EQ(Post(deployment, kChat).status, 404);  // without a version
  EXPECT_THAT(PostWithoutKey("/azure_openai/openai/v1/chat/completions").body,
              HasSubstr("invalid subscription key"));
  EXPECT_THAT(Post("/bedrock/openai/v1/chat/completions", kChat).body, HasSubstr("pong"));
  EXPECT_EQ(PostWithoutKey("/bedrock/openai/v1/chat/completions").status, 403);
}

TEST_F(EmulatorTest, GivesResponsesAndEmbeddings) {
  const std::string path = "/openai/v1/responses";
  EXPECT_THAT(Post(path, R"({"model": "m", "input": "a"})").body, HasSubstr(R"("model":"m")"));
  EXPECT_THAT(Post(path, R"({"model": "m", "input": "a", "stream": true})").body,
              HasSubstr("event: response.completed"));
  EXPECT_THAT(Post(path, R"({"model": "m", "input": "a", "max_output_tokens": 15})").body,
              HasSubstr("integer_below_min_value"));
  EXPECT_EQ(Post(path, kChat).status, 400);
  const std::string embeddings = "/openai/v1/embeddings";
  EXPECT_THAT(Post(embeddings, R"({"model": "m", "input": "a"})").body, HasSubstr("[0.01,-0.02]"));
  EXPECT_THAT(Post(embeddings, R"({"model": "m", "input": "a", "encoding_format": "base64"})").body,
              HasSubstr(R"("embedding":"CtcjPArXo7w=")"));
}

TEST_F(EmulatorTest, ReplaysACaseWhateverWasAsked) {
  SetFault(R"({"provider": "gemini", "case": "chat-stream-truncated"})");
  const ClientReply reply = Ask("/gemini/v1beta/models/m:generateContent");
  EXPECT_THAT(reply.headers, Contains(Pair("content-type", HasSubstr("text/event-stream"))));
  EXPECT_THAT(reply.body, EndsWith("data: {\"candidates\":[{\"conte"));
}

TEST_F(EmulatorTest, WantsAKey) {
  const ClientReply openrouter = PostWithoutKey("/openrouter/api/v1/chat/completions");
  EXPECT_EQ(openrouter.status, 401);
  EXPECT_THAT(openrouter.body, HasSubstr("No auth credentials found"));
  EXPECT_EQ(PostWithoutKey("/groq/openai/v1/chat/completions").status, 401);
  const ClientReply other = PostWithoutKey("/acme/v1/chat/completions");
  EXPECT_EQ(other.status, 401);
  EXPECT_THAT(other.body, HasSubstr("invalid_api_key"));
}

TEST_F(EmulatorTest, RefusesBodiesItCannotUse) {
  for (const char* body : {"{", "[]", R"({"messages": []})", R"({"model": "m"})"}) {
    const ClientReply reply = Post("/openai/v1/chat/completions", body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_THAT(reply.body, HasSubstr(R"("type":"invalid_request_error")")) << body;
  }
}

TEST_F(EmulatorTest, NamesAnUnknownPath) {
  const ClientReply reply = Post("/openai/chat/completions", kChat);
  EXPECT_EQ(reply.status, 404);
  const auto body = JsonDocument::Parse(reply.body);
  ASSERT_TRUE(body.has_value());
  const JsonView error = body->root()["error"];
  EXPECT_EQ(error["message"].StringOrEmpty(), "Invalid URL (POST /chat/completions)");
  EXPECT_EQ(error["type"].StringOrEmpty(), "invalid_request_error");
  EXPECT_TRUE(error["param"].IsNull());
  EXPECT_TRUE(error["code"].IsNull());
}

TEST_F(EmulatorTest, RefusesAWrongMethod) {
  EXPECT_EQ(Get("/openai/v1/chat/completions").status, 405);
  EXPECT_THAT(Post("/openai/v1/models", kChat).headers, Contains(Pair("allow", "GET")));
}

TEST_F(EmulatorTest, ReplaysAFaultCaseAsRecorded) {
  SetFault(R"({"case": "429-rate-limit"})");
  const ClientReply reply = Chat();
  EXPECT_EQ(reply.status, 429);
  EXPECT_THAT(reply.headers, Contains(Pair("retry-after", "20")));
  EXPECT_THAT(reply.body, HasSubstr("Rate limit reached for gpt-4o-mini"));
}

TEST_F(EmulatorTest, ReplaysBodyTextToTheByte) {
  SetFault(R"({"case": "deepseek/200-keepalive-blank-lines"})");
  EXPECT_THAT(Chat().body, StartsWith("\n"));
}

TEST_F(EmulatorTest, AnswersWithAFaultsStatusHeadersAndBody) {
  SetFault(R"({"status": 599, "headers": {"x-made": "up"}, "body": "broken"})");
  const ClientReply reply = Chat();
  EXPECT_EQ(reply.status, 599);
  EXPECT_THAT(reply.headers, Contains(Pair("x-made", "up")));
  EXPECT_EQ(reply.body, "broken");
}

TEST_F(EmulatorTest, StrikesOnlyTheProviderAndModelNamed) {
  SetFault(R"({"provider": "openai", "model": "my-model", "status": 500})");
  EXPECT_EQ(Chat().status, 500);
  EXPECT_EQ(Get("/openai/v1/models").status, 200);
  EXPECT_EQ(Post("/xai/v1/chat/completions", kChat).status, 200);
}

TEST_F(EmulatorTest, AFaultOfChatsLeavesTheListOfModels) {
  SetFault(R"({"provider": "openai", "call": "chat", "case": "401-invalid-key"})");
  EXPECT_EQ(Chat().status, 401);
  EXPECT_EQ(Get("/openai/v1/models").status, 200);
}

TEST_F(EmulatorTest, StrikesTheShare) {
  SetFault(R"({"share": 0.3, "status": 500})");
  int struck = 0;
  for (int i = 0; i < 10; ++i) struck += Chat().status == 500 ? 1 : 0;
  EXPECT_EQ(struck, 3);
}

TEST_F(EmulatorTest, TruncatesTheBody) {
  const std::size_t whole = Chat().body.size();
  SetFault(R"({"action": "truncate"})");
  const ClientReply reply = Chat();
  EXPECT_EQ(reply.curl_code, CURLE_PARTIAL_FILE);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body.size(), whole / 2);
}

TEST_F(EmulatorTest, ResetsTheConnection) {
  SetFault(R"({"action": "reset"})");
  const ClientReply reply = Chat();
  EXPECT_EQ(reply.curl_code, CURLE_RECV_ERROR);
  EXPECT_EQ(reply.os_errno, ECONNRESET);
}

TEST_F(EmulatorTest, ResetsAfterTheLatency) {
  SetFault(R"({"action": "reset", "latency": "20ms"})");
  EXPECT_EQ(Chat().curl_code, CURLE_RECV_ERROR);
}

TEST_F(EmulatorTest, StallsUntilTheClientGivesUp) {
  SetFault(R"({"action": "stall"})");
  const ClientReply reply = Send({.url = Url("/openai/v1/chat/completions"),
                                  .headers = kKey,
                                  .body = kChat,
                                  .limit = absl::Milliseconds(100)});
  EXPECT_EQ(reply.curl_code, CURLE_OPERATION_TIMEDOUT);
  EXPECT_EQ(Get("/admin/faults").status, 200);  // others are still served
}

TEST_F(EmulatorTest, EndsStalledRequestsWhenItStops) {
  SetFault(R"({"action": "stall"})");
  ClientReply reply;
  std::thread client([&] { reply = Chat(); });
  while (Get("/admin/requests").body == "{}\n") {
  }  // until the request has arrived
  emulator_.reset();
  client.join();
  EXPECT_THAT(reply.curl_code, AnyOf(CURLE_GOT_NOTHING, CURLE_RECV_ERROR));
}

TEST_F(EmulatorTest, DelaysTheHealthyAnswer) {
  SetFault(R"({"latency": "30ms"})");
  const absl::Time start = absl::Now();
  EXPECT_EQ(Chat().status, 200);
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(30));
}

TEST_F(EmulatorTest, DelaysOneRequestWithoutHoldingUpOthers) {
  SetFault(R"({"provider": "openai", "latency": "10m"})");
  std::thread client([this] {
    Send({.url = Url("/openai/v1/models"), .headers = kKey, .limit = absl::Milliseconds(200)});
  });
  EXPECT_EQ(Get("/xai/v1/models").status, 200);
  client.join();
}

TEST_F(EmulatorTest, HasALatencyOfItsOwn) {
  EmulatorOptions options;
  options.latency = *Latency::Parse("30ms");
  emulator_ = Start(options);
  const absl::Time start = absl::Now();
  EXPECT_EQ(Chat().status, 200);
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(30));
}

TEST_F(EmulatorTest, ServesTlsThatVerifies) {
  const std::string path = emulator_->https_address() + "/openai/v1/models";
  const ClientReply reply = OverTls("https://" + path, emulator_->ca_certificate());
  EXPECT_EQ(reply.curl_code, CURLE_OK);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(OverTls("https://" + path, "").curl_code, CURLE_PEER_FAILED_VERIFICATION);
}

TEST_F(EmulatorTest, ServesACertificateForAnotherHost) {
  EmulatorOptions options;
  options.certificate.names = {"DNS:wrong.example"};
  emulator_ = Start(options);
  const std::string url = "https://" + emulator_->https_address() + "/openai/v1/models";
  EXPECT_EQ(OverTls(url, emulator_->ca_certificate()).curl_code, CURLE_PEER_FAILED_VERIFICATION);
}

TEST_F(EmulatorTest, ResetsAndTruncatesOverTls) {
  const std::string url = "https://" + emulator_->https_address() + "/openai/v1/models";
  SetFault(R"({"action": "reset"})");
  EXPECT_EQ(OverTls(url, emulator_->ca_certificate()).curl_code, CURLE_RECV_ERROR);
  SetFault(R"({"action": "truncate"})");
  EXPECT_EQ(OverTls(url, emulator_->ca_certificate()).curl_code, CURLE_PARTIAL_FILE);
}

TEST_F(EmulatorTest, SharesItsFaultsBetweenTheListeners) {
  SetFault(R"({"status": 503})");
  const std::string url = "https://" + emulator_->https_address();
  EXPECT_EQ(OverTls(url + "/openai/v1/models", emulator_->ca_certificate()).status, 503);
  EXPECT_THAT(OverTls(url + "/admin/faults", emulator_->ca_certificate()).body, HasSubstr("503"));
}

TEST_F(EmulatorTest, TurnsOffAListener) {
  EmulatorOptions options;
  options.https_address = "";
  emulator_ = Start(options);
  EXPECT_EQ(emulator_->https_address(), "");
  EXPECT_EQ(Chat().status, 200);
}

TEST(EmulatorStartTest, WantsAListener) {
  EmulatorOptions options;
  options.https_address = "";
  options.http_address = "";
  EXPECT_THAT(StartEmulator(options).status().message(), HasSubstr("nothing to serve"));
}

TEST(EmulatorStartTest, NamesTheCaseThatIsMissing) {
  const auto directory = std::filesystem::path(::testing::TempDir()) / "without_chat_case";
  std::filesystem::create_directories(directory / "acme");
  std::ofstream(directory / "acme" / "a.json")
      << R"({"provider": "acme", "case": "a", "status": 200, "headers": {}})";
  EmulatorOptions options;
  options.testdata = directory.string();
  EXPECT_EQ(StartEmulator(options).status().message(),
            "the recorded case openai/chat-200 is missing");
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace heyhi
