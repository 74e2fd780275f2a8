#include "serving/yaml_tree.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

std::string ErrorOf(const std::string& text) {
  const auto tree = ParseYaml("f.yml", text);
  return tree.ok() ? "" : std::string(tree.status().message());
}

TEST(YamlTreeTest, KeepsLinesAndOrder) {
  const auto tree = ParseYaml("f.yml", "b: 1\na:\n  - x\n  - {k: v}\nnothing:\n");
  ASSERT_TRUE(tree.ok());
  ASSERT_EQ(tree->entries.size(), 3U);
  EXPECT_EQ(tree->entries[0].key.scalar, "b");
  const YamlNode& list = tree->entries[1].value;
  EXPECT_EQ(list.items[0].line, 3);
  EXPECT_EQ(list.items[1].entries[0].value.scalar, "v");
  EXPECT_EQ(list.items[1].line, 4);
  EXPECT_EQ(tree->entries[2].value.kind, YamlNode::Kind::kNull);
}

TEST(YamlTreeTest, FollowsAliases) {
  const auto tree = ParseYaml("f.yml", "a: &x {k: v}\nb: *x\n");
  ASSERT_TRUE(tree.ok());
  EXPECT_EQ(tree->entries[1].value.entries[0].value.scalar, "v");
}

TEST(YamlTreeTest, RefusesDuplicateKeys) {
  EXPECT_EQ(ErrorOf("a: 1\nb: 2\na: 3\n"), "f.yml:3: duplicate key \"a\" (first on line 1)");
}

TEST(YamlTreeTest, RefusesAnAliasToWhatEnclosesIt) {
  EXPECT_EQ(ErrorOf("a: &x\n  b: *x\n"),
            "f.yml:2: an alias must not stand inside what it refers to");
}

TEST(YamlTreeTest, RefusesAnAliasBomb) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    absl::StrAppend(&text, "a", i, ": &a", i, " [");
    for (int j = 0; j < 10; ++j) absl::StrAppend(&text, j == 0 ? "" : ", ", "*a", i - 1);
    text.append("]\n");
  }
  EXPECT_THAT(ErrorOf(text), testing::HasSubstr("too many values"));
}

TEST(YamlTreeTest, RefusesManyNestedAnchors) {
  std::string text;
  for (int i = 0; i < 20; ++i) absl::StrAppend(&text, "&a", i, " [");
  for (int i = 0; i < 20000; ++i) absl::StrAppend(&text, i == 0 ? "" : ",", "x");
  EXPECT_THAT(ErrorOf("a: " + text + std::string(20, ']') + "\n"),
              testing::HasSubstr("too many values"));
}

TEST(YamlTreeTest, RefusesDeepNestingHugeFilesAndSecondDocuments) {
  EXPECT_THAT(ErrorOf(std::string(200, '[') + std::string(200, ']')),
              testing::HasSubstr("nested too deep"));
  EXPECT_EQ(ErrorOf("a: " + std::string(5 << 20, 'x')), "f.yml: larger than 4 MiB");
  EXPECT_THAT(ErrorOf("a: 1\n---\nb: 2\n"), testing::HasSubstr("more than one YAML document"));
}

TEST(YamlTreeTest, NamesTheLineOfASyntaxError) {
  EXPECT_THAT(ErrorOf("a: 1\nb: [1, 2\n"), testing::StartsWith("f.yml:3: not valid YAML: "));
}

TEST(YamlTreeTest, SurvivesGarbage) {
  for (const std::string& text :
       {std::string("\0\0\0", 3), std::string("\xff\xfe\x00x", 4), std::string("%YAML 9.9\n---\n"),
        std::string("a: *nowhere\n"), std::string("? [a]\n: b\n"), std::string("\t"),
        std::string("- - - -"), std::string("!!binary x: y")}) {
    ParseYaml("f.yml", text).IgnoreError();
  }
  EXPECT_EQ(ErrorOf("? [a]\n: b\n"), "f.yml:1: a key must be a word, not a list");
}

}  // namespace
}  // namespace heyhi
