// docs/providers.md shows the code's own tables, row by row.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "probes/dialect.h"
#include "probes/providers.h"
#include "probes/retired_models.h"
#include "probes/second_opinion.h"
#include "probes/token_cap.h"

namespace heyhi {
namespace {

using testing::HasSubstr;

std::string ReadSource(const std::string& path) {
  std::ifstream file(std::string(HEYHI_SOURCE_DIR) + "/" + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

const std::string& Docs() {
  static const auto& docs = *new std::string(ReadSource("docs/providers.md"));
  return docs;
}

// The rows of the table below that heading, without its head.
std::vector<std::string> TableBelow(const std::string& heading) {
  std::vector<std::string> rows;
  const auto start = Docs().find("\n" + heading + "\n");
  if (start == std::string::npos) return rows;
  const std::string section = Docs().substr(start + 1);
  for (const absl::string_view line : absl::StrSplit(section, '\n')) {
    if (absl::StartsWith(line, "|")) {
      rows.emplace_back(line);
    } else if (!rows.empty()) {
      break;
    }
  }
  rows.erase(rows.begin(), rows.begin() + std::min<std::ptrdiff_t>(2, std::ssize(rows)));
  return rows;
}

std::string Row(const std::vector<std::string>& cells) {
  std::string row = "|";
  for (const std::string& cell : cells) absl::StrAppend(&row, " ", cell, " |");
  return row;
}

// As code, or a dash for nothing.
std::string Code(std::string_view text) {
  return text.empty() ? "–" : absl::StrCat("`", std::string(text), "`");
}

std::string KeyHeaderName(KeyHeader header) {
  switch (header) {
    case KeyHeader::kBearer:
      break;
    case KeyHeader::kXApiKey:
      return "`x-api-key`";
    case KeyHeader::kXGoogApiKey:
      return "`x-goog-api-key`";
    case KeyHeader::kApiKey:
      return "`api-key`";
  }
  return "`Authorization: Bearer`";
}

TEST(ProviderDocsTest, ShowEveryProvider) {
  std::vector<std::string> expected;
  for (const Provider& provider : Providers()) {
    const std::string base_url = provider.base_url.empty()
                                     ? absl::StrCat("yours: ", Code(provider.base_url_form))
                                     : Code(provider.base_url);
    expected.push_back(
        Row({std::string(provider.name), base_url, Code(provider.api_key_env),
             provider.default_model.empty() ? "none: name one" : Code(provider.default_model),
             Code(provider.dialect), KeyHeaderName(provider.key_header)}));
  }
  EXPECT_EQ(TableBelow("## Known by name"), expected);
}

TEST(ProviderDocsTest, ShowWhatIsReadOfTheirAnswers) {
  std::vector<std::string> expected;
  for (const Provider& provider : Providers()) {
    expected.push_back(Row({std::string(provider.name), Code(provider.request_id_header),
                            Code(provider.rate_limit_headers), std::string(provider.status_page)}));
  }
  EXPECT_EQ(TableBelow("## What is read besides the answer"), expected);
}

std::string MinimalCallRow(const std::string& provider, const MinimalCall& call) {
  const std::string cap = absl::StrCat(std::string(call.cap_field), ": ", call.token_cap);
  return Row({provider, Code(call.dialect), call.models == "*" ? "all others" : Code(call.models),
              Code(cap), call.extra_body == "{}" ? "–" : Code(call.extra_body)});
}

TEST(ProviderDocsTest, ShowEverySmallestCall) {
  std::vector<std::string> expected;
  for (const Provider& provider : Providers()) {
    for (const MinimalCall& call : provider.minimal_calls) {
      expected.push_back(MinimalCallRow(std::string(provider.name), call));
    }
  }
  for (const Dialect* dialect : Dialects()) {
    const Provider& row = CompatibleProvider(std::string(dialect->name));
    expected.push_back(MinimalCallRow("any other", row.minimal_calls.front()));
  }
  EXPECT_EQ(TableBelow("## The smallest call"), expected);
}

// The path that a dialect adds to base_url.
std::string PathOf(const Dialect& dialect, const char* check) {
  const std::string base = "https://llm.example";
  Target target;
  target.id = {"any", "MODEL", check, "local"};
  target.base_url = base;
  target.call = FormCall(CompatibleProvider(std::string(dialect.name)),
                         {std::string(dialect.name), base, "MODEL", ""});
  return dialect.build_request(target).url.substr(base.size());
}

TEST(ProviderDocsTest, ShowEveryDialect) {
  const std::vector<std::string> rows = TableBelow("## Dialects");
  ASSERT_EQ(rows.size(), Dialects().size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Dialect& dialect = *Dialects()[i];
    const std::string key = KeyHeaderName(CompatibleProvider(std::string(dialect.name)).key_header);
    const bool named = dialect.name == kAnthropicMessages.name;
    EXPECT_THAT(rows[i], testing::StartsWith(absl::StrCat("| ", Code(dialect.name), " | ",
                                                          Code(PathOf(dialect, "chat")), " | ",
                                                          named ? "`x-api-key`" : key, " |")));
    if (PathOf(dialect, kStreamCheck) != PathOf(dialect, "chat")) {
      EXPECT_THAT(rows[i], HasSubstr(PathOf(dialect, kStreamCheck)));
    }
  }
}

TEST(ProviderDocsTest, ShowWhoseAnswersNameNoModel) {
  std::string unnamed;
  for (const Provider& provider : Providers()) {
    if (provider.names_served_model) continue;
    absl::StrAppend(&unnamed, unnamed.empty() ? "" : ", ", std::string(provider.name));
  }
  EXPECT_THAT(Docs(), HasSubstr("Not compared: " + unnamed + "."));
}

// The URL of a dialect's model list for a base_url.
std::string ListUrl(const Dialect& dialect, const std::string& base) {
  Target target;
  target.id = {"any", "MODEL", "chat", "local"};
  target.base_url = base;
  return dialect.build_models_request(target).url;
}

TEST(ProviderDocsTest, ShowWhereEveryDialectListsModels) {
  const std::string usual = "base_url and `/models`";
  std::vector<std::string> expected;
  for (const Dialect* dialect : Dialects()) {
    EXPECT_EQ(ListUrl(*dialect, "https://llm.example/v3"), "https://llm.example/v3/models");
    const bool moves =
        ListUrl(*dialect, "https://llm.example/v2") == "https://llm.example/v1/models";
    expected.push_back(
        Row({Code(dialect->name),
             moves ? "base_url with `/v1/models` for its `/v2`; without `/v2`, " + usual : usual}));
  }
  EXPECT_EQ(TableBelow("## The second opinion on a key"), expected);
}

TEST(ProviderDocsTest, ShowWhoseModelListsArePublic) {
  std::string open;
  for (const Provider& provider : Providers()) {
    if (provider.models_need_key) continue;
    absl::StrAppend(&open, open.empty() ? "" : ", ", std::string(provider.name));
  }
  EXPECT_THAT(Docs(), HasSubstr("given out for wrong keys too: " + open + "."));
}

TEST(ProviderDocsTest, NameHowLongAKeyCountsAsOneThatWorked) {
  EXPECT_THAT(Docs(),
              HasSubstr(absl::StrCat("within the last ", absl::ToInt64Hours(SecondOpinion::kMemory),
                                     " hours")));
}

struct RetiredRow {
  std::string model;
  absl::CivilDay day;
  std::string successor;
};

// The table is no part of the header, so its rows are read from the source:
// {"gpt-4o-mini", absl::CivilDay(2027, 1, 14), "gpt-6-luna"},
std::vector<RetiredRow> RetiredRows() {
  std::vector<RetiredRow> rows;
  const std::string source = ReadSource("probes/retired_models.cc");
  for (const absl::string_view line : absl::StrSplit(source, '\n')) {
    const std::vector<std::string> parts = absl::StrSplit(line, '"');
    if (parts.size() != 5 || parts[0] != "    {") continue;
    const std::vector<std::string> numbers =
        absl::StrSplit(parts[2], absl::ByAnyChar("(,)"), absl::SkipWhitespace());
    EXPECT_EQ(numbers.size(), 4U) << line;
    if (numbers.size() != 4) continue;
    rows.push_back(
        {parts[1],
         absl::CivilDay(std::stoi(numbers[1]), std::stoi(numbers[2]), std::stoi(numbers[3])),
         parts[3]});
  }
  return rows;
}

TEST(ProviderDocsTest, ShowEveryRetiredModel) {
  std::vector<std::string> expected;
  for (const RetiredRow& row : RetiredRows()) {
    expected.push_back(Row({Code(row.model), absl::FormatCivilTime(row.day), Code(row.successor)}));
    const absl::Time gone = absl::FromCivil(row.day, absl::UTCTimeZone());
    EXPECT_TRUE(IsRetiredModel(row.model, gone)) << row.model;
    EXPECT_FALSE(IsRetiredModel(row.model, gone - absl::Seconds(1))) << row.model;
  }
  EXPECT_GT(expected.size(), 20U);
  EXPECT_EQ(TableBelow("## Models that are gone or going"), expected);
}

TEST(ProviderDocsTest, NameTheVersionsThatCallsCarry) {
  for (const std::string_view version : {FindProvider("anthropic")->api_version,
                                         CompatibleProvider("anthropic_messages").api_version,
                                         FindProvider("azure_openai")->api_version}) {
    EXPECT_THAT(Docs(), HasSubstr(std::string(version)));
  }
}

TEST(ProviderDocsTest, NameTheLargestCapThatIsLearned) {
  EXPECT_THAT(Docs(), HasSubstr(absl::StrCat("(up to ", kMostLearnedTokenCap, ")")));
}

}  // namespace
}  // namespace heyhi
