#include "probes/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

using ::testing::ElementsAre;

// One text with a value of every kind.
class JsonViewTest : public ::testing::Test {
 protected:
  JsonView Of(const char* key) const { return document_.root()[key]; }

  const JsonDocument document_ = *JsonDocument::Parse(R"({
    "null": null, "text": "pong", "empty": "", "yes": true, "no": false, "zero": 0, "minus": -0,
    "whole": 3.0, "half": 2.5, "tiny": 1e-400, "huge": 1e300,
    "int64_max": 9223372036854775807, "int64_min": -9223372036854775808,
    "above": 9223372036854775808, "uint64_max": 18446744073709551615,
    "list": [1, "two", null], "object": {"b": 1, "a": 2}
  })");
};

const char* const kKeys[] = {"null", "text",   "yes",  "zero",      "half",
                             "huge", "object", "list", "int64_max", "absent"};

TEST_F(JsonViewTest, ReadsStringsOnlyAsStrings) {
  EXPECT_EQ(Of("text").AsString(), "pong");
  EXPECT_EQ(Of("empty").AsString(), "");
  for (const char* key : kKeys) {
    if (key == std::string("text")) continue;
    EXPECT_EQ(Of(key).AsString(), std::nullopt) << key;
    EXPECT_EQ(Of(key).StringOrEmpty(), "") << key;
  }
}

TEST_F(JsonViewTest, ReadsBooleansOnlyAsBooleans) {
  EXPECT_EQ(Of("yes").AsBool(), true);
  EXPECT_EQ(Of("no").AsBool(), false);
  for (const char* key : {"null", "text", "zero", "list", "absent"}) {
    EXPECT_EQ(Of(key).AsBool(), std::nullopt) << key;
  }
}

TEST_F(JsonViewTest, ReadsNumbers) {
  EXPECT_EQ(Of("half").AsNumber(), 2.5);
  EXPECT_EQ(Of("minus").AsNumber(), 0);
  EXPECT_EQ(Of("tiny").AsNumber(), 0);
  EXPECT_EQ(Of("huge").AsNumber(), 1e300);
  EXPECT_EQ(Of("uint64_max").AsNumber(), 18446744073709551615.0);
  for (const char* key : {"null", "text", "yes", "list", "absent"}) {
    EXPECT_EQ(Of(key).AsNumber(), std::nullopt) << key;
  }
}

TEST_F(JsonViewTest, ReadsWholeNumbersThatFit) {
  EXPECT_EQ(Of("zero").AsInteger(), 0);
  EXPECT_EQ(Of("minus").AsInteger(), 0);
  EXPECT_EQ(Of("whole").AsInteger(), 3);
  EXPECT_EQ(Of("int64_max").AsInteger(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(Of("int64_min").AsInteger(), std::numeric_limits<std::int64_t>::min());
  for (const char* key : {"half", "huge", "above", "uint64_max", "null", "text", "yes", "absent"}) {
    EXPECT_EQ(Of(key).AsInteger(), std::nullopt) << key;
  }
}

TEST_F(JsonViewTest, KnowsAMemberThatIsNullFromOneThatIsAbsent) {
  EXPECT_TRUE(Of("null").exists());
  EXPECT_TRUE(Of("null").IsNull());
  EXPECT_FALSE(Of("absent").exists());
  EXPECT_FALSE(Of("absent").IsNull());
}

TEST_F(JsonViewTest, FindsNothingInsideWhatIsNoObject) {
  for (const char* key : kKeys) {
    EXPECT_FALSE(Of(key)["content"].exists()) << key;
    EXPECT_EQ(Of(key)["content"]["parts"].At(0)["text"].StringOrEmpty(), "") << key;
  }
}

TEST_F(JsonViewTest, FindsNothingInsideWhatIsNoArray) {
  for (const char* key : kKeys) {
    EXPECT_FALSE(Of(key).At(3).exists()) << key;
  }
  EXPECT_FALSE(Of("object").At(0).exists());
}

TEST_F(JsonViewTest, FindsElements) {
  EXPECT_EQ(Of("list").size(), 3U);
  EXPECT_EQ(Of("list").At(1).AsString(), "two");
  EXPECT_TRUE(Of("list").At(2).IsNull());
}

TEST_F(JsonViewTest, CountsOnlyArraysAndObjects) {
  EXPECT_EQ(Of("object").size(), 2U);
  for (const char* key : {"null", "text", "zero", "absent"}) EXPECT_EQ(Of(key).size(), 0U) << key;
}

TEST_F(JsonViewTest, SortsTheKeysOfAnObject) {
  EXPECT_THAT(Of("object").Keys(), ElementsAre("a", "b"));
  EXPECT_THAT(Of("list").Keys(), ElementsAre());
  EXPECT_THAT(JsonView().Keys(), ElementsAre());
}

TEST_F(JsonViewTest, DumpsCompactText) {
  EXPECT_EQ(Of("list").Dump(), R"([1,"two",null])");
  EXPECT_EQ(Of("object").Dump(), R"({"a":2,"b":1})");
  EXPECT_EQ(Of("absent").Dump(), "");
}

TEST(JsonDocumentTest, TakesAnyOneValue) {
  for (const char* text : {"null", "true", "0", "-0", "\"x\"", "[]", "{}", " \r\n\t[1] \n"}) {
    EXPECT_TRUE(JsonDocument::Parse(text).has_value()) << text;
  }
}

TEST(JsonDocumentTest, RefusesWhatIsNotExactlyOneValue) {
  const std::string texts[] = {
      "",
      " ",
      "{",
      "}",
      "[1,",
      "[1,]",
      R"({"a")",
      R"({"a":)",
      R"({"a":1,})",
      R"({"choices": [{"message": {"content": "po)",
      "tru",
      "nul",
      "\"open",
      "\"\\u12\"",
      "\"\\",
      "[1] x",
      "{} {}",
      "1e",
      "01",
      "NaN",
      "Infinity",
      "1e400",
      "-1e400",
      "'x'",
      "{a:1}",
      "// no\n{}",
      "<html></html>",
      std::string("[\0]", 3),
      "\"\x01\"",
  };
  for (const std::string& text : texts) {
    EXPECT_FALSE(JsonDocument::Parse(text).has_value()) << ::testing::PrintToString(text);
  }
}

// As clients do: a model that answers by the token may end inside a character.
TEST(JsonDocumentTest, TakesBrokenCharactersForTheirReplacement) {
  const std::string replaced = "\xef\xbf\xbd";
  const std::pair<std::string, std::string> cases[] = {
      {"\"a\xff\"", "a" + replaced},
      {"\"cut \xe2\x82\"", "cut " + replaced},
      {R"("\ud83c")", replaced},
      {R"("\udfd3 b")", replaced + " b"},
      {R"("\ud83cx")", replaced + "x"},
      {R"("\ud83c\ud83c\udfd3")", replaced + "\xf0\x9f\x8f\x93"},
      {R"("\\ud83c\ud83c")", "\\ud83c" + replaced},
  };
  for (const auto& [text, expected] : cases) {
    const auto document = JsonDocument::Parse(text);
    ASSERT_TRUE(document.has_value()) << text;
    EXPECT_EQ(document->root().StringOrEmpty(), expected) << text;
  }
  EXPECT_FALSE(JsonDocument::Parse(R"(["\ud83c")").has_value());
}

std::string Nested(std::size_t depth, const std::string& open, const std::string& close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  text += "0";
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text;
}

TEST(JsonDocumentTest, NestsToTheLimit) {
  EXPECT_TRUE(JsonDocument::Parse(Nested(64, "[", "]")).has_value());
  EXPECT_TRUE(JsonDocument::Parse(Nested(64, "{\"a\":", "}")).has_value());
  EXPECT_TRUE(JsonDocument::Parse(Nested(32, "[{\"a\":", "}]")).has_value());
}

TEST(JsonDocumentTest, NestsNoDeeper) {
  EXPECT_FALSE(JsonDocument::Parse(Nested(65, "[", "]")).has_value());
  EXPECT_FALSE(JsonDocument::Parse(Nested(65, "{\"a\":", "}")).has_value());
  EXPECT_FALSE(JsonDocument::Parse(std::string(1000000, '[')).has_value());
  EXPECT_FALSE(JsonDocument::Parse(Nested(500000, "[", "]")).has_value());
}

TEST(JsonDocumentTest, HoldsNoMoreThanAHundredThousandValues) {
  const auto list = [](int count, const std::string& value) {
    std::string text = "[" + value;
    for (int i = 1; i < count; ++i) text += "," + value;
    return text + "]";
  };
  EXPECT_TRUE(JsonDocument::Parse(list(99000, "0")).has_value());
  EXPECT_FALSE(JsonDocument::Parse(list(100001, "0")).has_value());
  EXPECT_FALSE(JsonDocument::Parse(list(60000, "{}")).has_value());
  EXPECT_TRUE(JsonDocument::Parse("[\"" + std::string(200000, ',') + "\"]").has_value());
}

TEST(JsonDocumentTest, CountsNoBracketsInStrings) {
  const std::string brackets(100, '[');
  const auto document = JsonDocument::Parse("[\"" + brackets + "\\\"" + brackets + "\\\\\"]");
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(document->root().At(0).AsString(), brackets + "\"" + brackets + "\\");
}

TEST(JsonDocumentTest, CountsBracketsSideBySideOnce) {
  std::string text = "[0";
  for (int i = 0; i < 1000; ++i) text += ",[{}]";
  EXPECT_TRUE(JsonDocument::Parse(text + "]").has_value());
}

TEST(JsonDocumentTest, LetsTheLastOfEqualKeysWin) {
  const auto document = JsonDocument::Parse(R"({"a": 1, "a": 2, "a": "three"})");
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(document->root().size(), 1U);
  EXPECT_EQ(document->root()["a"].AsString(), "three");
}

TEST(JsonDocumentTest, KeepsAViewValidWhenMoved) {
  auto document = JsonDocument::Parse(R"({"a": "text"})");
  const JsonView view = document->root()["a"];
  const JsonDocument moved = std::move(*document);
  EXPECT_EQ(view.AsString(), "text");
}

TEST(JsonDocumentTest, ReadsEscapesAndCharactersBeyondTheBasicPlane) {
  const auto document = JsonDocument::Parse(R"(["\ud83d\ude00\n\u0000", "€"])");
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(document->root().At(0).AsString(), std::string("\xf0\x9f\x98\x80\n\0", 6));
  EXPECT_EQ(document->root().At(1).AsString(), "\xe2\x82\xac");
}

TEST(JsonObjectTest, KeepsTheOrderOfTheFirstSet) {
  JsonObject object;
  object.Set("z", 1).Set("a", "two").Set("m", true).Set("z", 2.5);
  EXPECT_EQ(object.Dump(), R"({"z":2.5,"a":"two","m":true})");
}

TEST(JsonObjectTest, TakesEveryKindOfValue) {
  JsonObject inner;
  inner.Set("text", std::string("\"\n\\"));
  JsonObject object;
  object.Set("inner", inner)
      .Set("list", std::vector<JsonObject>{inner, JsonObject()})
      .Set("big", std::int64_t{9223372036854775807});
  EXPECT_EQ(object.Dump(), R"({"inner":{"text":"\"\n\\"},"list":[{"text":"\"\n\\"},{}],)"
                           R"("big":9223372036854775807})");
}

TEST(JsonObjectTest, MergesMembers) {
  JsonObject object;
  object.Set("a", 1).Set("b", 2);
  object.Merge(JsonObject().Set("b", 3).Set("c", 4));
  EXPECT_EQ(object.Dump(), R"({"a":1,"b":3,"c":4})");
}

TEST(JsonObjectTest, CopiesWhatWasRead) {
  const auto document = JsonDocument::Parse(R"({"a": {"b": [1, null, "x"]}})");
  EXPECT_EQ(JsonObject(document->root()).Dump(), R"({"a":{"b":[1,null,"x"]}})");
}

TEST(JsonObjectTest, IsEmptyWhereNoObjectWasRead) {
  const auto document = JsonDocument::Parse("[1, 2]");
  EXPECT_EQ(JsonObject(document->root()).Dump(), "{}");
  EXPECT_EQ(JsonObject(JsonView()).Dump(), "{}");
}

TEST(JsonObjectTest, IsIndependentOfItsCopy) {
  JsonObject object;
  object.Set("a", 1);
  JsonObject copy = object;
  copy.Set("a", 2);
  EXPECT_EQ(object.Dump(), R"({"a":1})");
  object = copy;
  EXPECT_EQ(object.Dump(), R"({"a":2})");
}

TEST(JsonObjectTest, ReplacesInvalidUtf8) {
  for (const char* text : {"\xff", "cut \xe2\x82", "\xed\xa0\x80", "\xc0\xaf"}) {
    const std::string dump = JsonObject().Set("text", text).Dump();
    EXPECT_THAT(dump, ::testing::HasSubstr("\xef\xbf\xbd"));
    EXPECT_TRUE(JsonDocument::Parse(dump).has_value()) << dump;
  }
}

TEST(JsonObjectTest, WritesNumbersThatJsonLacksAsNull) {
  JsonObject object;
  object.Set("nan", std::numeric_limits<double>::quiet_NaN())
      .Set("infinite", std::numeric_limits<double>::infinity());
  EXPECT_EQ(object.Dump(), R"({"nan":null,"infinite":null})");
}

TEST(JsonObjectTest, WritesListsCopiesAndNull) {
  const auto read = JsonDocument::Parse(R"({"a":[1,null]})");
  JsonObject object;
  object.Set("texts", std::vector<std::string>{"x", "\"y\""})
      .Set("copy", read->root()["a"])
      .Set("nothing", JsonView());
  EXPECT_EQ(object.Dump(), R"({"texts":["x","\"y\""],"copy":[1,null],"nothing":null})");
  EXPECT_EQ(DumpJsonList(std::vector<std::string>{"x"}), R"(["x"])");
  EXPECT_EQ(DumpJsonList(std::vector<JsonObject>{JsonObject(), JsonObject()}), "[{},{}]");
}

}  // namespace
}  // namespace heyhi
