#include "probes/support_sample.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

const char kKeyText[] = "sk-canary-7Qx2Lm9Rt4Vw";
const char kBroken[] = "\xef\xbf\xbd";  // U+FFFD

const Secret& Key() {
  static const auto& key = *new Secret(kKeyText);
  return key;
}

HttpExchange AnswerWith(std::vector<std::pair<std::string, std::string>> headers) {
  HttpExchange exchange;
  exchange.status = 500;
  exchange.headers = std::move(headers);
  return exchange;
}

// --- texts -------------------------------------------------------------------

struct TextCase {
  const char* name;
  std::string text;
  std::string clean;
};

class CleanTextTest : public testing::TestWithParam<TextCase> {};

TEST_P(CleanTextTest, IsFitToShow) {
  EXPECT_EQ(CleanText(GetParam().text, Key(), 200), GetParam().clean);
}

INSTANTIATE_TEST_SUITE_P(
    All, CleanTextTest,
    testing::ValuesIn(std::vector<TextCase>{
        {"Empty", "", ""},
        {"Json", R"({"error":{"message":"a \"b\" \\ c"}})",
         R"({"error":{"message":"a \"b\" \\ c"}})"},
        {"Languages", "Grüße, 世界, 🦀, שלום", "Grüße, 世界, 🦀, שלום"},
        {"TabAndLineFeed", "a\tb\nc", "a\tb\nc"},
        {"CarriageReturn", "a\r\nb\r", "a\nb"},
        {"Nul", std::string("a\0b", 3), "ab"},
        {"ControlCharacters", "a\x01\x08\x0b\x1f\177b", "ab"},
        {"C1", "a\302\200\302\233\302\237b\302\240c", "ab\302\240c"},
        {"C1AsBytes", "a\233b", absl::StrCat("a", kBroken, "b")},
        {"Colours", "\x1b[1;31mred\x1b[0m \x1b[2Jend", "red end"},
        {"EscapeAlone", "a\033b\x1b", "ab"},
        {"WindowTitle", "\x1b]0;title\x07text", "]0;titletext"},
        {"UnfinishedSequence", "a\x1b[1;31", "a"},
        {"BrokenOffSequence", "a\x1b[1;31\nb", "a\nb"},
        {"EscapeWithinASequence", "a\x1b[3\x1b[31mb", "ab"},
        {"BidiOverrides", "a\u202a\u202b\u202c\u202d\u202eb", "ab"},
        {"BidiIsolates", "a\u2066\u2067\u2068\u2069b", "ab"},
        {"Unseen", "a\u200b\u200d\u2028\u2060\ufeff\u00ad\U000e0041b", "ab"},
        {"BesideTheUnseen", "\u2027\u202f\u2065\u206a\u2070", "\u2027\u202f\u2070"},
        {"BrokenByte", "a\377b", absl::StrCat("a", kBroken, "b")},
        {"Latin1", "caf\xe9!", absl::StrCat("caf", kBroken, "!")},
        {"CutShort", "a\xe4\xb8", absl::StrCat("a", kBroken)},
        {"Key", absl::StrCat("key ", kKeyText, "!"), "key [key]!"},
        {"KeySplitByControlCharacters", "sk-can\001ary-7Q\x7fx2Lm\r9Rt4Vw", "[key]"},
        {"KeySplitByColours", "sk-can\x1b[31mary-7Q\x1b[0mx2Lm9Rt\x1b[m4Vw", "[key]"},
        {"KeySplitByTheUnseen", "sk-can\u200bary-7Q\u202ex2Lm\u20669Rt4Vw", "[key]"},
    }),
    [](const auto& test) { return test.param.name; });

TEST(CleanTextTest, CutsBetweenCodePoints) {
  const std::string text = "a\u00e9\u4e16\U0001f980";  // of 1, 2, 3 and 4 bytes
  const std::vector<std::string> cuts = {
      "", "a", "a", "a\u00e9", "a\u00e9", "a\u00e9", "a\u00e9\u4e16"};
  for (std::size_t bytes = 0; bytes < cuts.size(); ++bytes) {
    EXPECT_EQ(CleanText(text, Key(), bytes), cuts[bytes]) << bytes;
  }
  EXPECT_EQ(CleanText(text, Key(), 9), "a\u00e9\u4e16");
  EXPECT_EQ(CleanText(text, Key(), 10), text);
  EXPECT_EQ(CleanText(text, Key(), SIZE_MAX), text);
}

TEST(CleanTextTest, StrikesTheKeyBeforeTheCut) {
  const std::string padding(100, '.');
  for (std::size_t bytes = 95; bytes < 130; ++bytes) {
    const std::string text = CleanText(absl::StrCat(padding, kKeyText, " end"), Key(), bytes);
    EXPECT_EQ(text, absl::StrCat(padding, "[key] end").substr(0, bytes));
  }
}

TEST(CleanTextTest, StrikesTheKeyWhereItStopsLooking) {
  for (std::size_t before = 4000; before < 4200; ++before) {
    // What goes away brings the end of the look within the limit.
    const std::string text =
        absl::StrCat(std::string(before, '\r'), kKeyText, std::string(500, '.'));
    EXPECT_THAT(CleanText(text, Key(), 100), Not(HasSubstr("sk-"))) << before;
    EXPECT_THAT(CleanText(text, Secret("se/cr3t"), 100), Not(HasSubstr("se/"))) << before;
  }
}

// --- samples -----------------------------------------------------------------

TEST(SupportSampleTest, HoldsHeadersAndTheBeginningOfTheBody) {
  HttpExchange exchange = AnswerWith({{"X-Request-Id", "req_1"},
                                      {"openai-organization", "org-acme"},
                                      {"x-echo", absl::StrCat("Bearer ", kKeyText)},
                                      {"x-colour", "\x1b[31mred"}});
  exchange.body = absl::StrCat("Incorrect API key: ", kKeyText, " ", std::string(5000, 'x'));
  const SupportSample sample = TakeSample(exchange, Key());
  EXPECT_THAT(sample.headers,
              ElementsAre(Pair("x-request-id", "req_1"), Pair("openai-organization", "org-acme"),
                          Pair("x-echo", "Bearer [key]"), Pair("x-colour", "red")));
  EXPECT_THAT(sample.body, testing::StartsWith("Incorrect API key: [key] xxx"));
  EXPECT_THAT(sample.body, SizeIs(1024));
}

TEST(SupportSampleTest, IsEmptyWithoutAnAnswer) {
  const SupportSample sample = TakeSample(HttpExchange(), Secret());
  EXPECT_THAT(sample.headers, IsEmpty());
  EXPECT_EQ(sample.body, "");
}

TEST(SupportSampleTest, HidesCredentials) {
  for (const char* name :
       {"set-cookie", "Set-Cookie", "cookie", "authorization", "proxy-authorization", "x-api-key",
        "api-key", "x-goog-api-key", "x-amz-security-token", "x-csrf-token", "client-secret",
        "x-secret-id", "ocp-apim-subscription-key", "x-ratelimit-secret", "set-\001cookie"}) {
    const SupportSample sample = TakeSample(AnswerWith({{name, "hunter2"}}), Key());
    ASSERT_THAT(sample.headers, SizeIs(1)) << name;
    EXPECT_EQ(sample.headers[0].second, "[hidden]") << name;
  }
}

TEST(SupportSampleTest, ShowsWhatSupportNeeds) {
  for (const char* name :
       {"x-ratelimit-remaining-tokens", "x-ratelimit-limit-tokens",
        "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-input-tokens-limit",
        "x-request-id", "cf-ray", "retry-after", "anthropic-organization-id", "www-authenticate"}) {
    EXPECT_THAT(TakeSample(AnswerWith({{name, "42"}}), Key()).headers,
                ElementsAre(Pair(name, "42")));
  }
}

TEST(SupportSampleTest, StrikesTheKeyInNames) {
  const auto sample = TakeSample(AnswerWith({{"x-SK-canary-7qX2lM9rT4vW", "1"}}), Key());
  EXPECT_THAT(sample.headers, ElementsAre(Pair("x-[key]", "1")));
}

TEST(SupportSampleTest, HidesAnAnswerThatSpellsTheKeyInPieces) {
  const Secret key("sk-canary-0123456789abcdef");
  HttpExchange exchange;
  exchange.status = 200;
  for (std::size_t at = 0; at < key.Reveal().size(); at += 4) {
    exchange.body += R"(data: {"model":"m","choices":[{"delta":{"content":")" +
                     key.Reveal().substr(at, 4) + "\"}}]}\n\n";
  }
  EXPECT_THAT(TakeSample(exchange, key).body, testing::StartsWith("[hidden:"));
  exchange.body = R"({"error":{"message":"s\u006b-c\u0061nary\u002d01234\u00356789a\u0062cdef"}})";
  EXPECT_THAT(TakeSample(exchange, key).body, testing::StartsWith("[hidden:"));
  exchange.body = R"({"error":{"message":"no key in here"}})";
  EXPECT_EQ(TakeSample(exchange, key).body, exchange.body);
}

TEST(SupportSampleTest, LimitsHeaders) {
  std::vector<std::pair<std::string, std::string>> headers(100, {"x", "y"});
  EXPECT_THAT(TakeSample(AnswerWith(headers), Key()).headers, SizeIs(32));

  headers.assign(20, {"x", std::string(600, 'y')});
  headers.emplace_back("x-request-id", "req_1");
  headers.emplace_back(std::string(129, 'n'), "");
  const SupportSample sample = TakeSample(AnswerWith(headers), Key());
  std::size_t bytes = 0;
  for (const auto& [name, value] : sample.headers) {
    EXPECT_LE(value.size(), 512U);
    bytes += name.size() + value.size();
  }
  EXPECT_LE(bytes, 4096U);
  EXPECT_THAT(sample.headers, SizeIs(8));
  EXPECT_THAT(sample.headers, testing::Contains(Pair("x-request-id", "req_1")));
}

// --- for any text ------------------------------------------------------------

struct Decoded {
  bool valid = true;
  bool unseen = false;  // something in it must not be shown
};

// Strict, by the table of well-formed sequences in the Unicode standard.
Decoded Decode(const std::string& text) {
  Decoded decoded;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = [&](std::size_t i) -> std::uint32_t {
      return at + i < text.size() ? static_cast<std::uint8_t>(text[at + i]) : 0U;
    };
    const auto in = [&](std::size_t i, std::uint32_t low, std::uint32_t high) {
      return byte(i) >= low && byte(i) <= high;
    };
    const auto tail = [&](std::size_t i) { return in(i, 0x80, 0xbf); };
    std::uint32_t c = byte(0);
    if (c < 0x80) {
      at += 1;
    } else if (in(0, 0xc2, 0xdf) && tail(1)) {
      c = (c & 0x1fU) << 6 | (byte(1) & 0x3fU);
      at += 2;
    } else if (in(0, 0xe0, 0xef) && in(1, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf) &&
               tail(2)) {
      c = (c & 0xfU) << 12 | (byte(1) & 0x3fU) << 6 | (byte(2) & 0x3fU);
      at += 3;
    } else if (in(0, 0xf0, 0xf4) && in(1, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf) &&
               tail(2) && tail(3)) {
      c = 0x10000;  // none of the rules below is about these
      at += 4;
    } else {
      return {false, false};
    }
    const bool control = (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c <= 0x9f);
    const bool turns = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    decoded.unseen = decoded.unseen || control || turns;
  }
  return decoded;
}

TEST(CleanTextPropertyTest, TellsUtf8FromWhatIsNot) {
  // The edges of every range in the standard's table.
  const std::string edges =
      "A\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xec\xed\xee\xef\xf0\xf1\xf3\xf4\365"
      "\xff";
  std::size_t valid = 0;
  for (std::size_t i = 0; i < edges.size() * edges.size() * edges.size() * 3; ++i) {
    std::string text(1, "\xf0\xf4\xed"[i % 3]);
    for (std::size_t rest = i / 3; text.size() < 4; rest /= edges.size()) {
      text.push_back(edges[rest % edges.size()]);
    }
    for (const std::string& part : {text, text.substr(1)}) {
      const std::string clean = CleanText(part, Secret(), 100);
      const Decoded decoded = Decode(part);
      ASSERT_TRUE(Decode(clean).valid) << absl::CHexEscape(part);
      ASSERT_EQ(!decoded.valid, absl::StrContains(clean, kBroken)) << absl::CHexEscape(part);
      valid += decoded.valid ? 1 : 0;
    }
  }
  EXPECT_GT(valid, 100U);
}

// Text as a hostile server would mix it: visible, broken, unseen, and pieces of the key.
std::string HostileText(std::mt19937_64& random) {
  const std::vector<std::string> pieces = {
      "\x1b[", "\x1b[31m", "\x1b", "[",  "m",      "0",      "\xff", "\xe4", "\xb8\x96", "\xc2",
      "\x9b",  "\u202e",   "\r",   "\n", "\u200b", "\u4e16", "\x7f", ".",    " ",        "[key]"};
  const std::string key = kKeyText;
  const std::string forms = absl::StrCat(key, absl::Base64Escape(key), absl::BytesToHexString(key));
  std::string text;
  const std::size_t length = random() % 400;
  while (text.size() < length) {
    if (random() % 3 > 0) {
      text += pieces[random() % pieces.size()];
    } else {
      text += forms.substr(random() % forms.size(), random() % 30);
    }
  }
  return text;
}

TEST(CleanTextPropertyTest, IsAlwaysFitToShow) {
  std::mt19937_64 random(20260921);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = HostileText(random);
    const std::size_t limit = random() % 300;
    const std::string clean = CleanText(text, Key(), limit);
    const Decoded decoded = Decode(clean);
    ASSERT_LE(clean.size(), limit);
    ASSERT_TRUE(decoded.valid && !decoded.unseen) << absl::CHexEscape(text);
    ASSERT_EQ(Key().Redact(clean), clean) << absl::CHexEscape(text);
    ASSERT_EQ(CleanText(clean, Key(), limit), clean) << absl::CHexEscape(text);
    for (std::size_t at = 0; at + 8 <= sizeof kKeyText - 1; ++at) {
      ASSERT_THAT(clean, Not(HasSubstr(std::string(kKeyText).substr(at, 8))));
    }
  }
}

TEST(CleanTextPropertyTest, LeavesGoodTextAsItWas) {
  std::mt19937_64 random(20260921);
  const std::vector<std::string> pieces = {"a",       "Z", "7",  " ",    "\n",   "\t",  "{\"",
                                           "\\u0041", "é", "世", "🦀", "[31m", "%41", "ש"};
  for (int round = 0; round < 1000; ++round) {
    std::string text;
    while (text.size() < 200) text += pieces[random() % pieces.size()];
    ASSERT_EQ(CleanText(text, Key(), 300), text);
  }
}

}  // namespace
}  // namespace heyhi
