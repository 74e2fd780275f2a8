#include "probes/providers.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "absl/strings/str_cat.h"
#include "probes/dialect.h"
#include "probes/json.h"
#include "probes/retired_models.h"
#include "probes/url.h"

namespace heyhi {
namespace {

std::string ReadSource(const std::string& path) {
  std::ifstream file(std::string(HEYHI_SOURCE_DIR) + "/" + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// What a provider needs besides its row; each failure says what is missing.
TEST(ProviderContractTest, EveryRowIsComplete) {
  std::set<std::string_view> names;
  for (const Provider& provider : Providers()) {
    const std::string name(provider.name);
    EXPECT_TRUE(names.insert(provider.name).second) << name << " has two rows";
    const auto url = ParseUrl(std::string(provider.base_url));
    ASSERT_TRUE(url.ok()) << name << ": base_url is no URL";
    EXPECT_TRUE(url->https) << name << ": base_url must be https";
    EXPECT_NE(FindDialect(std::string(provider.dialect)), nullptr) << name << ": unknown dialect";
    EXPECT_FALSE(provider.api_key_env.empty()) << name << ": names no key variable";
    ASSERT_FALSE(provider.minimal_calls.empty()) << name << ": has no minimal call";
    EXPECT_TRUE(provider.minimal_calls.back().model_prefix.empty())
        << name << ": the last minimal call must match every model";
    for (const MinimalCall& call : provider.minimal_calls) {
      EXPECT_GE(call.token_cap, 1) << name;
      const auto extra = JsonDocument::Parse(std::string(call.extra_body));
      ASSERT_TRUE(extra.has_value()) << name << ": extra_body is no JSON";
      EXPECT_TRUE(extra->root().IsObject()) << name << ": extra_body is no JSON object";
    }
    EXPECT_FALSE(IsRetiredModel(std::string(provider.default_model)))
        << name << ": the default model is retired";
  }
}

TEST(ProviderContractTest, EveryRowHasRecordedAnswers) {
  for (const Provider& provider : Providers()) {
    const std::string folder = absl::StrCat(HEYHI_TESTDATA_DIR, "/", std::string(provider.name));
    EXPECT_TRUE(std::filesystem::is_directory(folder))
        << "add recorded answers of " << provider.name << " to " << folder;
  }
}

TEST(ProviderContractTest, TheDocumentationShowsEveryRowAsItIs) {
  const std::string docs = ReadSource("docs/providers.md");
  for (const Provider& provider : Providers()) {
    for (const MinimalCall& call : provider.minimal_calls) {
      const std::string models = call.model_prefix.empty()
                                     ? "all others"
                                     : absl::StrCat("`", std::string(call.model_prefix), "*`");
      const std::string extra =
          call.extra_body == "{}" ? "–" : absl::StrCat("`", std::string(call.extra_body), "`");
      const std::string row =
          absl::StrCat("| ", std::string(provider.name), " | ", models, " | `",
                       std::string(call.cap_field), ": ", call.token_cap, "` | ", extra, " |");
      EXPECT_THAT(docs, testing::HasSubstr(row)) << "docs/providers.md lacks this row";
    }
    const std::string model = provider.default_model.empty()
                                  ? "none: name one"
                                  : absl::StrCat("`", std::string(provider.default_model), "`");
    const std::string row =
        absl::StrCat("| ", std::string(provider.name), " | `", std::string(provider.base_url),
                     "` | `", std::string(provider.api_key_env), "` | ", model, " |");
    EXPECT_THAT(docs, testing::HasSubstr(row)) << "docs/providers.md lacks this row";
  }
}

TEST(ProvidersTest, FindsRowsByName) {
  ASSERT_NE(FindProvider("groq"), nullptr);
  EXPECT_EQ(FindProvider("groq")->api_key_env, "GROQ_API_KEY");
  EXPECT_EQ(FindProvider("Groq"), nullptr);
}

TEST(ProvidersTest, OlderFamiliesGetNoThinkingSwitch) {
  const Provider* openai = FindProvider("openai");
  EXPECT_EQ(openai->MinimalCallFor("gpt-4o-mini").extra_body, "{}");
  EXPECT_EQ(openai->MinimalCallFor("gpt-6-luna").extra_body, R"({"reasoning_effort":"none"})");
}

TEST(RetiredModelsTest, KnowsNamesAndFamilies) {
  EXPECT_TRUE(IsRetiredModel("deepseek-chat"));
  EXPECT_TRUE(IsRetiredModel("grok-4-fast-reasoning"));
  EXPECT_FALSE(IsRetiredModel("gpt-4o-mini"));
  EXPECT_FALSE(IsRetiredModel("gpt-4-turbo"));
  EXPECT_FALSE(IsRetiredModel(""));
}

}  // namespace
}  // namespace heyhi
