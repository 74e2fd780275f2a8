#include "probes/token_cap.h"

#include <gmock/gmock.h>

#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "probes/json.h"

namespace heyhi {
namespace {

// The minimum in an error about max_tokens with this (lower-case) text.
std::optional<int> MinimumIn(const std::string& text) {
  ErrorBody error;
  error.param = "max_tokens";
  error.text = text;
  return NamedMinimum(400, error);
}

TEST(TokenCapTest, LearnsFromTheAnswerOfOpenAi) {
  const auto body = JsonDocument::Parse(R"({"error": {
      "message": "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 1 instead.",
      "type": "invalid_request_error", "param": "max_output_tokens",
      "code": "integer_below_min_value"}})");
  EXPECT_EQ(NamedMinimum(400, ReadErrorBody(body->root())), 16);
  EXPECT_EQ(NamedMinimum(422, ReadErrorBody(body->root())), 16);
}

TEST(TokenCapTest, LearnsFromRefusedCallsOnly) {
  ErrorBody error;
  error.text = "max_tokens must be at least 16";
  for (const int status : {400, 422}) EXPECT_EQ(NamedMinimum(status, error), 16) << status;
  for (const int status : {0, 200, 401, 404, 413, 429, 500, 503}) {
    EXPECT_EQ(NamedMinimum(status, error), std::nullopt) << status;
  }
}

TEST(TokenCapTest, LearnsFromErrorsAboutTheCapOnly) {
  for (const char* name : {"max_tokens", "max_completion_tokens", "max_output_tokens",
                           "generationconfig.maxoutputtokens", "max tokens", "output tokens"}) {
    ErrorBody error;
    error.text = absl::StrCat(name, ": must be at least 16");
    EXPECT_EQ(NamedMinimum(400, error), 16) << name;
    error.text = "must be at least 16";
    EXPECT_EQ(NamedMinimum(400, error), std::nullopt) << name;
    error.param = name;
    EXPECT_EQ(NamedMinimum(400, error), 16) << name;
  }
  ErrorBody error;
  error.param = "top_logprobs";
  error.text = "top_logprobs must be at least 16";
  EXPECT_EQ(NamedMinimum(400, error), std::nullopt);
  error.text = "max_tokens is too small for top_logprobs, which must be at least 16";
  EXPECT_EQ(NamedMinimum(400, error), std::nullopt);
}

TEST(TokenCapTest, LearnsFromTheClauseThatIsAboutTheCap) {
  ErrorBody error;
  for (const char* text :
       {"max_tokens must be greater than budget_tokens. budget_tokens must be at least 1024",
        "max_tokens is fine, but n must be at least 2",
        "max_tokens is 16; the prompt must have at least 20 words"}) {
    error.text = text;
    EXPECT_EQ(NamedMinimum(400, error), std::nullopt) << text;
  }
  error.text =
      "invalid 'max_tokens': below minimum value. expected a value >= 16, but got 1 instead.";
  EXPECT_EQ(NamedMinimum(400, error), 16);
}

struct Saying {
  const char* text;
  int minimum;
};

void PrintTo(const Saying& saying, std::ostream* out) { *out << saying.text; }

class MinimumTest : public testing::TestWithParam<Saying> {};

TEST_P(MinimumTest, IsUnderstood) { EXPECT_EQ(MinimumIn(GetParam().text), GetParam().minimum); }

INSTANTIATE_TEST_SUITE_P(Comparison, MinimumTest,
                         testing::ValuesIn<Saying>({
                             {"expected a value >= 16", 16},
                             {"expected a value >=16, got 1", 16},
                             {"max_tokens>=16", 16},
                             {"must be \u2265 16", 16},
                             {"must be \u226516.", 16},
                             {"input should be greater than or equal to 16", 16},
                             {"must be greater or equal to 16", 16},
                             {"ensure this value is greater than or equal to 16", 16},
                             {"ensure this value is greater than 15", 16},
                             {"must be greater than 15", 16},
                             {"must be larger than 15", 16},
                             {"expected a value greater than 15", 16},
                             {"must be greater than 0", 1},
                             {"must be greater than 1023", 1024},
                         }));

INSTANTIATE_TEST_SUITE_P(Least, MinimumTest,
                         testing::ValuesIn<Saying>({
                             {"must be at least 16", 16},
                             {"must be at least '16' tokens", 16},
                             {"must be at least `16`.", 16},
                             {"must be **at least 16**", 16},
                             {"max_tokens 1 is not at least 16", 16},
                             {"at least 1", 1},
                             {"at least 1024", 1024},
                             {"at least 16; at least 32", 16},
                             {"temperature must be at least 0, max_tokens at least 16", 16},
                         }));

INSTANTIATE_TEST_SUITE_P(Minimum, MinimumTest,
                         testing::ValuesIn<Saying>({
                             {"minimum value of 16", 16},
                             {"the minimum is 16", 16},
                             {"below minimum value of 16", 16},
                             {"less than the minimum of 16", 16},
                             {"integer below the minimum (16)", 16},
                             {"the minimum allowed value is 16", 16},
                             {"the minimum number of output tokens is 16", 16},
                             {"minimum: 16", 16},
                             {"minimum 16, maximum 512", 16},
                             {"got 1, minimum value 16", 16},
                             {R"({"ctx":{"minimum":16}})", 16},
                         }));

INSTANTIATE_TEST_SUITE_P(OrMore, MinimumTest,
                         testing::ValuesIn<Saying>({
                             {"must be 16 or more", 16},
                             {"must be 16 or higher", 16},
                             {"must be 16 or greater.", 16},
                             {"needs 16 tokens or more", 16},
                         }));

INSTANTIATE_TEST_SUITE_P(Denial, MinimumTest,
                         testing::ValuesIn<Saying>({
                             {"cannot be less than 16", 16},
                             {"can't be less than 16", 16},
                             {"can\u2019t be less than 16", 16},
                             {"must not be less than 16", 16},
                             {"no less than 16", 16},
                             {"cannot be set lower than 16", 16},
                             {"must not be below 16", 16},
                             {"must not be less than 16 or greater than 512", 16},
                         }));

INSTANTIATE_TEST_SUITE_P(Range, MinimumTest,
                         testing::ValuesIn<Saying>({
                             {"must be between 16 and 512", 16},
                             {"the valid range of max_tokens is [16, 8192]", 16},
                             {"the valid range of max_tokens is [16,8192]", 16},
                             {"the supported range is from 16 (inclusive) to 8193 (exclusive)", 16},
                             {"must be in the range from 16 to 512", 16},
                         }));

class NoMinimumTest : public testing::TestWithParam<const char*> {};

TEST_P(NoMinimumTest, IsLearned) { EXPECT_EQ(MinimumIn(GetParam()), std::nullopt); }

INSTANTIATE_TEST_SUITE_P(
    FromAMaximum, NoMinimumTest,
    testing::Values("must be at most 16", "must be <= 16",
                    "supports at most 8192 completion tokens",
                    "supports at most 512 completion tokens, whereas you provided 600",
                    "maximum of 16", "the maximum value is 16", "up to 16", "cannot exceed 16",
                    "must be less than 16", "must be less than or equal to 16", "no more than 16",
                    "cannot be greater than 16", "can't be greater than 16",
                    "can\u2019t be more than 16", "must not be more than 16", "not greater than 16",
                    "cannot be set to a value greater than 16", "must not be >= 16",
                    "must be below 16", "must be smaller than 16", "cannot be 16 or more",
                    "minimum to maximum is 16", "must be 16 or less", "must be 16 or fewer",
                    "600 > 512, which is the maximum allowed number of output tokens"));

INSTANTIATE_TEST_SUITE_P(
    FromWhatWasSent, NoMinimumTest,
    testing::Values("max_tokens is too large: 512", "600 >= 512", "max_tokens (600) >= 512",
                    "600 is greater than 512", "max_tokens is greater than 512",
                    "values greater than 512 are not supported", "values >= 512 are not allowed",
                    "512 or more is not supported", "value out of range: 512",
                    "you requested more than 512 output tokens",
                    "max_tokens set higher than 512, the maximum", "value out of range [512]",
                    "you requested 16 output tokens", "16"));

INSTANTIATE_TEST_SUITE_P(FromOddNumbers, NoMinimumTest,
                         testing::Values("at least 0", "at least 1025", "greater than 1024",
                                         "at least -16", "at least - 16", "at least +16",
                                         "at least 16.5", "at least 0.5", "at least 1,024",
                                         "at least 1,024,000", "at least 16k", "at least 16tokens",
                                         "at least 1e2", "at least 0x10", "at least 16_000",
                                         "at least 16-32", "at least $16", "at least 16\u00b2",
                                         "at least \u0661\u0666", "at least one", "at least",
                                         "at least 99999999999999999999", "at least x16", "minimum",
                                         "minimum of v16", "gpt-4.1 or more", "at least. 16"));

INSTANTIATE_TEST_SUITE_P(FromOtherWords, NoMinimumTest,
                         testing::Values("",
                                         "could not finish the message because max_tokens or "
                                         "model output limit was reached",
                                         "unsupported parameter: 'max_tokens' is not supported",
                                         "max_tokens: field required", "atleast 16",
                                         "the minimum. 16", "minimum 1.5 of 16 is wrong; 16"));

// Texts that would be slow to read if each word were looked at more than a few
// times; the test's time limit is the judge.
TEST(TokenCapTest, ReadsHostileTextsInLinearTime) {
#ifdef __SANITIZE_THREAD__
  constexpr int kTimes = 50'000;  // each takes a hundred times as long
#else
  constexpr int kTimes = 200'000;
#endif
  for (const std::string part :
       {"5 ", "5,", "1,111", "-", "a-", "'", "\xe2\x89", ">= ", "minimum ", "at least ", " . 5"}) {
    std::string text;
    for (int i = 0; i < kTimes; ++i) text += part;
    EXPECT_EQ(MinimumIn(text), std::nullopt) << part;
    EXPECT_EQ(MinimumIn(text + "; at least 16"), 16) << part;
  }
}

TEST(TokenCapTest, ReadsAnyBytes) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string any(1, static_cast<char>(byte));
    EXPECT_EQ(MinimumIn(any + "=16\xe2\x89"), std::nullopt) << byte;
    EXPECT_EQ(MinimumIn("at least 16 " + any), 16) << byte;
  }
}

}  // namespace
}  // namespace heyhi
