#include "probes/secret.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

constexpr char kKey[] = R"(sk-T3st/Key+9"\z)";

TEST(SecretTest, IsEmptyWithoutAValue) {
  for (const Secret& secret : {Secret(), Secret("")}) {
    EXPECT_TRUE(secret.empty());
    EXPECT_EQ(secret.Reveal(), "");
    EXPECT_EQ(secret.Redact("any text [key]"), "any text [key]");
  }
}

TEST(SecretTest, CopiesShareOneValue) {
  const Secret key(kKey);
  const Secret copy = key;  // NOLINT(performance-unnecessary-copy-initialization): its subject
  EXPECT_EQ(copy.Reveal(), kKey);
  EXPECT_EQ(&copy.Reveal(), &key.Reveal());
}

TEST(SecretTest, IsEmptyAfterAMove) {
  Secret key(kKey);
  const Secret moved = std::move(key);
  EXPECT_EQ(moved.Reveal(), kKey);
  EXPECT_TRUE(key.empty());  // NOLINT(bugprone-use-after-move): its subject
  EXPECT_EQ(key.Reveal(), "");
}

TEST(SecretTest, EqualsWhatHoldsTheSameKey) {
  const Secret key(kKey);
  const Secret copy = key;  // NOLINT(performance-unnecessary-copy-initialization): its subject
  EXPECT_TRUE(key == copy);
  EXPECT_TRUE(key == Secret(kKey));
  EXPECT_TRUE(Secret() == Secret(""));
  EXPECT_FALSE(key == Secret());
  EXPECT_FALSE(Secret() == key);
  EXPECT_FALSE(key == Secret(std::string(kKey) + "2"));
}

struct FormCase {
  const char* name;
  const char* text;
  const char* redacted;
};

class SecretFormTest : public testing::TestWithParam<FormCase> {};

TEST_P(SecretFormTest, IsStruckOut) {
  EXPECT_EQ(Secret(kKey).Redact(GetParam().text), GetParam().redacted);
}

// Written by Python's base64, urllib, json and html.
INSTANTIATE_TEST_SUITE_P(
    All, SecretFormTest,
    testing::ValuesIn(std::vector<FormCase>{
        {"Raw", R"(key: sk-T3st/Key+9"\z!)", "key: [key]!"},
        {"Twice", R"(sk-T3st/Key+9"\z,sk-T3st/Key+9"\z)", "[key],[key]"},
        {"TwiceInARow", R"(.sk-T3st/Key+9"\zsk-T3st/Key+9"\z.)", ".[key]."},
        {"Beginning", "sk-T3st/******", "[key]******"},
        {"Middle", "***t/Key+9\"***", "***[key]***"},
        {"TooLittleToTell", "sk-T3st ey+9\"\\z", "sk-T3st ey+9\"\\z"},
        {"Upper", R"(SK-T3ST/KEY+9"\Z)", "[key]"},
        {"Lower", R"(sk-t3st/key+9"\z)", "[key]"},
        {"Reversed", R"(z\"9+yeK/ts3T-ks)", "[key]"},
        {"Percent", "q=sk-T3st%2FKey%2B9%22%5Cz&r", "q=[key]&r"},
        {"PercentLowerCase", "q=sk-T3st%2fKey%2b9%22%5cz&r", "q=[key]&r"},
        {"PercentSparesSlash", "q=sk-T3st/Key%2B9%22%5Cz&r", "q=[key]&r"},
        {"PercentEveryByte", "%73%6b%2d%54%33%73%74%2f%4b%65%79%2b%39%22%5c%7a", "[key]"},
        {"PercentEveryByteUpperCase", "%73%6B%2D%54%33%73%74%2F%4B%65%79%2B%39%22%5C%7A", "[key]"},
        {"Hex", "0x736b2d543373742f4b65792b39225c7a", "0x[key]"},
        {"HexUpperCase", "0x736B2D543373742F4B65792B39225C7A", "0x[key]"},
        {"Base64", "c2stVDNzdC9LZXkrOSJceg==", "[key]g=="},
        {"Base64AfterUser", "dXNlcjpzay1UM3N0L0tleSs5Ilx6", "dXNlcjp[key]"},
        {"Base64AfterBearer", "QmVhcmVyIHNrLVQzc3QvS2V5KzkiXHo=", "QmVhcmVyIH[key]o="},
        {"Base64UrlSafe", "QmVhcmVyIHNrLVQzc3QvS2V5KzkiXHo", "QmVhcmVyIH[key]o"},
        {"Json", R"({"k":"sk-T3st/Key+9\"\\z"})", R"({"k":"[key]"})"},
        {"JsonSlashEscaped", R"({"k":"sk-T3st\/Key+9\"\\z"})", R"({"k":"[key]"})"},
        {"JsonOfDotNet", R"({"k":"sk-T3st/Key\u002B9\u0022\\z"})", R"({"k":"[key]"})"},
        {"JsonEveryCharacter",
         R"("\u0073\u006b\u002d\u0054\u0033\u0073\u0074\u002f\u004b\u0065\u0079\u002b")",
         R"("[key]")"},
        {"JsonEveryCharacterUpperCase",
         R"("\u0073\u006B\u002D\u0054\u0033\u0073\u0074\u002F\u004B\u0065\u0079\u002B")",
         R"("[key]")"},
        {"Html", "<b>sk-T3st/Key+9&quot;\\z</b>", "<b>[key]</b>"},
    }),
    [](const auto& test) { return test.param.name; });

TEST(SecretTest, LooksForWholeFormsOfAShortKey) {
  const Secret key("se/cr3t");
  EXPECT_EQ(key.Redact("se/cr3t SE/CR3T se%2fcr3t c2UvY3IzdA== 73652f63723374"),
            "[key] [key] [key] [key]A== [key]");
  EXPECT_EQ(key.Redact("se/cr3 e/cr3t"), "se/cr3 e/cr3t");
  EXPECT_EQ(Secret("abc").Redact("abc 616263"), "abc [key]") << "three characters are no key";
  EXPECT_EQ(Secret("aaaa").Redact("aaaaaa b"), "[key] b");
}

TEST(SecretTest, LeavesAloneAKeyMadeOfItsMark) {
  EXPECT_EQ(Secret("[key]").Redact("a [key] b"), "a [key] b");
  EXPECT_EQ(Secret("abc[key]def").Redact("abcabc[key]defdef"), "[key]");
}

TEST(SecretTest, LeavesEveryRecordedAnswerAsItWas) {
  const Secret keys[] = {
      Secret("sk-svcacct-Zq3vB7xN0pLw9TfKc2RjH8yUdG5mAe1sXo4iVbQnWtEzCrFhJgYkPlMaSd"),
      Secret("gsk_7Hn2Qw9ErTyU4iOpAsDfWGdyb3FYgHjKlZxCvBnM1234567"),
      Secret("AIzaSyD8f7Gh2Jk4Lm6Np9Qr1St3Uv5Wx7Yz0Ab"),
      Secret("0f9e8d7c6b5a49382716fedcba987654")};
  std::size_t answers = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(HEYHI_TESTDATA_DIR)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    for (const Secret& key : keys) EXPECT_EQ(key.Redact(text), text) << entry.path();
    ++answers;
  }
  EXPECT_GT(answers, 50U);
}

// --- for any key, form, surroundings and cut ---------------------------------

class Dice {
 public:
  // From 0 to before `end`.
  std::size_t Roll(std::size_t end) { return random_() % end; }
  std::string Text(const std::string& alphabet, std::size_t length) {
    std::string text;
    while (text.size() < length) text.push_back(alphabet[Roll(alphabet.size())]);
    return text;
  }

 private:
  std::mt19937_64 random_{20260921};
};

std::string VisibleCharacters() {
  std::string characters;
  for (char c = 0x21; c < 0x7f; ++c) characters.push_back(c);
  return characters;
}

const char kKeyCharacters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Bit by bit, and only the characters whose six bits all come from the key.
std::string Base64(const std::string& key, std::size_t bits_before, const char* last_two) {
  std::string bits(bits_before, '?');
  for (const char c : key) {
    for (int bit = 7; bit >= 0; --bit) bits.push_back((c >> bit & 1) == 1 ? '1' : '0');
  }
  const std::string alphabet =
      absl::StrCat("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", last_two);
  std::string text;
  for (std::size_t at = 0; at + 6 <= bits.size(); at += 6) {
    const std::string six = bits.substr(at, 6);
    if (six.find('?') == std::string::npos) text.push_back(alphabet[std::stoul(six, nullptr, 2)]);
  }
  return text;
}

std::string EveryByte(const std::string& key, const char* prefix, bool upper) {
  std::string text;
  for (const char c : key) {
    std::string hex = absl::StrCat(absl::Hex(static_cast<std::uint8_t>(c), absl::kZeroPad2));
    if (upper) absl::AsciiStrToUpper(&hex);
    absl::StrAppend(&text, prefix, hex);
  }
  return text;
}

std::string Component(const std::string& key, bool upper) {
  std::string text;
  for (const char c : key) {
    const bool spared = absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                        std::string("-_.!~*'()").find(c) != std::string::npos;
    text += spared ? std::string(1, c) : EveryByte(std::string(1, c), "%", upper);
  }
  return text;
}

// In JSON, where only what must be escaped is, and the slash if asked.
std::string Json(const std::string& key, const std::string& escaped) {
  std::string text;
  for (const char c : key) {
    if (escaped.find(c) != std::string::npos) text.push_back('\\');
    text.push_back(c);
  }
  return text;
}

std::vector<std::string> FormsOf(const std::string& key) {
  std::vector<std::string> forms = {key,
                                    absl::AsciiStrToUpper(key),
                                    absl::AsciiStrToLower(key),
                                    std::string(key.rbegin(), key.rend()),
                                    Json(key, "\"\\"),
                                    Json(key, "\"\\/")};
  for (const bool upper : {false, true}) {
    for (const char* prefix : {"", "%", "\\u00"}) forms.push_back(EveryByte(key, prefix, upper));
    forms.push_back(Component(key, upper));
  }
  for (const std::size_t bits_before : {0U, 8U, 16U}) {
    for (const char* last_two : {"+/", "-_"}) forms.push_back(Base64(key, bits_before, last_two));
  }
  return forms;
}

// "" where no eight characters in a row of `forms` are in `text`.
std::string FindPart(const std::string& text, const std::vector<std::string>& forms) {
  std::set<std::string> parts;
  for (const std::string& form : forms) {
    for (std::size_t at = 0; at + 8 <= form.size(); ++at) parts.insert(form.substr(at, 8));
  }
  for (std::size_t at = 0; at + 8 <= text.size(); ++at) {
    if (parts.count(text.substr(at, 8)) > 0) return text.substr(at, 8);
  }
  return "";
}

std::string RandomKey(Dice& dice) {
  return dice.Text(dice.Roll(2) == 0 ? kKeyCharacters : VisibleCharacters(), 8 + dice.Roll(72));
}

TEST(SecretPropertyTest, StrikesEveryFormAndNothingElse) {
  Dice dice;
  for (int round = 0; round < 200; ++round) {
    const std::string key = RandomKey(dice);
    const Secret secret(key);
    for (const std::string& form : FormsOf(key)) {
      // No form holds a space.
      EXPECT_EQ(secret.Redact(absl::StrCat("before ", form, " after")), "before [key] after")
          << form << " of " << key;
    }
  }
}

TEST(SecretPropertyTest, LeavesNoEightCharactersInARow) {
  Dice dice;
  for (int round = 0; round < 100; ++round) {
    const std::string key = RandomKey(dice);
    const Secret secret(key);
    const std::vector<std::string> forms = FormsOf(key);
    std::string text;
    for (const std::string& form : forms) {
      const std::size_t begin = dice.Roll(form.size());
      text += form.substr(begin, dice.Roll(form.size() - begin) + 1);
      text += dice.Text(VisibleCharacters(), dice.Roll(12));
    }
    const std::string redacted = secret.Redact(text);
    EXPECT_EQ(FindPart(redacted, forms), "") << key << " in " << text;
    EXPECT_EQ(secret.Redact(redacted), redacted) << key;
  }
}

TEST(SecretPropertyTest, LeavesTextWithoutTheKeyAsItWas) {
  Dice dice;
  for (int round = 0; round < 100; ++round) {
    const std::string key = RandomKey(dice);
    const std::string text = dice.Text(absl::StrCat(kKeyCharacters, " %\\u00"), 2000);
    if (!FindPart(text, FormsOf(key)).empty()) continue;
    EXPECT_EQ(Secret(key).Redact(text), text) << key;
  }
}

TEST(SecretPropertyTest, LeavesNoKeyInWhatWasEncodedAsAWhole) {
  Dice dice;
  for (int round = 0; round < 200; ++round) {
    const std::string key = RandomKey(dice);
    const std::string whole = absl::StrCat(dice.Text(kKeyCharacters, dice.Roll(9)), ":", key);
    const std::string redacted = Secret(key).Redact(Base64(whole, 0, "+/"));
    EXPECT_THAT(redacted, testing::HasSubstr("[key]")) << whole;
    EXPECT_EQ(FindPart(redacted, FormsOf(key)), "") << whole;
  }
}

}  // namespace
}  // namespace heyhi
