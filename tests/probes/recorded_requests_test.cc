// What we send beside what the official clients send: same method, path, query,
// key and body, but for the differences that docs/providers.md lists and explains.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "probes/dialect.h"
#include "probes/json.h"
#include "probes/providers.h"

namespace heyhi {
namespace {

JsonDocument ReadRequest(const std::string& name) {
  std::ifstream file(absl::StrCat(HEYHI_TESTDATA_DIR, "/requests/", name, ".json"));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto document = JsonDocument::Parse(text);
  EXPECT_TRUE(document.has_value()) << name;
  return *std::move(document);
}

// How our configuration asks for what the client sent.
struct RequestCase {
  const char* recorded;
  const char* provider;
  const char* dialect;
  const char* check;
  const char* base_url = "";     // the table's
  const char* api_version = "";  // the table's
};

// Every recorded chat, stream and responses call; a test counts them.
const std::vector<RequestCase>& RequestCases() {
  static const auto& cases = *new std::vector<RequestCase>{
      {"anthropic-chat", "anthropic", "anthropic_messages", "chat"},
      {"anthropic-chat-bearer", "anthropic", "anthropic_messages", "chat"},
      {"anthropic-chat-thinking-disabled", "anthropic", "anthropic_messages", "chat"},
      {"anthropic-chat-stream", "anthropic", "anthropic_messages", "stream"},
      {"anthropic-chat-2023-06-01", "anthropic", "anthropic_messages", "chat", "", "2023-06-01"},
      {"anthropic-chat-stream-2023-06-01", "anthropic", "anthropic_messages", "stream", "",
       "2023-06-01"},
      {"azure_openai-chat", "azure_openai", "openai_chat", "chat", "https://r.example/openai"},
      {"azure_openai-chat-stream", "azure_openai", "openai_chat", "stream",
       "https://r.example/openai"},
      {"azure_openai-chat-v1", "azure_openai", "openai_chat", "chat",
       "https://r.example/openai/v1"},
      {"bedrock-chat", "bedrock", "openai_chat", "chat", "https://r.example/openai/v1"},
      {"bedrock-responses", "bedrock", "openai_responses", "chat", "https://r.example/openai/v1"},
      {"cohere-chat", "cohere", "cohere_chat", "chat"},
      {"cohere-chat-stream", "cohere", "cohere_chat", "stream"},
      {"deepseek-chat", "deepseek", "openai_chat", "chat"},
      {"deepseek-chat-stream", "deepseek", "openai_chat", "stream"},
      {"gemini-chat", "gemini", "gemini_generate", "chat"},
      {"gemini-chat-minimal", "gemini", "gemini_generate", "chat"},
      {"gemini-chat-nothink", "gemini", "gemini_generate", "chat"},
      {"gemini-chat-stream", "gemini", "gemini_generate", "stream"},
      {"geminicompat-chat", "gemini", "openai_chat", "chat",
       "https://generativelanguage.googleapis.com/v1beta/openai"},
      {"geminicompat-chat-stream", "gemini", "openai_chat", "stream",
       "https://generativelanguage.googleapis.com/v1beta/openai"},
      {"groq-chat", "groq", "openai_chat", "chat"},
      {"groq-chat-stream", "groq", "openai_chat", "stream"},
      {"mistral-chat", "mistral", "openai_chat", "chat"},
      {"mistral-chat-stream", "mistral", "openai_chat", "stream"},
      {"openai-chat", "openai", "openai_chat", "chat"},
      {"openai-chat-maxtokens", "openai", "openai_chat", "chat"},
      {"openai-chat-reasoning-none", "openai", "openai_chat", "chat"},
      {"openai-chat-stream", "openai", "openai_chat", "stream"},
      {"openai-responses", "openai", "openai_responses", "chat"},
      {"openai-responses-reasoning-none", "openai", "openai_responses", "chat"},
      {"openai-responses-stream", "openai", "openai_responses", "stream"},
      {"openrouter-chat", "openrouter", "openai_chat", "chat"},
      {"openrouter-chat-stream", "openrouter", "openai_chat", "stream"},
      {"xai-chat", "xai", "openai_chat", "chat"},
      {"xai-chat-stream", "xai", "openai_chat", "stream"},
      {"xai-responses", "xai", "openai_responses", "chat"},
      {"xai-responses-stream", "xai", "openai_responses", "stream"},
  };
  return cases;
}

// Every recorded GET of a model list.
const std::vector<RequestCase>& ListCases() {
  static const auto& cases = *new std::vector<RequestCase>{
      {"anthropic-models", "anthropic", "anthropic_messages", "chat"},
      {"anthropic-models-2023-06-01", "anthropic", "anthropic_messages", "chat", "", "2023-06-01"},
      {"azure_openai-models", "azure_openai", "openai_chat", "chat", "https://r.example/openai"},
      {"bedrock-models", "bedrock", "openai_chat", "chat", "https://r.example/openai/v1"},
      {"cohere-models", "cohere", "cohere_chat", "chat"},
      {"deepseek-models", "deepseek", "openai_chat", "chat"},
      {"gemini-models", "gemini", "gemini_generate", "chat"},
      {"geminicompat-models", "gemini", "openai_chat", "chat",
       "https://generativelanguage.googleapis.com/v1beta/openai"},
      {"groq-models", "groq", "openai_chat", "chat"},
      {"mistral-models", "mistral", "openai_chat", "chat"},
      {"openai-models", "openai", "openai_chat", "chat"},
      {"openrouter-models", "openrouter", "openai_chat", "chat"},
      {"xai-models", "xai", "openai_chat", "chat"},
  };
  return cases;
}

// The model that the client asked for: in its body, or in Gemini's path.
std::string AskedModel(JsonView recorded) {
  const std::string named = recorded["body"]["model"].StringOrEmpty();
  if (!named.empty()) return named;
  const std::string path = recorded["path"].StringOrEmpty();
  const auto begin = path.rfind('/') + 1;
  return path.substr(begin, path.find(':', begin) - begin);
}

constexpr char kKey[] = "secret-test-key";

Target MakeOurs(const RequestCase& c, const std::string& model) {
  const Provider& provider = *FindProvider(c.provider);
  Target target;
  target.id = {c.provider, model, c.check, "local"};
  target.dialect = c.dialect;
  target.base_url = *c.base_url == '\0' ? std::string(provider.base_url) : c.base_url;
  target.api_key = Secret(kKey);
  target.call = FormCall(provider, {c.dialect, target.base_url, target.id.model, c.api_version});
  return target;
}

HttpRequest BuildOurs(const RequestCase& c, JsonView recorded) {
  return FindDialect(c.dialect)->build_request(MakeOurs(c, AskedModel(recorded)));
}

HttpRequest BuildOurList(const RequestCase& c) {
  return FindDialect(c.dialect)->build_models_request(MakeOurs(c, "any"));
}

std::string Path(const std::string& url) {
  const auto host = url.find("://") + 3;
  return url.substr(url.find('/', host));
}

std::string PathAndQuery(JsonView recorded) {
  std::string text = recorded["path"].StringOrEmpty();
  const char* separator = "?";
  for (const std::string& name : recorded["query"].Keys()) {
    absl::StrAppend(&text, separator, name, "=", recorded["query"][name].StringOrEmpty());
    separator = "&";
  }
  return text;
}

// The headers that a provider reads, by their lower-case names; keys made alike.
std::map<std::string, std::string> MeaningfulHeaders(
    const std::vector<std::pair<std::string, std::string>>& headers) {
  std::map<std::string, std::string> kept;
  for (const auto& [name, value] : headers) {
    const std::string lower = absl::AsciiStrToLower(name);
    if (lower == "x-api-key" || lower == "x-goog-api-key" || lower == "api-key") {
      kept[lower] = "KEY";
    } else if (lower == "authorization") {
      kept[lower] = value.substr(0, value.find(' ')) + " KEY";
    } else if (lower == "content-type" || lower == "anthropic-version") {
      kept[lower] = value;
    }
  }
  return kept;
}

std::map<std::string, std::string> MeaningfulHeaders(JsonView headers) {
  std::vector<std::pair<std::string, std::string>> list;
  for (const std::string& name : headers.Keys()) {
    list.emplace_back(name, headers[name].StringOrEmpty());
  }
  return MeaningfulHeaders(list);
}

// The body as text with sorted members, but for what is wanted otherwise: the cap
// on output tokens, and the switch that turns thinking off.
std::string ComparableBody(const std::string& text) {
  const auto document = JsonDocument::Parse(text);
  if (!document.has_value()) return "no JSON";
  constexpr std::string_view kWanted[] = {"max_tokens",        "max_completion_tokens",
                                          "max_output_tokens", "generationConfig",
                                          "reasoning_effort",  "reasoning",
                                          "thinking"};
  std::string result;
  for (const std::string& key : document->root().Keys()) {
    if (std::find(std::begin(kWanted), std::end(kWanted), key) != std::end(kWanted)) continue;
    absl::StrAppend(&result, key, "=", document->root()[key].Dump(), "\n");
  }
  return result;
}

// Where the request holds the key: "1 header" is right.
std::string PlacesOfKey(const HttpRequest& request) {
  int headers = 0;
  for (const auto& [name, value] : request.headers) {
    if (value.find(kKey) != std::string::npos) ++headers;
  }
  std::string places = absl::StrCat(headers, " header");
  for (const std::string* part : {&request.url, &request.body}) {
    if (part->find(kKey) != std::string::npos) absl::StrAppend(&places, ", ", *part);
  }
  return places;
}

class RecordedRequestTest : public testing::TestWithParam<RequestCase> {};

TEST_P(RecordedRequestTest, IsWhatWeSendToo) {
  const JsonDocument recorded = ReadRequest(GetParam().recorded);
  const JsonView theirs = recorded.root();
  const HttpRequest ours = BuildOurs(GetParam(), theirs);
  EXPECT_EQ(ours.method, theirs["method"].StringOrEmpty());
  EXPECT_EQ(Path(ours.url), PathAndQuery(theirs));
  EXPECT_EQ(MeaningfulHeaders(ours.headers), MeaningfulHeaders(theirs["headers"]));
  EXPECT_EQ(ComparableBody(ours.body), ComparableBody(theirs["body"].Dump()));
}

TEST_P(RecordedRequestTest, CarriesTheKeyInOneHeaderAndNowhereElse) {
  const JsonDocument recorded = ReadRequest(GetParam().recorded);
  const HttpRequest ours = BuildOurs(GetParam(), recorded.root());
  EXPECT_EQ(PlacesOfKey(ours), "1 header");
}

TEST_P(RecordedRequestTest, SendsNoSamplingParameters) {
  const JsonDocument recorded = ReadRequest(GetParam().recorded);
  const HttpRequest ours = BuildOurs(GetParam(), recorded.root());
  for (const char* parameter : {"temperature", "top_p", "top_k", "topP", "topK", "seed"}) {
    EXPECT_THAT(ours.body, testing::Not(testing::HasSubstr(parameter)));
  }
}

// What each recorded call with thinking off or a least cap says, ours says too.
TEST(RecordedRequestsTest, ThinkingOffIsSaidAsTheClientsSayIt) {
  for (const char* name :
       {"openai-chat-reasoning-none", "openai-responses-reasoning-none",
        "anthropic-chat-thinking-disabled", "gemini-chat-minimal", "gemini-chat-nothink"}) {
    const JsonDocument recorded = ReadRequest(name);
    for (const RequestCase& c : RequestCases()) {
      if (std::string(c.recorded) != name) continue;
      const auto ours = JsonDocument::Parse(BuildOurs(c, recorded.root()).body);
      EXPECT_EQ(ours->root().Dump(), recorded.root()["body"].Dump()) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, RecordedRequestTest, testing::ValuesIn(RequestCases()),
                         [](const auto& test) {
                           return absl::StrReplaceAll(test.param.recorded, {{"-", "_"}});
                         });

class RecordedListTest : public testing::TestWithParam<RequestCase> {};

TEST_P(RecordedListTest, IsWhatWeSendToo) {
  const JsonDocument recorded = ReadRequest(GetParam().recorded);
  const JsonView theirs = recorded.root();
  const HttpRequest ours = BuildOurList(GetParam());
  EXPECT_EQ(ours.method, theirs["method"].StringOrEmpty());
  EXPECT_EQ(Path(ours.url), PathAndQuery(theirs));
  // Gemini's client names a content type for a body that it does not send.
  std::map<std::string, std::string> headers = MeaningfulHeaders(theirs["headers"]);
  EXPECT_EQ(headers.erase("content-type"), GetParam().recorded == std::string("gemini-models"));
  EXPECT_EQ(MeaningfulHeaders(ours.headers), headers);
  EXPECT_TRUE(theirs["body"].IsNull());
  EXPECT_EQ(ours.body, "");
}

TEST_P(RecordedListTest, CarriesTheKeyInOneHeaderAndNowhereElse) {
  EXPECT_EQ(PlacesOfKey(BuildOurList(GetParam())), "1 header");
}

INSTANTIATE_TEST_SUITE_P(All, RecordedListTest, testing::ValuesIn(ListCases()),
                         [](const auto& test) {
                           return absl::StrReplaceAll(test.param.recorded, {{"-", "_"}});
                         });

TEST(RecordedRequestsTest, AreAllCompared) {
  std::set<std::string> compared;
  for (const RequestCase& c : RequestCases()) compared.insert(c.recorded);
  for (const RequestCase& c : ListCases()) compared.insert(c.recorded);
  const std::string folder = absl::StrCat(HEYHI_TESTDATA_DIR, "/requests");
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().stem().string();
    EXPECT_EQ(compared.count(name), 1U) << "add " << name << " to the table";
  }
}

}  // namespace
}  // namespace heyhi
