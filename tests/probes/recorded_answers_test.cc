// Every recorded chat answer gets the verdict that its file names. A new case
// needs a file in tests/testdata/<provider>/ and no code.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "probes/error_rules.h"
#include "probes/json.h"
#include "probes/providers.h"

namespace heyhi {
namespace {

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> RecordedChatAnswers() {
  std::vector<std::string> cases;
  for (const Provider& provider : Providers()) {
    const std::string folder = absl::StrCat(HEYHI_TESTDATA_DIR, "/", std::string(provider.name));
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const auto document = JsonDocument::Parse(ReadFile(entry.path()));
      if (document.has_value() && document->root()["kind"].StringOrEmpty() == "chat") {
        cases.push_back(
            absl::StrCat(std::string(provider.name), "/", entry.path().stem().string()));
      }
    }
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

class RecordedAnswerTest : public testing::TestWithParam<std::string> {};

TEST_P(RecordedAnswerTest, GetsItsVerdict) {
  const auto document =
      JsonDocument::Parse(ReadFile(absl::StrCat(HEYHI_TESTDATA_DIR, "/", GetParam(), ".json")));
  ASSERT_TRUE(document.has_value());
  const JsonView recorded = document->root();
  HttpExchange exchange;
  exchange.status = static_cast<int>(recorded["status"].AsInteger().value());
  for (const std::string& name : recorded["headers"].Keys()) {
    exchange.headers.emplace_back(absl::AsciiStrToLower(name),
                                  recorded["headers"][name].StringOrEmpty());
  }
  const auto text = recorded["body_text"].AsString();
  exchange.body = text.has_value() ? *text : recorded["body"].Dump();

  const Provider& provider = *FindProvider(recorded["provider"].StringOrEmpty());
  const Verdict verdict = JudgeAnswer({provider.error_rules, "asked-model", /*key_sent=*/true},
                                      *FindDialect(std::string(provider.dialect)), exchange);
  const JsonView expected = recorded["expect"];
  if (expected["ok"].AsBool().value()) {
    EXPECT_FALSE(verdict.reason.has_value()) << ReasonName(*verdict.reason) << verdict.rule;
    EXPECT_TRUE(verdict.usage.has_value()) << "tokens are not read";
    return;
  }
  ASSERT_TRUE(verdict.reason.has_value()) << "a failure counts as ok";
  EXPECT_EQ(ReasonName(*verdict.reason), expected["reason"].StringOrEmpty()) << verdict.rule;
  EXPECT_EQ(ErrorTypeName(verdict.error_type), expected["error_type"].StringOrEmpty());
}

INSTANTIATE_TEST_SUITE_P(All, RecordedAnswerTest, testing::ValuesIn(RecordedChatAnswers()),
                         [](const auto& test) {
                           return absl::StrReplaceAll(test.param, {{"/", "_"}, {"-", "_"}});
                         });

TEST(RecordedAnswersTest, AreThere) { EXPECT_GT(RecordedChatAnswers().size(), 45U); }

}  // namespace
}  // namespace heyhi
