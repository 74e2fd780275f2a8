#include "probes/retired_models.h"

#include <gmock/gmock.h>

#include <ostream>

namespace heyhi {
namespace {

absl::Time Day(int year, int month, int day) {
  return absl::FromCivil(absl::CivilDay(year, month, day), absl::UTCTimeZone());
}

const absl::Time kLater = Day(2030, 1, 1);

struct Retirement {
  const char* model;
  absl::Time at;
  const char* replacement;
};

void PrintTo(const Retirement& retirement, std::ostream* out) { *out << retirement.model; }

class RetirementTest : public testing::TestWithParam<Retirement> {};

TEST_P(RetirementTest, BeginsWithItsDay) {
  const Retirement& c = GetParam();
  EXPECT_FALSE(IsRetiredModel(c.model, c.at - absl::Nanoseconds(1)));
  EXPECT_EQ(FindRetiredModel(c.model, c.at - absl::Nanoseconds(1)), nullptr);
  EXPECT_TRUE(IsRetiredModel(c.model, c.at));
  EXPECT_TRUE(IsRetiredModel(c.model, absl::InfiniteFuture()));
  ASSERT_NE(FindRetiredModel(c.model, c.at), nullptr);
  EXPECT_EQ(FindRetiredModel(c.model, c.at)->replacement, c.replacement);
}

INSTANTIATE_TEST_SUITE_P(All, RetirementTest,
                         testing::ValuesIn<Retirement>({
                             {"gemini-1.5-flash", Day(2025, 10, 2), ""},
                             {"claude-3-haiku-20240307", Day(2026, 4, 14), ""},
                             {"grok-3", Day(2026, 5, 15), ""},
                             {"grok-4-0709", Day(2026, 5, 15), ""},
                             {"grok-4-fast-reasoning", Day(2026, 5, 15), ""},
                             {"grok-4-1-fast-non-reasoning", Day(2026, 5, 15), ""},
                             {"grok-code-fast-1", Day(2026, 5, 15), ""},
                             {"deepseek-chat", Day(2026, 7, 24), ""},
                             {"deepseek-reasoner", Day(2026, 7, 24), ""},
                             {"llama-3.3-70b-versatile", Day(2026, 8, 16), ""},
                             {"llama-3.1-8b-instant", Day(2026, 10, 3), ""},
                             {"gpt-3.5-turbo", Day(2026, 10, 23), ""},
                             {"gpt-4", Day(2026, 10, 23), ""},
                             {"gpt-4.1-nano", Day(2026, 10, 23), ""},
                             {"o1", Day(2026, 10, 23), ""},
                             {"o3-mini", Day(2026, 10, 23), ""},
                             {"o4-mini", Day(2026, 10, 23), ""},
                             {"claude-sonnet-4-5", Day(2026, 11, 30), ""},
                             {"gemini-2.5-flash", Day(2026, 12, 1), "gemini-3.5-flash-lite"},
                             {"gemini-2.5-pro", Day(2026, 12, 1), "gemini-3.8-flash"},
                             {"gpt-5-nano", Day(2026, 12, 11), ""},
                             {"gpt-4o-mini", Day(2027, 1, 14), "gpt-6-luna"},
                         }));

TEST(RetiredModelsTest, ComparesTheNameAlone) {
  for (const char* name :
       {"openai/gpt-4", "models/gpt-4", "openrouter/openai/gpt-4", "GPT-4", "openai/gpt-4:free"}) {
    EXPECT_TRUE(IsRetiredModel(name, kLater)) << name;
  }
}

TEST(RetiredModelsTest, TakesSnapshotsWithTheirModel) {
  for (const char* name : {"gpt-4-0613", "gpt-3.5-turbo-0125", "o1-2024-12-17", "openai/gpt-4-0613",
                           "gpt-4o-mini-2024-07-18", "claude-sonnet-4-5-20250929",
                           "claude-sonnet-4-5@20250929", "models/gemini-1.5-flash-002"}) {
    EXPECT_TRUE(IsRetiredModel(name, kLater)) << name;
  }
}

TEST(RetiredModelsTest, TakesTheAliasForTheLatestWithItsModel) {
  const absl::Time now = absl::FromCivil(absl::CivilDay(2026, 11, 22), absl::UTCTimeZone());
  EXPECT_TRUE(IsRetiredModel("gemini-1.5-flash-latest", now));
  EXPECT_FALSE(IsRetiredModel("ministral-3b-latest", now));
}

TEST(RetiredModelsTest, LeavesOtherModelsAlone) {
  for (const char* name : {"",
                           "gpt-4o",
                           "gpt-4.1",
                           "gpt-4-turbo",
                           "gpt-4-32k",
                           "gpt-40",
                           "gpt-6-luna",
                           "o1-pro",
                           "gemini-2.5-flash-lite",
                           "models/gemini-2.5-flash-lite",
                           "gemini-1.5-flash-8b",
                           "grok-4",
                           "grok-4-fast",
                           "grok-4.3",
                           "grok-3-mini",
                           "claude-haiku-5-5",
                           "claude-sonnet-4",
                           "*",
                           "my-gpt-4",
                           "gpt-4/other",
                           "deepseek-flash"}) {
    EXPECT_FALSE(IsRetiredModel(name, kLater)) << name;
  }
}

TEST(RetiredModelsTest, KnowsNothingOfTheDistantPast) {
  EXPECT_FALSE(IsRetiredModel("gpt-4", absl::InfinitePast()));
}

}  // namespace
}  // namespace heyhi
