#include "serving/yaml_writer.h"

#include <gtest/gtest.h>

#include "serving/yaml_tree.h"

namespace heyhi {
namespace {

TEST(YamlWriterTest, WritesMapsAndLists) {
  YamlWriter writer;
  writer.Comment("of a test");
  writer.BeginMap();
  writer.Key("number");
  writer.Plain("0.5");
  writer.Key("list");
  writer.BeginList();
  writer.BeginMapInOneLine();
  writer.Key("a");
  writer.Text("b");
  writer.EndMap();
  writer.BeginListInOneLine();
  writer.Plain("true");
  writer.EndList();
  writer.EndList();
  writer.EndMap();
  EXPECT_EQ(writer.TakeText(), R"(# of a test
number: 0.5
list:
  - {a: "b"}
  - [true]
)");
}

TEST(YamlWriterTest, ATextIsReadAsItWas) {
  for (const char* text : {"",
                           "null",
                           "true",
                           "0x10",
                           "2026-12-01",
                           "- a",
                           "a: b # c",
                           "{[\"']}",
                           "*alias",
                           "&anchor",
                           "!tag",
                           "|",
                           "%",
                           "@",
                           "two\nlines\n",
                           "tab\t",
                           " spaces ",
                           "back\\slash",
                           "\xc3\xbc",
                           "\xe2\x80\xa8",
                           "\xef\xbb\xbf",
                           "\xf0\x9f\x98\x80"}) {
    YamlWriter writer;
    writer.BeginMap();
    writer.Key("text");
    writer.Text(text);
    writer.EndMap();
    const auto tree = ParseYaml("test.yml", writer.TakeText());
    ASSERT_TRUE(tree.ok()) << tree.status();
    EXPECT_EQ(tree->entries.at(0).value.scalar, text);
  }
}

TEST(YamlWriterDeathTest, NothingIsCutInSilence) {
  YamlWriter writer;
  writer.BeginMap();
  writer.EndList();
  EXPECT_DEATH(writer.TakeText(), "");
}

}  // namespace
}  // namespace heyhi
