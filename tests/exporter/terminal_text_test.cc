#include "exporter/terminal_text.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace heyhi {
namespace {

using testing::ElementsAre;

TEST(TerminalTextTest, CountsWhatMayBeWideTwice) {
  EXPECT_EQ(Columns(""), 0U);
  EXPECT_EQ(Columns("abc"), 3U);
  EXPECT_EQ(Columns("Zuś"), 3U);
  EXPECT_EQ(Columns("模型"), 4U);
  EXPECT_EQ(Columns("🙂"), 2U);
}

TEST(TerminalTextTest, WrapsAtSpaces) {
  EXPECT_THAT(Wrap("", 10), ElementsAre(""));
  EXPECT_THAT(Wrap("one two", 10), ElementsAre("one two"));
  EXPECT_THAT(Wrap("one two three", 10), ElementsAre("one two", "three"));
  EXPECT_THAT(Wrap("one two   three", 9), ElementsAre("one two", "three"));
  EXPECT_THAT(Wrap("  one two three", 8), ElementsAre("  one", "two", "three"));
}

TEST(TerminalTextTest, WrapsJsonAfterItsMembers) {
  EXPECT_THAT(Wrap(R"({"a":1,"b":[1],"c":2})", 12),
              ElementsAre(R"({"a":1,)", R"("b":[1],)", R"("c":2})"));
}

TEST(TerminalTextTest, CutsLongWordsBetweenLetters) {
  EXPECT_THAT(Wrap("abcdefg", 3), ElementsAre("abc", "def", "g"));
  EXPECT_THAT(Wrap("模型模", 3), ElementsAre("模", "型", "模"));
  EXPECT_THAT(Wrap("    abcdef", 6), ElementsAre("    ab", "cdef"));
}

TEST(TerminalTextTest, EndsOnBlanks) {
  EXPECT_THAT(Wrap(std::string(10, ' '), 4), ElementsAre("", ""));
}

TEST(TerminalTextTest, ShowsAQuestionMarkForEachForeignLetter) {
  EXPECT_EQ(AsciiOnly("a ś 模🙂"), "a ? ??");
}

TEST(TerminalTextTest, Colours) {
  EXPECT_EQ(Coloured("x", Colour::kRed), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(Coloured("x", Colour::kCyan), "\x1b[36mx\x1b[0m");
}

}  // namespace
}  // namespace heyhi
