#include "probes/sse_parser.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace heyhi {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;  // name, data

Events ParseInPieces(const std::string& text, std::size_t piece_size) {
  SseParser parser;
  Events events;
  for (std::size_t at = 0; at < text.size(); at += piece_size) {
    parser.Feed(std::string_view(text).substr(at, piece_size),
                [&](const SseEvent& event) { events.emplace_back(event.name, event.data); });
  }
  return events;
}

Events Parse(const std::string& text) { return ParseInPieces(text, text.size()); }

struct StreamCase {
  const char* name;
  std::string text;
  Events events;
};

std::vector<StreamCase> StreamCases() {
  return {
      {"OneEvent", "data: a\n\n", {{"", "a"}}},
      {"NamedEvent", "event: ping\ndata: {}\n\n", {{"ping", "{}"}}},
      {"NameAfterData", "data: 1\nevent: late\n\n", {{"late", "1"}}},
      {"NameOfOneEventOnly", "event: x\ndata: 1\n\ndata: 2\n\n", {{"x", "1"}, {"", "2"}}},
      {"JoinsMultiLineData", "data: a\ndata: b\ndata:\ndata:  c\n\n", {{"", "a\nb\n\n c"}}},
      {"NoSpaceAfterColon", "data:a\n\n", {{"", "a"}}},
      {"FieldWithoutColon", "data\ndata\n\n", {{"", "\n"}}},
      {"CarriageReturns", "data: a\r\rdata: b\r\r", {{"", "a"}, {"", "b"}}},
      {"BothLineEnds", "data: a\r\n\r\ndata: b\r\n\r\n", {{"", "a"}, {"", "b"}}},
      {"MixedLineEnds",
       "data: a\r\n\ndata: b\n\r\ndata: c\r\n\r",
       {{"", "a"}, {"", "b"}, {"", "c"}}},
      {"Comments", ": keep-alive\n\n: OPENROUTER PROCESSING\n\ndata: a\n\n", {{"", "a"}}},
      {"CommentInsideAnEvent", "data: a\n:x\ndata: b\n\n", {{"", "a\nb"}}},
      {"OtherFields", "id: 7\nretry: 10\nfoo: bar\ndata: a\n\n", {{"", "a"}}},
      {"EventWithoutData", "event: ping\n\ndata: a\n\n", {{"", "a"}}},
      {"UnfinishedEvent", "data: a\n\ndata: b\n", {{"", "a"}}},
      {"ByteOrderMark",
       "\xef\xbb\xbf"
       "data: a\n\n",
       {{"", "a"}}},
      {"ByteOrderMarkLater",
       "data: a\n\n\xef\xbb\xbf"
       "data: b\n\n",
       {{"", "a"}}},
      {"BytesOfManyScripts",
       "data: \xe6\x97\xa5\xf0\x9f\x91\x8b\xff\n\n",
       {{"", "\xe6\x97\xa5\xf0\x9f\x91\x8b\xff"}}},
      {"ZeroByte", std::string("data: a\0b\n\n", 11), {{"", std::string("a\0b", 3)}}},
      {"ColonsInValues", "data: {\"a\": 1}\n\n", {{"", "{\"a\": 1}"}}},
      {"Nothing", "\n\n\r\n\r", {}},
  };
}

class SseParserTest : public testing::TestWithParam<StreamCase> {};

TEST_P(SseParserTest, ReadsItWhole) { EXPECT_EQ(Parse(GetParam().text), GetParam().events); }

TEST_P(SseParserTest, ReadsItHoweverItIsCut) {
  for (std::size_t size = 1; size <= GetParam().text.size(); ++size) {
    EXPECT_EQ(ParseInPieces(GetParam().text, size), GetParam().events) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Table, SseParserTest, testing::ValuesIn(StreamCases()),
                         [](const auto& test) { return std::string(test.param.name); });

int CountEvents(const std::string& text, bool* within_caps) {
  SseParser parser;
  int count = 0;
  *within_caps = parser.Feed(text, [&count](const SseEvent&) { ++count; });
  return count;
}

TEST(SseParserTest, StopsAtALineThatIsTooLong) {
  bool within_caps = true;
  const std::string longest = "data:" + std::string(SseParser::kMaxLineBytes - 5, 'x');
  EXPECT_EQ(CountEvents(longest + "\n\n", &within_caps), 1);
  EXPECT_TRUE(within_caps);
  EXPECT_EQ(CountEvents(longest + "x\n\ndata: a\n\n", &within_caps), 0);
  EXPECT_FALSE(within_caps);
}

TEST(SseParserTest, StopsAtAnEventThatIsTooLarge) {
  bool within_caps = true;
  std::string text;
  for (int line = 0; line < 9; ++line)
    text += "data:" + std::string(std::size_t{32} * 1024, 'x') + "\n";
  EXPECT_EQ(CountEvents(text + "\n", &within_caps), 0);
  EXPECT_FALSE(within_caps);
}

TEST(SseParserTest, AMillionEmptyLinesOfDataAreTooLarge) {
  bool within_caps = true;
  std::string text;
  for (int line = 0; line < 1000000; ++line) text += "data:\n";
  EXPECT_EQ(CountEvents(text + "\n", &within_caps), 0);
  EXPECT_FALSE(within_caps);
}

TEST(SseParserTest, ReadsNothingMoreOnceItStopped) {
  SseParser parser;
  int count = 0;
  const auto on_event = [&count](const SseEvent&) { ++count; };
  EXPECT_FALSE(parser.Feed(std::string(SseParser::kMaxLineBytes + 1, 'x'), on_event));
  EXPECT_FALSE(parser.Feed("\n\ndata: a\n\n", on_event));
  EXPECT_EQ(count, 0);
}

}  // namespace
}  // namespace heyhi
