// What a provider needs besides its row; each failure says what is missing.
#include "probes/providers.h"

#include <fnmatch.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "probes/dialect.h"
#include "probes/json.h"
#include "probes/price_table.h"
#include "probes/rate_limit_headroom.h"
#include "probes/retired_models.h"
#include "probes/url.h"

namespace heyhi {
namespace {

// When the rows were last checked.
const absl::Time kStateOf = absl::FromCivil(absl::CivilDay(2026, 11, 22), absl::UTCTimeZone());

class ProviderContractTest : public testing::TestWithParam<std::string> {
 protected:
  const Provider& row() const { return *FindProvider(name()); }
  const std::string& name() const { return GetParam(); }

  // What was recorded of it: the answers to calls and, if `others`, to all else.
  std::vector<JsonDocument> Recordings(bool others) const {
    std::vector<JsonDocument> recordings;
    const std::string folder = absl::StrCat(HEYHI_TESTDATA_DIR, "/", name());
    if (!std::filesystem::is_directory(folder)) return recordings;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream file(entry.path());
      auto document = JsonDocument::Parse(
          {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
      if (!document.has_value()) continue;
      const std::string kind = document->root()["kind"].StringOrEmpty();
      if (others || (kind != "models" && kind != "embeddings")) {
        recordings.push_back(*std::move(document));
      }
    }
    return recordings;
  }

  int CountRecordings(bool healthy) const {
    int count = 0;
    for (const JsonDocument& recording : Recordings(false)) {
      count += recording.root()["expect"]["ok"].AsBool() == healthy ? 1 : 0;
    }
    return count;
  }

  // The names of all headers that were recorded of it, in lower case.
  std::set<std::string> RecordedHeaders() const {
    std::set<std::string> names;
    for (const JsonDocument& recording : Recordings(true)) {
      for (const std::string& header : recording.root()["headers"].Keys()) {
        names.insert(absl::AsciiStrToLower(header));
      }
    }
    return names;
  }

  // The minimal calls of one dialect, in their order.
  std::vector<MinimalCall> CallsOf(std::string_view dialect) const {
    std::vector<MinimalCall> calls;
    for (const MinimalCall& call : row().minimal_calls) {
      if (call.dialect == dialect) calls.push_back(call);
    }
    return calls;
  }
};

TEST_P(ProviderContractTest, IsTheOnlyRowOfItsName) {
  const auto& rows = Providers();
  EXPECT_EQ(std::count_if(rows.begin(), rows.end(),
                          [this](const Provider& other) { return other.name == row().name; }),
            1)
      << name() << " has two rows";
  EXPECT_EQ(FindProvider(name())->base_url, row().base_url);
}

TEST_P(ProviderContractTest, HasAnHttpsAddressOrSaysHowItLooks) {
  EXPECT_NE(row().base_url.empty(), row().base_url_form.empty())
      << name() << ": name either base_url or, where it differs by customer, base_url_form";
  const auto url =
      ParseUrl(std::string(row().base_url.empty() ? row().base_url_form : row().base_url));
  ASSERT_TRUE(url.ok()) << name() << ": base_url is no URL";
  EXPECT_TRUE(url->https) << name() << ": base_url must be https";
  EXPECT_FALSE(row().base_url.ends_with('/')) << name() << ": base_url must not end in /";
}

TEST_P(ProviderContractTest, NamesDialectKeyAndStatusPage) {
  EXPECT_NE(FindDialect(std::string(row().dialect)), nullptr) << name() << ": unknown dialect";
  EXPECT_FALSE(row().api_key_env.empty()) << name() << ": names no key variable";
  const auto page = ParseUrl(std::string(row().status_page));
  ASSERT_TRUE(page.ok()) << name() << ": status_page is no URL";
  EXPECT_TRUE(page->https) << name() << ": status_page must be https";
}

TEST_P(ProviderContractTest, ItsDefaultModelIsThereAndHasAPrice) {
  const std::string model(row().default_model);
  if (model.empty()) return;  // users name their own
  EXPECT_FALSE(IsRetiredModel(model, kStateOf)) << name() << ": the default model is retired";
  EXPECT_TRUE(PriceTable::BuiltIn().Find(name(), model, kStateOf).has_value())
      << name() << ": add the price of " << model << " to probes/prices.csv";
}

TEST_P(ProviderContractTest, HasASmallestCallForEveryModel) {
  std::set<std::string_view> dialects;
  for (const MinimalCall& call : row().minimal_calls) dialects.insert(call.dialect);
  EXPECT_EQ(dialects.count(row().dialect), 1U)
      << name() << ": has no minimal call in " << row().dialect;
  for (const std::string_view dialect : dialects) {
    EXPECT_NE(FindDialect(std::string(dialect)), nullptr) << name() << ": unknown " << dialect;
    const std::vector<MinimalCall> calls = CallsOf(dialect);
    for (const MinimalCall& call : calls) {
      EXPECT_EQ(call.models == "*", &call == &calls.back())
          << name() << ": of the minimal calls in " << dialect
          << " the last must fit every model (*), and no other may";
    }
  }
}

TEST_P(ProviderContractTest, ItsSmallestCallsMakeSense) {
  for (const MinimalCall& call : row().minimal_calls) {
    EXPECT_GE(call.token_cap, 1) << name();
    EXPECT_FALSE(call.cap_field.empty()) << name() << ": names no member for the cap";
    const auto extra = JsonDocument::Parse(std::string(call.extra_body));
    ASSERT_TRUE(extra.has_value()) << name() << ": extra_body is no JSON";
    EXPECT_TRUE(extra->root().IsObject()) << name() << ": extra_body is no JSON object";
    for (const char* parameter : {"temperature", "top_p", "top_k", "topP", "topK", "seed"}) {
      EXPECT_EQ(call.extra_body.find(parameter), call.extra_body.npos)
          << name() << ": newer APIs refuse " << parameter;
    }
  }
}

// Nobody has recorded a healthy call to these; delete the line that is no longer true.
const std::set<std::string> kWithoutHealthyAnswer = {"xai", "groq", "openrouter", "azure_openai",
                                                     "bedrock"};

TEST_P(ProviderContractTest, HasRecordedAnswers) {
  const std::string folder = absl::StrCat("tests/testdata/", name(), "/");
  EXPECT_GT(CountRecordings(false), 0) << "add recorded failures of " << name() << " to " << folder;
  EXPECT_EQ(CountRecordings(true) > 0, kWithoutHealthyAnswer.count(name()) == 0)
      << "add a recorded healthy answer of " << name() << " to " << folder
      << ", or change the list of those without";
}

// Headers by which the providers' support finds a request.
const std::set<std::string> kRequestIdHeaders = {
    "x-request-id",     "request-id",    "apim-request-id", "x-amzn-requestid",
    "x-debug-trace-id", "x-ds-trace-id", "x-generation-id", "mistral-correlation-id",
};

TEST_P(ProviderContractTest, ItsRequestIdHeaderIsInARecordedAnswer) {
  // Its documentation names the header; the recorded answers have none at all.
  const std::set<std::string> by_documentation = {"openrouter"};
  std::vector<std::string> recorded;
  for (const std::string& header : RecordedHeaders()) {
    if (kRequestIdHeaders.count(header) > 0) recorded.push_back(header);
  }
  if (row().request_id_header.empty() || by_documentation.count(name()) > 0) {
    EXPECT_THAT(recorded, testing::IsEmpty())
        << name() << ": its answers carry a request id; name the header";
  } else {
    EXPECT_THAT(recorded, testing::Contains(std::string(row().request_id_header)))
        << name() << ": no recorded answer has its request_id_header";
  }
}

TEST_P(ProviderContractTest, ItsRateLimitHeadersAreInARecordedAnswerAndRead) {
  // Not confirmed by any recording.
  const std::set<std::string> not_recorded = {"azure_openai"};
  std::vector<std::string> recorded;
  for (const std::string& header : RecordedHeaders()) {
    const std::string pattern(row().rate_limit_headers);
    const bool fits = fnmatch(pattern.c_str(), header.c_str(), 0) == 0;
    if (pattern.empty() ? absl::StrContains(header, "ratelimit") : fits) recorded.push_back(header);
  }
  if (row().rate_limit_headers.empty() || not_recorded.count(name()) > 0) {
    EXPECT_THAT(recorded, testing::IsEmpty())
        << name() << ": its answers carry rate-limit headers; name them";
    return;
  }
  EXPECT_FALSE(recorded.empty()) << name() << ": no recorded answer has its rate_limit_headers";
  bool read = false;
  for (const JsonDocument& recording : Recordings(true)) {
    HttpExchange exchange;
    const JsonView headers = recording.root()["headers"];
    for (const std::string& header : headers.Keys()) {
      exchange.headers.emplace_back(header, headers[header].StringOrEmpty());
    }
    read = read || ReadHeadroom(exchange).requests.has_value();
  }
  EXPECT_TRUE(read) << name() << ": probes/rate_limit_headroom.cc does not read its headers";
}

std::vector<std::string> ProviderNames() {
  std::set<std::string> names;
  for (const Provider& provider : Providers()) names.emplace(provider.name);
  return {names.begin(), names.end()};
}

INSTANTIATE_TEST_SUITE_P(All, ProviderContractTest, testing::ValuesIn(ProviderNames()),
                         [](const auto& test) { return test.param; });

// --- lookups -------------------------------------------------------------------

TEST(ProvidersTest, FindsRowsByName) {
  ASSERT_NE(FindProvider("groq"), nullptr);
  EXPECT_EQ(FindProvider("groq")->api_key_env, "GROQ_API_KEY");
  EXPECT_EQ(FindProvider("Groq"), nullptr);
  EXPECT_EQ(FindProvider(""), nullptr);
}

struct AddressCase {
  const char* provider;
  const char* base_url;
  bool is_own;

  friend void PrintTo(const AddressCase& c, std::ostream* out) { *out << c.base_url; }
};

class OwnAddressTest : public testing::TestWithParam<AddressCase> {};

TEST_P(OwnAddressTest, IsTheTablesHost) {
  const AddressCase& c = GetParam();
  EXPECT_EQ(IsOwnAddress(*FindProvider(c.provider), c.base_url), c.is_own);
}

INSTANTIATE_TEST_SUITE_P(
    Table, OwnAddressTest,
    testing::Values(
        AddressCase{"openai", "https://api.openai.com/v1", true},
        AddressCase{"openai", "https://api.openai.com:443/v1/", true},
        AddressCase{"openai", "https://API.OpenAI.com/v1", true},
        AddressCase{"openai", "https://eu.api.openai.com/v1", false},
        AddressCase{"openai", "https://api.openai.com.gateway.example/v1", false},
        AddressCase{"openai", "https://gateway.example/api.openai.com/v1", false},
        AddressCase{"openai", "http://api.openai.com/v1", false},
        AddressCase{"openai", "https://api.openai.com:8443/v1", false},
        AddressCase{"openai", "https://127.0.0.1:4000/v1", false},
        AddressCase{"openai", "no URL", false}, AddressCase{"openai", "", false},
        AddressCase{"gemini", "https://generativelanguage.googleapis.com/v1beta/openai", true},
        AddressCase{"azure_openai", "https://acme-1.openai.azure.com/openai/v1", true},
        AddressCase{"azure_openai", "https://acme.openai.azure.com/openai/deployments/d", true},
        AddressCase{"azure_openai", "https://a.b.openai.azure.com/openai/v1", false},
        AddressCase{"azure_openai", "https://.openai.azure.com/openai/v1", false},
        AddressCase{"azure_openai", "https://openai.azure.com/openai/v1", false},
        AddressCase{"azure_openai", "https://acme.services.ai.azure.com/openai/v1", false},
        AddressCase{"bedrock", "https://bedrock-mantle.eu-west-1.api.aws/openai/v1", true},
        AddressCase{"bedrock", "https://bedrock-other.eu-west-1.api.aws/openai/v1", false}));

TEST(ProvidersTest, OthersHaveNoOwnAddress) {
  EXPECT_FALSE(IsOwnAddress(CompatibleProvider("openai_chat"), "https://api.openai.com/v1"));
  EXPECT_FALSE(IsOwnAddress(CompatibleProvider("openai_chat"), ""));
}

TEST(ProvidersTest, EveryDialectHasACompatibleRow) {
  for (const Dialect* dialect : Dialects()) {
    const std::string name(dialect->name);
    const Provider& row = CompatibleProvider(name);
    EXPECT_EQ(row.dialect, name);
    EXPECT_EQ(row.name, "");
    EXPECT_EQ(row.base_url, "");
    EXPECT_EQ(row.api_key_env, "") << "endpoints without keys exist";
    ASSERT_EQ(row.minimal_calls.size(), 1U) << name;
    EXPECT_EQ(row.minimal_calls[0].dialect, name);
    EXPECT_EQ(row.minimal_calls[0].models, "*");
  }
  EXPECT_EQ(CompatibleProvider("unknown").dialect, "openai_chat");
}

struct SwitchCase {
  const char* provider;
  const char* dialect;
  const char* model;
  int token_cap;
  const char* extra_body;

  friend void PrintTo(const SwitchCase& c, std::ostream* out) { *out << c.model; }
};

class ThinkingSwitchTest : public testing::TestWithParam<SwitchCase> {};

TEST_P(ThinkingSwitchTest, IsTheFamilysOwn) {
  const SwitchCase& c = GetParam();
  const MinimalCall& call = MinimalCallFor(*FindProvider(c.provider), c.dialect, c.model);
  EXPECT_EQ(call.token_cap, c.token_cap) << c.model;
  EXPECT_EQ(call.extra_body, c.extra_body) << c.model;
}

constexpr char kNone[] = R"({"reasoning_effort":"none"})";
constexpr char kMinimal[] = R"({"reasoning_effort":"minimal"})";
constexpr char kBudget[] = R"({"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}})";
constexpr char kLow[] = R"({"generationConfig":{"thinkingConfig":{"thinkingLevel":"LOW"}}})";
constexpr char kLeast[] = R"({"generationConfig":{"thinkingConfig":{"thinkingLevel":"MINIMAL"}}})";

INSTANTIATE_TEST_SUITE_P(
    OpenAi, ThinkingSwitchTest,
    testing::Values(SwitchCase{"openai", "openai_chat", "gpt-3.5-turbo", 1, "{}"},
                    SwitchCase{"openai", "openai_chat", "gpt-4o-mini", 1, "{}"},
                    SwitchCase{"openai", "openai_chat", "ft:gpt-4o-mini:acme::1", 1, "{}"},
                    SwitchCase{"openai", "openai_chat", "chatgpt-4o-latest", 1, "{}"},
                    SwitchCase{"openai", "openai_chat", "gpt-5-chat-latest", 16, "{}"},
                    SwitchCase{"openai", "openai_chat", "o3-mini", 16,
                               R"({"reasoning_effort":"low"})"},
                    SwitchCase{"openai", "openai_chat", "gpt-5", 16, kMinimal},
                    SwitchCase{"openai", "openai_chat", "gpt-5-nano", 16, kMinimal},
                    SwitchCase{"openai", "openai_chat", "gpt-5.6-luna", 16, kNone},
                    SwitchCase{"openai", "openai_chat", "gpt-6-luna", 16, kNone},
                    SwitchCase{"openai", "openai_chat", "omni-1", 16, kNone},
                    SwitchCase{"openai", "openai_responses", "gpt-4o", 16, R"({"store":false})"},
                    SwitchCase{"openai", "openai_responses", "o4-mini", 16,
                               R"({"reasoning":{"effort":"low"},"store":false})"},
                    SwitchCase{"openai", "openai_responses", "gpt-6-luna", 16,
                               R"({"reasoning":{"effort":"none"},"store":false})"}));

INSTANTIATE_TEST_SUITE_P(
    Others, ThinkingSwitchTest,
    testing::Values(SwitchCase{"anthropic", "anthropic_messages", "claude-haiku-5-5", 1,
                               R"({"thinking":{"type":"disabled"}})"},
                    SwitchCase{"gemini", "gemini_generate", "gemini-2.5-flash-lite", 1, kBudget},
                    SwitchCase{"gemini", "gemini_generate", "gemini-2.5-pro", 1, "{}"},
                    SwitchCase{"gemini", "gemini_generate", "gemini-3.1-pro-preview", 1, kLow},
                    SwitchCase{"gemini", "gemini_generate", "gemini-3.5-flash-lite", 1, kLeast},
                    SwitchCase{"gemini", "openai_chat", "gemini-3.5-flash-lite", 1, "{}"},
                    SwitchCase{"deepseek", "openai_chat", "deepseek-flash", 16,
                               R"({"thinking":{"type":"disabled"}})"},
                    SwitchCase{"groq", "openai_chat", "openai/gpt-oss-20b", 16,
                               R"({"reasoning_effort":"low"})"},
                    SwitchCase{"groq", "openai_chat", "llama-4-scout", 16, "{}"},
                    SwitchCase{"cohere", "cohere_chat", "command-r7b-12-2024", 1, "{}"},
                    SwitchCase{"xai", "openai_responses", "grok-4.3", 16, R"({"store":false})"}));

}  // namespace
}  // namespace heyhi
