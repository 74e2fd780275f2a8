#include "probes/model_name.h"

#include <gmock/gmock.h>

#include <ostream>

#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

struct NamePair {
  const char* asked;
  const char* served;
};

void PrintTo(const NamePair& pair, std::ostream* out) {
  *out << '"' << pair.asked << "\" answered by \"" << pair.served << '"';
}

class SameModelTest : public testing::TestWithParam<NamePair> {};

TEST_P(SameModelTest, IsNotRerouted) {
  EXPECT_TRUE(IsSameModel(GetParam().asked, GetParam().served));
}

INSTANTIATE_TEST_SUITE_P(Equal, SameModelTest,
                         testing::ValuesIn<NamePair>({
                             {"gpt-6-luna", "gpt-6-luna"},
                             {"gpt-6-luna", "GPT-6-Luna"},
                             {"gpt-6-luna", ""},
                             {"claude-haiku-5", "claude-haiku-5"},
                             {"command-r7b-12-2024", "command-r7b-12-2024"},
                         }));

INSTANTIATE_TEST_SUITE_P(Path, SameModelTest,
                         testing::ValuesIn<NamePair>({
                             {"models/gemini-3.5-flash", "gemini-3.5-flash"},
                             {"gemini-3.5-flash", "models/gemini-3.5-flash"},
                             {"openai/gpt-oss-20b", "gpt-oss-20b"},
                             {"openai/gpt-oss-20b", "OpenAI/gpt-oss-20b"},
                             {"accounts/x/models/qwen", "qwen"},
                         }));

INSTANTIATE_TEST_SUITE_P(Tail, SameModelTest,
                         testing::ValuesIn<NamePair>({
                             {"qwen/qwen-4:free", "qwen/qwen-4"},
                             {"qwen/qwen-4:free", "qwen/qwen-4:free"},
                             {"qwen/qwen-4", "qwen/qwen-4:free"},
                             {"llama3", "llama3:latest"},
                             {"claude-sonnet-4-5@default", "claude-sonnet-4-5"},
                             {"claude-sonnet-4-5@default", "claude-sonnet-4-5@20250929"},
                             {"claude-sonnet-4-5@default", "claude-sonnet-4-5-20250929"},
                             {"claude-sonnet-4-5@20250929", "claude-sonnet-4-5"},
                             {"claude-sonnet-4-5@20250929", "claude-sonnet-4-5-20250929"},
                             {"claude-sonnet-4-5@20250929", "claude-sonnet-4-5@20250929"},
                         }));

INSTANTIATE_TEST_SUITE_P(Snapshot, SameModelTest,
                         testing::ValuesIn<NamePair>({
                             {"gpt-4o", "gpt-4o-2024-08-06"},
                             {"claude-haiku-4-5", "claude-haiku-4-5-20251001"},
                             {"gemini-1.5-flash", "gemini-1.5-flash-001"},
                             {"gpt-4", "gpt-4-0613"},
                             {"ministral-3b", "ministral-3b-2512"},
                             {"command-r7b", "command-r7b-12-2024"},
                             {"gemini-2.5-pro", "gemini-2.5-pro-preview"},
                             {"gemini-2.5-pro", "gemini-2.5-pro-preview-05-06"},
                             {"gemini-2.5-flash", "gemini-2.5-flash-preview-09-2025"},
                             {"gemini-2.0-flash", "gemini-2.0-flash-exp"},
                             {"gemini-2.0-flash", "gemini-2.0-flash-exp-0827"},
                             {"gpt-4", "gpt-4-1106-preview"},
                             {"gpt-4o:extended", "openai/gpt-4o-2024-08-06"},
                         }));

INSTANTIATE_TEST_SUITE_P(Alias, SameModelTest,
                         testing::ValuesIn<NamePair>({
                             {"ministral-3b-latest", "ministral-3b-latest"},
                             {"ministral-3b-latest", "ministral-3b-2512"},
                             {"gemini-flash-latest", "gemini-3.5-flash"},
                             {"models/Gemini-Flash-Latest", "models/gemini-3.5-flash"},
                             {"claude-3-5-haiku-latest", "claude-3-5-haiku-20241022"},
                         }));

class OtherModelTest : public testing::TestWithParam<NamePair> {};

TEST_P(OtherModelTest, IsRerouted) {
  EXPECT_FALSE(IsSameModel(GetParam().asked, GetParam().served));
}

INSTANTIATE_TEST_SUITE_P(Version, OtherModelTest,
                         testing::ValuesIn<NamePair>({
                             {"claude-haiku-5", "claude-haiku-5-5"},
                             {"gpt-4", "gpt-4.1"},
                             {"gpt-4", "gpt-4o"},
                             {"gpt-4", "gpt-4-turbo"},
                             {"gpt-4", "gpt-4-32k-0613"},
                             {"grok-4", "grok-4-12"},
                             {"grok-4", "grok-4-12345"},
                             {"grok-4", "grok-4-123456789"},
                             {"grok-4", "grok-4-99999999"},
                             {"grok-4", "grok-4-13"},
                             {"grok-4", "grok-4-"},
                             {"grok-4", "grok-4--0709"},
                             {"grok-4", "grok-40709"},
                             {"grok-4", "grok-4-0709-fast"},
                             {"gemini-2.5-flash", "gemini-2.5-flash-lite"},
                             {"gemini-2.5-flash", "gemini-2.5-flash-lite-preview-09-2025"},
                             {"gemini-2.5-flash", "gemini-3.5-flash-lite"},
                             {"gemini-2.5-flash", "gemini-2.5-flash-05-20"},
                             {"gpt-6-luna", "luna"},
                         }));

INSTANTIATE_TEST_SUITE_P(OtherDate, OtherModelTest,
                         testing::ValuesIn<NamePair>({
                             {"gpt-4o-2024-05-13", "gpt-4o-2024-08-06"},
                             {"gpt-4o-2024-05-13", "gpt-4o"},
                             {"gemini-1.5-flash-001", "gemini-1.5-flash-002"},
                             {"claude-sonnet-4-5@20250929", "claude-sonnet-4-5-20260101"},
                             {"claude-sonnet-4-5@20250929", "claude-sonnet-4-5@20260101"},
                         }));

INSTANTIATE_TEST_SUITE_P(Tail, OtherModelTest,
                         testing::ValuesIn<NamePair>({
                             {"llama3:8b", "llama3:70b"},
                             {"llama3:8b", "llama4"},
                         }));

INSTANTIATE_TEST_SUITE_P(Alias, OtherModelTest,
                         testing::ValuesIn<NamePair>({
                             {"ministral-3b-latest", "mistral-small-2603"},
                             {"gemini-flash-latest", "gemini-3.5-pro"},
                             {"gemini-flash-latest", "gemini-3.5-flashy"},
                             {"-latest", "gpt-6-luna"},
                             {"gemini-3.5-flash", "gemini-flash-latest"},
                         }));

TEST(BareModelNameTest, HasNoPathTailOrCapitals) {
  EXPECT_EQ(BareModelName("gpt-6-luna"), "gpt-6-luna");
  EXPECT_EQ(BareModelName("models/Gemini-3.5-Flash"), "gemini-3.5-flash");
  EXPECT_EQ(BareModelName("accounts/x/models/Qwen-4:free"), "qwen-4");
  EXPECT_EQ(BareModelName("claude-sonnet-4-5@20250929"), "claude-sonnet-4-5");
  EXPECT_EQ(BareModelName("models/"), "");
  EXPECT_EQ(BareModelName(""), "");
}

TEST(WithoutSnapshotTest, DropsDatesAndBuilds) {
  EXPECT_EQ(WithoutSnapshot("gpt-4o-2024-05-13"), "gpt-4o");
  EXPECT_EQ(WithoutSnapshot("claude-haiku-4-5-20251001"), "claude-haiku-4-5");
  EXPECT_EQ(WithoutSnapshot("claude-haiku-4-5@20251001"), "claude-haiku-4-5");
  EXPECT_EQ(WithoutSnapshot("gemini-1.5-flash-001"), "gemini-1.5-flash");
  EXPECT_EQ(WithoutSnapshot("command-r7b-12-2024"), "command-r7b");
  EXPECT_EQ(WithoutSnapshot("gpt-4-1106-preview"), "gpt-4");
  EXPECT_EQ(WithoutSnapshot("Gemini-2.5-Flash-Preview-09-2025"), "Gemini-2.5-Flash");
}

TEST(WithoutSnapshotTest, KeepsTheRest) {
  for (const char* name : {"", "gpt-4", "gpt-4.1", "claude-haiku-5-5", "openai/gpt-oss-20b",
                           "grok-4.20-0309-reasoning", "qwen/qwen-4:free", "-001", "-preview-001",
                           "@default", "mistral-small-24"}) {
    EXPECT_EQ(WithoutSnapshot(name), name);
  }
  EXPECT_EQ(WithoutSnapshot("mistral-small-24-2501"), "mistral-small-24");
  EXPECT_EQ(WithoutSnapshot("openai/gpt-4-0613"), "openai/gpt-4");
}

// Names that would be slow to read if each part were looked at more than a few
// times; the test's time limit is the judge.
TEST(ModelNameTest, ReadsHostileNamesInLinearTime) {
  constexpr int kTimes = 200'000;
  for (const std::string part : {"-0613", "-preview", "-a", "-", "/", ":", "@", "\xff"}) {
    std::string name = "gpt";
    for (int i = 0; i < kTimes; ++i) name += part;
    EXPECT_FALSE(IsSameModel(name + "x", name + "y-z")) << part;
    EXPECT_TRUE(IsSameModel(absl::StrCat(name, "-latest"), absl::StrCat(name, "-latest"))) << part;
    EXPECT_LE(WithoutSnapshot(name).size(), name.size()) << part;
  }
}

TEST(ModelNameTest, TheLatestOfOneKindIsNoOtherKind) {
  EXPECT_FALSE(IsSameModel("grok-3-latest", "grok-3-mini"));
  EXPECT_FALSE(IsSameModel("mistral-large-latest", "mistral-medium-large-2512"));
  EXPECT_FALSE(IsSameModel("gemini-flash-latest", "gemini-3.5-flash-lite"));
  EXPECT_TRUE(IsSameModel("gemini-flash-latest", "gemini-3.5-flash-preview-09-2025"));
}

}  // namespace
}  // namespace heyhi
