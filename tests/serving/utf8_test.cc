#include "serving/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace heyhi {
namespace {

TEST(Utf8Test, KnowsTheLengthsOfItsSequences) {
  EXPECT_EQ(Utf8Length("a"), 1U);
  EXPECT_EQ(Utf8Length("\xc3\xbc rest"), 2U);
  EXPECT_EQ(Utf8Length("\xe2\x82\xac"), 3U);
  EXPECT_EQ(Utf8Length("\xf0\x9f\x98\x80"), 4U);
}

TEST(Utf8Test, AcceptsTextInIt) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("umlaut \xc3\xbc and \xe2\x82\xac and \xf0\x9f\x98\x80"));
  EXPECT_TRUE(IsUtf8(std::string("nul\0byte", 8)));
}

TEST(Utf8Test, RefusesWhatIsNot) {
  for (const char* text :
       {"\xff", "\x9b[2J", "cut \xe2\x82", "\xc0\xaf", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xc3(", "\xfc\xdf!"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

}  // namespace
}  // namespace heyhi
