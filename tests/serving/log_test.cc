#include "serving/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "probes/json.h"

namespace heyhi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kTime = absl::FromUnixMillis(1767323045678);  // 2026-01-02 03:04:05.678

std::string Logfmt(const std::string& message, std::initializer_list<LogField> fields = {}) {
  return FormatLogLine(LogFormat::kLogfmt, kTime, LogLevel::kInfo, message, fields);
}
std::string Json(const std::string& message, std::initializer_list<LogField> fields = {}) {
  return FormatLogLine(LogFormat::kJson, kTime, LogLevel::kInfo, message, fields);
}

// Texts from outside that try to end a value, a line, or the terminal's patience.
const std::string kHostileTexts[] = {
    "",
    "two words",
    "quote\" msg=\"forged",
    "line\nts=2026-01-02T03:04:05.678Z level=error msg=forged",
    "carriage\rreturn",
    "back\\slash",
    "ends with a backslash\\",
    "\\\" msg=forged",
    "a=b",
    "tab\tand\vfeed\f",
    std::string("nul\0byte", 8),
    "\x1b[2Jescape",
    "\x7f",
    "\xc2\x9b[2Jescape in one character",
    "umlaut \xc3\xbc and \xe2\x82\xac and \xf0\x9f\x98\x80",
};

const std::string kInvalidUtf8[] = {
    "\xff",              // no lead byte
    "\x9b[2J",           // a control character of ISO 8859-1
    "cut \xe2\x82",      // the end is missing
    "\xc0\xaf",          // overlong
    "\xed\xa0\x80",      // half a surrogate pair
    "\xf4\x90\x80\x80",  // above the last code point
    "\xc3(",             // a lead byte alone
};

TEST(LogLineTest, HasTimeLevelAndMessageFirst) {
  EXPECT_EQ(Logfmt("started", {{"address", "127.0.0.1:80"}, {"targets", "3"}}),
            "ts=2026-01-02T03:04:05.678Z level=info msg=started address=127.0.0.1:80 targets=3");
}

TEST(LogLineTest, IsOneJsonObjectInTheSameOrder) {
  EXPECT_EQ(Json("started", {{"address", "127.0.0.1:80"}, {"targets", "3"}}),
            R"({"ts":"2026-01-02T03:04:05.678Z","level":"info","msg":"started",)"
            R"("address":"127.0.0.1:80","targets":"3"})");
}

TEST(LogLineTest, NamesEachLevel) {
  const std::pair<LogLevel, std::string> levels[] = {{LogLevel::kDebug, "debug"},
                                                     {LogLevel::kInfo, "info"},
                                                     {LogLevel::kWarn, "warn"},
                                                     {LogLevel::kError, "error"}};
  for (const auto& [level, name] : levels) {
    EXPECT_THAT(FormatLogLine(LogFormat::kLogfmt, kTime, level, "x", {}),
                HasSubstr(absl::StrCat(" level=", name, " ")));
  }
}

struct LogfmtCase {
  std::string value;
  std::string text;
};

TEST(LogLineTest, QuotesLogfmtValuesThatNeedIt) {
  const LogfmtCase cases[] = {
      {"plain", "plain"},
      {"sk-a/b:c", "sk-a/b:c"},
      {"", R"("")"},
      {"two words", R"("two words")"},
      {"a=b", R"("a=b")"},
      {R"(say "hi")", R"("say \"hi\"")"},
      {R"(c:\d)", R"("c:\\d")"},
      {"a\nb", R"("a\nb")"},
      {"a\rb", R"("a\u000db")"},
      {"a\tb", R"("a\u0009b")"},
      {std::string("a\0b", 3), R"("a\u0000b")"},
      {"a\x1b[0m", R"("a\u001b[0m")"},
      {"a\x7f", R"("a\u007f")"},
      {"a\xc2\x9b", R"("a\u009b")"},
      {"\xc2\xa0", "\"\xc2\xa0\""},
  };
  for (const LogfmtCase& c : cases) {
    EXPECT_EQ(Logfmt("x", {{"key", c.value}}),
              "ts=2026-01-02T03:04:05.678Z level=info msg=x key=" + c.text);
  }
}

// Reads a logfmt line back: key=bare or key="JSON string", one blank between.
std::optional<std::map<std::string, std::string>> ReadLogfmt(const std::string& line) {
  std::map<std::string, std::string> fields;
  std::size_t at = 0;
  while (at < line.size()) {
    const auto equals = line.find('=', at);
    if (equals == std::string::npos) return std::nullopt;
    const std::string key = line.substr(at, equals - at);
    std::size_t end = equals + 1;
    std::string value;
    if (line[end] == '"') {
      for (++end; end < line.size() && line[end] != '"'; ++end) end += line[end] == '\\' ? 1 : 0;
      const auto text = JsonDocument::Parse(line.substr(equals + 1, ++end - equals - 1));
      if (!text.has_value()) return std::nullopt;
      value = text->root().StringOrEmpty();
    } else {
      end = std::min(line.find(' ', end), line.size());
      value = line.substr(equals + 1, end - equals - 1);
    }
    if (end < line.size() && line[end] != ' ') return std::nullopt;
    if (!fields.emplace(key, value).second) return std::nullopt;
    at = end + 1;
  }
  return fields;
}

TEST(LogLineTest, GivesBackHostileTextsFromLogfmt) {
  for (const std::string& text : kHostileTexts) {
    const auto fields = ReadLogfmt(Logfmt(text, {{"detail", text}}));
    ASSERT_TRUE(fields.has_value()) << text;
    EXPECT_EQ(fields->size(), 4U) << text;
    EXPECT_EQ(fields->at("msg"), text);
    EXPECT_EQ(fields->at("detail"), text);
  }
}

TEST(LogLineTest, GivesBackHostileTextsFromJson) {
  for (const std::string& text : kHostileTexts) {
    const auto line = JsonDocument::Parse(Json(text, {{"detail", text}}));
    ASSERT_TRUE(line.has_value()) << text;
    EXPECT_EQ(line->root().size(), 4U) << text;
    EXPECT_EQ(line->root()["msg"].AsString(), text);
    EXPECT_EQ(line->root()["detail"].AsString(), text);
  }
}

TEST(LogLineTest, HoldsNoControlCharacter) {
  for (int code = 0; code < 0x20; ++code) {
    const std::string value(1, static_cast<char>(code));
    for (const std::string& line : {Logfmt(value), Json(value)}) {
      EXPECT_THAT(line, Not(HasSubstr(value))) << code;
    }
  }
}

TEST(LogLineTest, StaysValidJsonWithInvalidUtf8) {
  for (const std::string& text : kInvalidUtf8) {
    EXPECT_TRUE(JsonDocument::Parse(Json(text)).has_value()) << ::testing::PrintToString(text);
  }
}

TEST(LogLineTest, ReplacesInvalidUtf8InLogfmt) {
  for (const std::string& text : kInvalidUtf8) {
    EXPECT_THAT(Logfmt(text), HasSubstr("\xef\xbf\xbd")) << ::testing::PrintToString(text);
  }
}

TEST(LogLineTest, KeepsWhatSurroundsInvalidUtf8) {
  EXPECT_THAT(Logfmt("a\xff\xfe"
                     "b"),
              HasSubstr("msg=\"a\xef\xbf\xbd\xef\xbf\xbd"
                        "b\""));
}

// A logger whose lines the test reads from a pipe.
class LoggerTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe(ends_), 0); }
  void TearDown() override {
    close(ends_[0]);
    if (ends_[1] >= 0) close(ends_[1]);
  }

  void LogAtEveryLevel(LogLevel level, LogFormat format) {
    Logger logger({level, format, ends_[1]});
    logger.Debug("one");
    logger.Info("two");
    logger.Warn("three", {{"key", "a\nb"}});
    logger.Error("four");
  }

  // Everything written so far, by line.
  std::vector<std::string> Lines() {
    close(ends_[1]);
    ends_[1] = -1;
    std::string text;
    char buffer[512];
    for (ssize_t count = 0; (count = read(ends_[0], buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return absl::StrSplit(text, '\n');
  }

  int ends_[2] = {-1, -1};
};

TEST_F(LoggerTest, WritesFromItsLevelOn) {
  LogAtEveryLevel(LogLevel::kWarn, LogFormat::kLogfmt);
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr("level=warn msg=three key=\"a\\nb\""),
                                   HasSubstr("level=error msg=four"), ""));
}

TEST_F(LoggerTest, WritesEverythingAtDebug) {
  LogAtEveryLevel(LogLevel::kDebug, LogFormat::kJson);
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr("one"), HasSubstr("two"), HasSubstr("three"),
                                   HasSubstr("four"), ""));
}

absl::Time fake_now;

TEST_F(LoggerTest, LeavesOutWhatSaysTheSameTooOften) {
  fake_now = kTime;
  {
    Logger logger({LogLevel::kInfo, LogFormat::kLogfmt, ends_[1], [] { return fake_now; }});
    for (int i = 0; i < 150; ++i) logger.Warn("failed", {{"i", absl::StrCat(i)}});
    for (int second = 1; second <= 3; ++second) {  // and it goes on
      fake_now += absl::Seconds(1);
      for (int i = 0; i < 20; ++i) logger.Warn("failed", {{"second", absl::StrCat(second)}});
    }
  }
  const std::vector<std::string> lines = Lines();
  ASSERT_EQ(lines.size(), 108U);
  EXPECT_THAT(lines[99], HasSubstr("msg=failed i=99"));
  EXPECT_THAT(lines[100], HasSubstr("level=warn msg=\"log lines were left out: too many said the "
                                    "same\" like=failed lines=50"));
  EXPECT_THAT(lines[101], HasSubstr("msg=failed second=1"));
  EXPECT_THAT(lines[102], HasSubstr("like=failed lines=19"));
  EXPECT_THAT(lines[103], HasSubstr("msg=failed second=2"));
  EXPECT_THAT(lines[105], HasSubstr("msg=failed second=3"));
  EXPECT_THAT(lines[106], HasSubstr("like=failed lines=19")) << "at the end";
}

TEST_F(LoggerTest, TellsOfWhatHasGoneQuietWithTheNextLine) {
  fake_now = kTime;
  Logger logger({LogLevel::kInfo, LogFormat::kLogfmt, ends_[1], [] { return fake_now; }});
  for (int i = 0; i < 150; ++i) logger.Warn("failed");
  fake_now += absl::Seconds(10);
  logger.Info("other");
  const std::vector<std::string> lines = Lines();
  ASSERT_EQ(lines.size(), 103U);
  EXPECT_THAT(lines[100], HasSubstr("like=failed lines=50"));
  EXPECT_THAT(lines[101], HasSubstr("msg=other"));
}

TEST_F(LoggerTest, LeavesOutNothingAtDebug) {
  Logger logger({LogLevel::kDebug, LogFormat::kLogfmt, ends_[1]});
  for (int i = 0; i < 150; ++i) logger.Debug("request");
  EXPECT_EQ(Lines().size(), 151U);
}

TEST_F(LoggerTest, OutlivesAReaderThatIsGone) {
  close(ends_[1]);
  ends_[1] = -1;
  Logger logger({LogLevel::kInfo, LogFormat::kLogfmt, -1});
  logger.Info("nobody reads this");
}

TEST(LogOptionTest, ReadsEveryLevel) {
  EXPECT_EQ(*ParseLogLevel("debug"), LogLevel::kDebug);
  EXPECT_EQ(*ParseLogLevel("info"), LogLevel::kInfo);
  EXPECT_EQ(*ParseLogLevel("warn"), LogLevel::kWarn);
  EXPECT_EQ(*ParseLogLevel("error"), LogLevel::kError);
}

TEST(LogOptionTest, ReadsEveryFormat) {
  EXPECT_EQ(*ParseLogFormat("logfmt"), LogFormat::kLogfmt);
  EXPECT_EQ(*ParseLogFormat("json"), LogFormat::kJson);
}

TEST(LogOptionTest, ListsWhatIsAccepted) {
  EXPECT_EQ(ParseLogLevel("INFO").status().message(),
            "log level \"INFO\": expected debug, info, warn or error");
  EXPECT_EQ(ParseLogFormat("xml").status().message(),
            "log format \"xml\": expected logfmt or json");
}

}  // namespace
}  // namespace heyhi
