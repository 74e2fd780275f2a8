#include "probes/price_table.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <limits>
#include <ostream>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "probes/providers.h"

namespace heyhi {

void PrintTo(const Price& price, std::ostream* out) {
  *out << price.input_usd << " / " << price.output_usd;
}

namespace {

using testing::HasSubstr;
using testing::Optional;

constexpr char kHeader[] =
    "provider,model,input_usd_per_million,output_usd_per_million,effective_from,read_on,source\n";

absl::Time Day(int year, int month, int day) {
  return absl::FromCivil(absl::CivilDay(year, month, day), absl::UTCTimeZone());
}

const absl::Time kLater = Day(2030, 1, 1);

PriceTable TableOf(const std::string& rows) {
  auto table = PriceTable::Parse(kHeader + rows);
  EXPECT_TRUE(table.ok()) << table.status();
  return table.ok() ? *table : PriceTable();
}

TEST(BuiltInPricesTest, CoverEveryDefaultModel) {
  const std::set<std::string_view> without_price = {};
  for (const Provider& provider : Providers()) {
    if (provider.default_model.empty() || without_price.contains(provider.name)) continue;
    const auto price = PriceTable::BuiltIn().Find(
        std::string(provider.name), std::string(provider.default_model), Day(2026, 11, 22));
    EXPECT_TRUE(price.has_value()) << "probes/prices.csv lacks " << provider.default_model;
  }
}

TEST(BuiltInPricesTest, BeginOnTheirDay) {
  const PriceTable& table = PriceTable::BuiltIn();
  EXPECT_EQ(table.Find("openai", "gpt-6-luna", Day(2026, 9, 21)), std::nullopt);
  EXPECT_THAT(table.Find("openai", "gpt-6-luna", Day(2026, 9, 22)), Optional(Price{0.10, 0.50}));
}

TEST(BuiltInPricesTest, NeverUnderstateACost) {
  const PriceTable& table = PriceTable::BuiltIn();
  EXPECT_THAT(table.Find("mistral", "ministral-3b-latest", kLater), Optional(Price{0.10, 0.10}));
  EXPECT_THAT(table.Find("deepseek", "deepseek-flash", kLater), Optional(Price{0.30, 1.20}));
}

TEST(PriceTableTest, TakesTheNewestRowThatHasBegun) {
  const PriceTable table = TableOf(
      "p,m,3,4,2026-02-01,2026-01-01,s\n"
      "p,m,1,2,2026-01-01,2026-01-01,s\n"
      "p,m,5,6,2026-03-01,2026-01-01,s\n");
  EXPECT_EQ(table.Find("p", "m", Day(2026, 1, 1) - absl::Nanoseconds(1)), std::nullopt);
  EXPECT_THAT(table.Find("p", "m", Day(2026, 1, 1)), Optional(Price{1, 2}));
  EXPECT_THAT(table.Find("p", "m", Day(2026, 2, 1) - absl::Nanoseconds(1)), Optional(Price{1, 2}));
  EXPECT_THAT(table.Find("p", "m", Day(2026, 2, 1)), Optional(Price{3, 4}));
  EXPECT_THAT(table.Find("p", "m", absl::InfiniteFuture()), Optional(Price{5, 6}));
  EXPECT_EQ(table.Find("p", "m", absl::InfinitePast()), std::nullopt);
}

TEST(PriceTableTest, FindsByProviderAndModel) {
  const PriceTable table = TableOf(
      "p,m,1,2,2026-01-01,2026-01-01,s\n"
      "q,m,3,4,2026-01-01,2026-01-01,s\n"
      "q,org/N,5,6,2026-01-01,2026-01-01,s\n");
  EXPECT_THAT(table.Find("p", "m", kLater), Optional(Price{1, 2}));
  EXPECT_THAT(table.Find("q", "m", kLater), Optional(Price{3, 4}));
  EXPECT_THAT(table.Find("q", "models/M", kLater), Optional(Price{3, 4}));
  EXPECT_THAT(table.Find("q", "Org/n", kLater), Optional(Price{5, 6}));
  for (const char* model : {"", "n", "other/n", "m:free", "mm"}) {
    EXPECT_EQ(table.Find("q", model, kLater), std::nullopt) << model;
  }
  EXPECT_EQ(table.Find("", "m", kLater), std::nullopt);
}

TEST(PriceTableTest, PricesASnapshotAsItsModel) {
  const PriceTable table = TableOf(
      "p,org/m,1,2,2026-01-01,2026-01-01,s\n"
      "p,org/m-0613,3,4,2026-06-13,2026-01-01,s\n");
  EXPECT_THAT(table.Find("p", "org/m-2026-05-13", kLater), Optional(Price{1, 2}));
  EXPECT_THAT(table.Find("p", "org/m@20260513", kLater), Optional(Price{1, 2}));
  EXPECT_THAT(table.Find("p", "org/m-0613", kLater), Optional(Price{3, 4}));
  EXPECT_EQ(table.Find("p", "org/m-0613", Day(2026, 6, 12)), std::nullopt);
  EXPECT_EQ(table.Find("p", "org/m-5", kLater), std::nullopt);
}

TEST(PriceTableTest, LetsTheConfigurationWin) {
  PriceTable table = TableOf("p,m,1,2,2026-01-01,2026-01-01,s\n");
  const PriceTable before = table;
  table.Override("p", "M", {7, 8});
  table.Override("p", "new", {0, 0});
  EXPECT_THAT(table.Find("p", "m", kLater), Optional(Price{7, 8}));
  EXPECT_THAT(table.Find("p", "m", absl::InfinitePast()), Optional(Price{7, 8}));
  EXPECT_THAT(table.Find("p", "m-0613", kLater), Optional(Price{7, 8}));
  EXPECT_THAT(table.Find("p", "new", kLater), Optional(Price{0, 0}));
  EXPECT_EQ(table.Find("q", "m", kLater), std::nullopt);
  EXPECT_THAT(before.Find("p", "m", kLater), Optional(Price{1, 2}));
}

TEST(PriceTableTest, SkipsCommentsAndEmptyLines) {
  const std::string csv =
      absl::StrCat("# a, b\n\n", kHeader, "\n#p,m\np,m,0,10000,2026-01-01,", "2026-01-01,# s; t");
  const auto table = PriceTable::Parse(csv);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->Find("p", "m", kLater), Optional(Price{0, 10000}));
  EXPECT_TRUE(PriceTable::Parse(absl::StrReplaceAll(csv, {{"\n", "\r\n"}})).ok());
  EXPECT_TRUE(PriceTable::Parse(kHeader).ok());
}

struct BadRow {
  const char* name;
  const char* row;
  const char* error;
};

void PrintTo(const BadRow& row, std::ostream* out) { *out << row.row; }

class BadRowTest : public testing::TestWithParam<BadRow> {};

TEST_P(BadRowTest, IsRefused) {
  const auto table = PriceTable::Parse(
      absl::StrCat(kHeader, "p,m,1,2,2026-01-01,2026-01-01,s\n", GetParam().row, "\n"));
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(table.status().message(), absl::StrCat("line 3: expected ", GetParam().error));
}

constexpr char kInput[] = "input_usd_per_million to be a plain number from 0 to 10000, got ";

INSTANTIATE_TEST_SUITE_P(Columns, BadRowTest,
                         testing::ValuesIn<BadRow>({
                             {"TooFew", "p,n,1,2,2026-01-01,2026-01-01", "7 columns, got 6"},
                             {"TooMany", "p,n,1,2,2026-01-01,2026-01-01,s,t", "7 columns, got 8"},
                             {"Spaces", "   ", "7 columns, got 1"},
                             {"Twice", "p,m,3,4,2026-01-01,2026-02-02,t",
                              "one row for each provider, model and effective_from, got a second"},
                             {"TwiceInCapitals", "p,M,3,4,2026-01-01,2026-02-02,t",
                              "one row for each provider, model and effective_from, got a second"},
                             {"NoProvider", ",n,1,2,2026-01-01,2026-01-01,s",
                              "a provider without spaces, got \"\""},
                             {"SpaceBeforeModel", "p, n,1,2,2026-01-01,2026-01-01,s",
                              "a model without spaces, got \" n\""},
                             {"HostileModel", "p,\x1b[2J,1,2,2026-01-01,2026-01-01,s",
                              "a model without spaces, got \"\\x1b[2J\""},
                             {"NoSource", "p,n,1,2,2026-01-01,2026-01-01, ", "a source, got \" \""},
                         }),
                         [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(Dates, BadRowTest,
                         testing::ValuesIn<BadRow>({
                             {"MonthAlone", "p,n,1,2,2026-01,2026-01-01,s",
                              "effective_from to be a day as YYYY-MM-DD, got \"2026-01\""},
                             {"NoSuchDay", "p,n,1,2,2026-02-30,2026-01-01,s",
                              "effective_from to be a day as YYYY-MM-DD, got \"2026-02-30\""},
                             {"OneDigit", "p,n,1,2,2026-1-1,2026-01-01,s",
                              "effective_from to be a day as YYYY-MM-DD, got \"2026-1-1\""},
                             {"Time", "p,n,1,2,2026-01-01T00:00,2026-01-01,s",
                              "effective_from to be a day as YYYY-MM-DD, got \"2026-01-01T00:00\""},
                             {"SpaceBefore", "p,n,1,2, 2026-01-01,2026-01-01,s",
                              "effective_from to be a day as YYYY-MM-DD, got \" 2026-01-01\""},
                             {"EmptyReadOn", "p,n,1,2,2026-01-01,,s",
                              "read_on to be a day as YYYY-MM-DD, got \"\""},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(PriceTableTest, RefusesWhatIsNoPrice) {
  for (const std::string price : {"", " ", "-1", "+1", "nan", "inf", "1e3", "0x10", "10000.01",
                                  "99999999999", "1.2.3", ".", "$1", "1 ", "free"}) {
    const auto input =
        PriceTable::Parse(absl::StrCat(kHeader, "p,m,", price, ",2,2026-01-01,2026-01-01,s"));
    EXPECT_EQ(input.status().message(),
              absl::StrCat("line 2: expected ", kInput, "\"", price, "\""));
    const auto output =
        PriceTable::Parse(absl::StrCat(kHeader, "p,m,1,", price, ",2026-01-01,2026-01-01,s"));
    EXPECT_THAT(output.status().message(), HasSubstr("expected output_usd_per_million")) << price;
  }
}

TEST(PriceTableTest, RefusesNumbersTooLongForADouble) {
  const std::string row =
      absl::StrCat("p,m,", std::string(1000, '9'), ",2,2026-01-01,2026-01-01,s");
  const auto table = PriceTable::Parse(kHeader + row);
  EXPECT_EQ(table.status().message(),
            absl::StrCat("line 2: expected ", kInput, "\"", std::string(60, '9'), "\""));
}

TEST(PriceTableTest, RefusesAnotherHeader) {
  const std::string csvs[] = {
      "p,m,1,2,2026-01-01,2026-01-01,s\n",
      "provider,model\n",
      std::string("\xef\xbb\xbf") + kHeader,
      absl::StrReplaceAll(kHeader, {{"source", "link"}}),
  };
  for (const std::string& csv : csvs) {
    EXPECT_THAT(PriceTable::Parse(csv).status().message(),
                HasSubstr("line 1: expected the header \"provider,"))
        << csv;
  }
  EXPECT_THAT(PriceTable::Parse("").status().message(), HasSubstr("got the end"));
  EXPECT_THAT(PriceTable::Parse("# only\n\n").status().message(),
              HasSubstr("line 3: expected the"));
}

TEST(CostUsdTest, CountsPerMillionTokens) {
  EXPECT_DOUBLE_EQ(CostUsd({0.10, 0.50}, {1'000'000, 1'000'000}), 0.60);
  EXPECT_DOUBLE_EQ(CostUsd({0.10, 0.50}, {8, 16}), 8.8e-6);
  EXPECT_EQ(CostUsd({0.10, 0.50}, {0, 0}), 0);
  EXPECT_EQ(CostUsd({0, 0}, {8, 16}), 0);
}

TEST(CostUsdTest, IsNeverNegativeOrInfinite) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_DOUBLE_EQ(CostUsd({1, 2}, {-5, 1'000'000}), 2);
  EXPECT_EQ(CostUsd({1, 2}, {std::numeric_limits<std::int64_t>::min(), -1}), 0);
  EXPECT_LT(CostUsd({kHighestPriceUsd, kHighestPriceUsd}, {kMost, kMost}), 1e18);
}

}  // namespace
}  // namespace heyhi
