// docs/errors.md shows the code's own tables, so that a verdict can be told from
// that page alone.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "probes/inner_error.h"
#include "probes/sse_parser.h"
#include "probes/verdict.h"

namespace heyhi {
namespace {

using testing::HasSubstr;

std::string ReadSource(const std::string& path) {
  std::ifstream file(absl::StrCat(HEYHI_SOURCE_DIR, "/", path));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

const std::string& Docs() {
  static const auto& docs = *new std::string(ReadSource("docs/errors.md"));
  return docs;
}

// The cells of the rows of the table below that heading, without its head.
std::vector<std::vector<std::string>> TableBelow(const std::string& heading) {
  std::vector<std::vector<std::string>> rows;
  const auto start = Docs().find("\n" + heading + "\n");
  if (start == std::string::npos) return rows;
  const std::string section = Docs().substr(start + 1);
  for (absl::string_view line : absl::StrSplit(section, '\n')) {
    if (absl::ConsumePrefix(&line, "| ") && absl::ConsumeSuffix(&line, " |")) {
      rows.push_back(absl::StrSplit(line, " | "));
    } else if (!rows.empty() && !absl::StartsWith(line, "|")) {
      break;
    }
  }
  if (!rows.empty()) rows.erase(rows.begin());
  return rows;
}

// Whose answers the rules of that letter read.
std::string AppliesTo(std::string_view id) {
  static const auto& scopes = *new std::map<std::string, std::string>{
      {"X", "xai"},       {"AZ", "azure_openai"}, {"B", "bedrock"},
      {"A", "anthropic"}, {"G", "gemini"},        {"O", "openai and alike"},
      {"C", "cohere"},    {"M", "mistral"},       {"S", "streams"},
  };
  const std::string letters(id.substr(0, id.find_first_of("0123456789")));
  const auto found = scopes.find(letters);
  return id == "H5" ? "gemini" : found == scopes.end() ? "all" : found->second;
}

TEST(ErrorDocsTest, ShowEveryRuleInItsOrder) {
  const auto rows = TableBelow("## Rules");
  const std::vector<MatchedRule> rules = AllRules();
  ASSERT_EQ(rows.size(), rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    ASSERT_EQ(rows[i].size(), 4U) << rows[i][0];
    EXPECT_EQ(rows[i][0], rules[i].id);
    EXPECT_EQ(rows[i][1], AppliesTo(rules[i].id)) << rows[i][0];
    EXPECT_FALSE(rows[i][2].empty()) << rows[i][0];
    EXPECT_EQ(rows[i][3], absl::StrCat("`", std::string(ReasonName(rules[i].reason)), "`"))
        << rows[i][0];
  }
}

TEST(ErrorDocsTest, ShowEveryReasonAsItIs) {
  const auto rows = TableBelow("## Reasons");
  const std::vector<Reason> reasons = AllReasons();
  ASSERT_EQ(rows.size(), reasons.size());
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    const Reason reason = reasons[i];
    const ErrorType type = ErrorTypeOf(reason);
    const std::string fault(FaultName(FaultOf(reason, type, false)));
    const std::string without_network(FaultName(FaultOf(reason, type, true)));
    std::vector<std::string> expected = {
        absl::StrCat("`", std::string(ReasonName(reason)), "`"), std::string(ErrorTypeName(type)),
        fault == without_network ? fault : absl::StrCat(fault, " or ", without_network),
        std::string(ReasonAdvice(reason))};
    if (TakesInnerType(reason)) {
      expected[1] = "of the inner code";
      expected[2] = "provider, or account by the inner code";
    }
    EXPECT_EQ(rows[i], expected);
  }
}

// The words in backticks.
std::vector<std::string> CodeWords(const std::string& text) {
  std::vector<std::string> words;
  const std::vector<std::string> parts = absl::StrSplit(text, '`');
  for (std::size_t i = 1; i < parts.size(); i += 2) words.push_back(parts[i]);
  return words;
}

std::string InStream(const InnerError& inner) {
  return absl::StrCat("`", std::string(ReasonName(inner.stream_reason)), "`");
}

TEST(ErrorDocsTest, ShowWhatEveryInnerCodeMeans) {
  const auto rows = TableBelow("## Inner codes");
  ASSERT_EQ(rows.size(), 7U);
  for (const auto& row : rows) {
    ASSERT_EQ(row.size(), 3U) << row[0];
    for (const std::string& word : CodeWords(row[0])) {
      for (std::string ErrorBody::*place :
           {&ErrorBody::type, &ErrorBody::code, &ErrorBody::status}) {
        ErrorBody error;
        error.*place = word;
        if (absl::StrContains(row[0], "overloaded\"")) error.text = "it is overloaded";
        const InnerError inner = ClassifyInnerError(error);
        // UNAVAILABLE is Google's, and no type of anybody.
        if (word == "UNAVAILABLE" && place == &ErrorBody::type) continue;
        EXPECT_EQ(row[1], ErrorTypeName(inner.type)) << word;
        EXPECT_EQ(row[2], InStream(inner)) << word;
      }
    }
  }
  EXPECT_EQ(rows.back()[0], "anything else");
  EXPECT_EQ(rows.back()[1], ErrorTypeName(ClassifyInnerError({}).type));
}

TEST(ErrorDocsTest, ShowEveryInnerCodeThatTheCodeKnows) {
  std::set<std::string> documented;
  for (const auto& row : TableBelow("## Inner codes")) {
    for (const std::string& word : CodeWords(row[0])) documented.insert(word);
  }
  const std::string source = ReadSource("probes/inner_error.cc");
  const auto begin = source.find("constexpr");
  const std::string lists = source.substr(begin, source.find("template") - begin);
  const std::vector<std::string> parts = absl::StrSplit(lists, '"');
  EXPECT_GT(parts.size(), 40U);
  for (std::size_t i = 1; i < parts.size(); i += 2) {
    EXPECT_EQ(documented.count(parts[i]), 1U) << "docs/errors.md lacks " << parts[i];
  }
}

TEST(ErrorDocsTest, ShowWhatEachDialectsAnswersHave) {
  const auto rows = TableBelow("## Answers");
  ASSERT_EQ(rows.size(), Dialects().size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i][0], absl::StrCat("`", std::string(Dialects()[i]->name), "`"));
  }
}

TEST(ErrorDocsTest, ShowHowEachDialectsStreamsEnd) {
  const auto rows = TableBelow("## Streams");
  ASSERT_EQ(rows.size(), Dialects().size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Dialect& dialect = *Dialects()[i];
    EXPECT_EQ(rows[i][0], absl::StrCat("`", std::string(dialect.name), "`"));
    EXPECT_EQ(absl::StrContains(rows[i][2], "[DONE]"), dialect.done_ends_stream) << rows[i][0];
  }
}

TEST(ErrorDocsTest, ShowTheCaps) {
  EXPECT_THAT(Docs(), HasSubstr(absl::StrCat(SseParser::kMaxLineBytes / 1024, " KiB")));
  EXPECT_THAT(Docs(), HasSubstr(absl::StrCat(SseParser::kMaxEventBytes / 1024, " KiB")));
}

}  // namespace
}  // namespace heyhi
