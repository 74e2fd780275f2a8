// docs/configuration.md is written from the table of options.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "exporter/settings.h"
#include "probes/target.h"
#include "tests/golden_file.h"

namespace heyhi {
namespace {

constexpr char kBegin[] = "<!-- options: written by config_docs_test -->\n";
constexpr char kEnd[] = "<!-- end of options -->\n";

std::string TableOfOptions() {
  std::string table = "| option | value | where unset | meaning |\n|---|---|---|---|\n";
  for (const SettingInfo& setting : AllSettings()) {
    table.append("| `").append(setting.key).append("` | ").append(setting.expected);
    table.append(" | ").append(setting.unset).append(" | ").append(setting.meaning).append(" |\n");
  }
  return table;
}

TEST(ConfigDocsTest, ThePageHasTheTableOfOptions) {
  const std::string path = absl::StrCat(HEYHI_SOURCE_DIR, "/docs/configuration.md");
  const std::string page = ReadGoldenFile(path);
  const std::size_t begin = page.find(kBegin);
  const std::size_t end = page.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  ExpectGoldenFile(path,
                   absl::StrCat(page.substr(0, begin), kBegin, TableOfOptions(), page.substr(end)));
}

TEST(ConfigDocsTest, WhatHoldsWhereUnsetIsTrue) {
  std::map<std::string, std::string> unset;
  for (const SettingInfo& setting : AllSettings()) {
    unset[std::string(setting.key)] = std::string(setting.unset);
  }
  const Target target;
  EXPECT_EQ(unset["slow_after"], absl::FormatDuration(target.slow_after));
  EXPECT_EQ(unset["timeout"], absl::FormatDuration(target.timeout));
  EXPECT_EQ(unset["latency_objective"], absl::FormatDuration(target.latency_objective));
  EXPECT_EQ(unset["prompt"], target.prompt);
  EXPECT_EQ(unset["serves_production"], target.serves_production ? "true" : "false");
}

}  // namespace
}  // namespace heyhi
