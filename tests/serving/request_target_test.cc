#include "serving/request_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace heyhi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

RequestTarget Parse(std::string_view text) {
  auto target = ParseRequestTarget(text);
  EXPECT_TRUE(target.ok()) << target.status();
  return target.ok() ? *std::move(target) : RequestTarget();
}

std::string ErrorOf(std::string_view text) {
  const auto target = ParseRequestTarget(text);
  EXPECT_FALSE(target.ok()) << text;
  return std::string(target.status().message());
}

TEST(RequestTargetTest, SplitsPathAndQuery) {
  const RequestTarget target = Parse("/probe?target=openai/gpt-6-luna&debug=true");
  EXPECT_EQ(target.path, "/probe");
  EXPECT_THAT(target.query,
              ElementsAre(Pair("debug", "true"), Pair("target", "openai/gpt-6-luna")));
}

TEST(RequestTargetTest, DecodesOnce) {
  EXPECT_EQ(Parse("/a%20b").path, "/a b");
  EXPECT_EQ(Parse("/%252F").path, "/%2F");
  EXPECT_EQ(Parse("/caf%C3%A9").path, "/caf\xC3\xA9");
}

TEST(RequestTargetTest, KeepsTheRawPath) {
  const RequestTarget target = Parse("/badge/openai%2Fgpt-6-luna.svg?x=1");
  EXPECT_EQ(target.raw_path, "/badge/openai%2Fgpt-6-luna.svg");
  EXPECT_EQ(target.path, "/badge/openai/gpt-6-luna.svg");
}

TEST(RequestTargetTest, APlusIsASpaceInTheQueryOnly) {
  const RequestTarget target = Parse("/a+b?c+d=e+f%2B");
  EXPECT_EQ(target.path, "/a+b");
  EXPECT_THAT(target.query, ElementsAre(Pair("c d", "e f+")));
}

TEST(RequestTargetTest, ReadsOddQueries) {
  EXPECT_THAT(Parse("/?").query, IsEmpty());
  EXPECT_THAT(Parse("/?&&").query, IsEmpty());
  EXPECT_THAT(Parse("/?a").query, ElementsAre(Pair("a", "")));
  EXPECT_THAT(Parse("/?a=1&a=2").query, ElementsAre(Pair("a", "2")));
  EXPECT_THAT(Parse("/?a=b=c?d").query, ElementsAre(Pair("a", "b=c?d")));
  EXPECT_THAT(Parse("/?=x").query, ElementsAre(Pair("", "x")));
}

TEST(RequestTargetTest, DotsAreNotResolved) {
  EXPECT_EQ(Parse("/%2e%2e/%2e").path, "/../.");
  EXPECT_EQ(Parse("//metrics").path, "//metrics");
}

TEST(RequestTargetTest, RefusesBrokenPercentCodes) {
  for (const char* text : {"/%", "/%4", "/%4g", "/%g4", "/?a=%", "/?%2=b", "/a%%20"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("two hex digits")) << text;
  }
}

TEST(RequestTargetTest, RefusesControlCharacters) {
  for (const char* text : {"/%00", "/a%0d%0aSet-Cookie:x", "/\x01", "/?a=%1b[0m", "/%7f"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("control characters")) << text;
  }
}

TEST(RequestTargetTest, RefusesWhatNamesNoPath) {
  for (const char* text : {"", "*", "http://evil.example/metrics", "metrics", "?a=b"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("begins with /")) << text;
  }
}

TEST(RequestTargetTest, RefusesWhatIsTooLong) {
  EXPECT_EQ(Parse("/" + std::string(8191, 'a')).path.size(), 8192U);
  EXPECT_THAT(ErrorOf("/" + std::string(8192, 'a')), HasSubstr("too long"));
}

TEST(RequestTargetTest, ErrorsRepeatNothing) {
  EXPECT_EQ(ErrorOf("/secret%zz").find("secret"), std::string::npos);
}

}  // namespace
}  // namespace heyhi
