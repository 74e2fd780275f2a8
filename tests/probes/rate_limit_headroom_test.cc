#include "probes/rate_limit_headroom.h"

#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace heyhi {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

RateLimitHeadroom Read(Headers headers) {
  HttpExchange exchange;
  exchange.headers = std::move(headers);
  return ReadHeadroom(exchange);
}

struct Recording {
  const char* name;
  Headers headers;
  std::optional<double> requests;
  std::optional<double> tokens;
};

void PrintTo(const Recording& recording, std::ostream* out) { *out << recording.name; }

class RecordedHeadersTest : public testing::TestWithParam<Recording> {};

TEST_P(RecordedHeadersTest, TellWhatIsLeft) {
  const RateLimitHeadroom headroom = Read(GetParam().headers);
  EXPECT_EQ(headroom.requests, GetParam().requests);
  EXPECT_EQ(headroom.tokens, GetParam().tokens);
}

Headers Anthropic(const char* requests, const char* input, const char* output, const char* tokens) {
  return {{"anthropic-ratelimit-requests-limit", "1000"},
          {"anthropic-ratelimit-requests-remaining", requests},
          {"anthropic-ratelimit-requests-reset", "2025-08-21T12:40:59Z"},
          {"anthropic-ratelimit-input-tokens-limit", "80000"},
          {"anthropic-ratelimit-input-tokens-remaining", input},
          {"anthropic-ratelimit-input-tokens-reset", "2025-08-21T12:40:59Z"},
          {"anthropic-ratelimit-output-tokens-limit", "16000"},
          {"anthropic-ratelimit-output-tokens-remaining", output},
          {"anthropic-ratelimit-output-tokens-reset", "2025-08-21T12:41:00Z"},
          {"anthropic-ratelimit-tokens-limit", "96000"},
          {"anthropic-ratelimit-tokens-remaining", tokens},
          {"anthropic-ratelimit-tokens-reset", "2025-08-21T12:40:59Z"}};
}

Headers Mistral(const char* requests, const char* minute, const char* month) {
  return {{"x-ratelimit-limit-tokens-minute", "2000000"},
          {"x-ratelimit-remaining-tokens-minute", minute},
          {"x-ratelimit-limit-tokens-month", "10000000000"},
          {"x-ratelimit-remaining-tokens-month", month},
          {"x-ratelimit-tokens-query-cost", "68"},
          {"x-ratelimit-limit-req-10-second", "60"},
          {"x-ratelimit-remaining-req-10-second", requests}};
}

INSTANTIATE_TEST_SUITE_P(
    All, RecordedHeadersTest,
    testing::ValuesIn<Recording>({
        {"OpenAi",
         {{"x-ratelimit-limit-requests", "5000"},
          {"x-ratelimit-limit-tokens", "800000"},
          {"x-ratelimit-remaining-requests", "4999"},
          {"x-ratelimit-remaining-tokens", "799986"},
          {"x-ratelimit-reset-requests", "12ms"},
          {"x-ratelimit-reset-tokens", "1ms"}},
         4999.0 / 5000,
         799986.0 / 800000},
        {"OpenAiRefusing",
         {{"x-ratelimit-limit-requests", "3"},
          {"x-ratelimit-limit-tokens", "40000"},
          {"x-ratelimit-remaining-requests", "0"},
          {"x-ratelimit-remaining-tokens", "39984"},
          {"x-ratelimit-reset-requests", "20s"},
          {"x-ratelimit-reset-tokens", "24ms"}},
         0,
         39984.0 / 40000},
        {"Groq",
         {{"x-groq-region", "us-west-1"},
          {"x-ratelimit-limit-requests", "14400"},
          {"x-ratelimit-limit-tokens", "6000"},
          {"x-ratelimit-remaining-requests", "14399"},
          {"x-ratelimit-remaining-tokens", "0"},
          {"x-ratelimit-reset-requests", "172.799999ms"},
          {"x-ratelimit-reset-tokens", "7.44ms"}},
         14399.0 / 14400,
         0},
        {"Anthropic", Anthropic("999", "80000", "16000", "96000"), 0.999, 1},
        {"AnthropicRefusing", Anthropic("0", "80000", "16000", "96000"), 0, 1},
        {"AnthropicShortOfInput", Anthropic("999", "8000", "16000", "24000"), 0.999, 0.1},
        {"AnthropicShortOfOutput", Anthropic("999", "80000", "4000", "84000"), 0.999, 0.25},
        {"AnthropicShortOfBoth", Anthropic("999", "80000", "16000", "48000"), 0.999, 0.5},
        {"Mistral", Mistral("59", "1999932", "9999999932"), 59.0 / 60, 1999932.0 / 2000000},
        {"MistralRefusing", Mistral("0", "1999932", "9999999932"), 0, 1999932.0 / 2000000},
        {"MistralLateInTheMonth", Mistral("59", "1999932", "1000000000"), 59.0 / 60, 0.1},
        {"Cohere",
         {{"x-endpoint-monthly-call-limit", "1000"},
          {"x-trial-endpoint-call-limit", "20"},
          {"x-trial-endpoint-call-remaining", "19"}},
         0.95,
         std::nullopt},
        {"AzureNamesNoLimit",
         {{"apim-request-id", "1a2b"},
          {"x-ratelimit-remaining-requests", "9"},
          {"x-ratelimit-remaining-tokens", "900"}},
         std::nullopt,
         std::nullopt},
        {"DeepSeek", {{"x-ds-trace-id", "1a2b"}}, std::nullopt, std::nullopt},
        {"Gemini", {{"server-timing", "gfet4t7; dur=512"}}, std::nullopt, std::nullopt},
        {"Bedrock", {{"x-amzn-requestid", "1a2b"}}, std::nullopt, std::nullopt},
        {"OpenRouter", {{"retry-after", "30"}}, std::nullopt, std::nullopt},
        {"Xai", {{"content-type", "application/json"}}, std::nullopt, std::nullopt},
    }),
    [](const auto& test) { return test.param.name; });

constexpr const char* kLimit = "x-ratelimit-limit-requests";
constexpr const char* kRemaining = "x-ratelimit-remaining-requests";

TEST(RateLimitHeadroomTest, NeverExceedsOne) {
  EXPECT_EQ(Read({{kLimit, "10"}, {kRemaining, "11"}}).requests, 1);
  EXPECT_EQ(Read({{kLimit, "1"}, {kRemaining, "9223372036854775807"}}).requests, 1);
  EXPECT_EQ(Read({{kLimit, "9223372036854775807"}, {kRemaining, "0"}}).requests, 0);
}

TEST(RateLimitHeadroomTest, NeedsBothNumbers) {
  EXPECT_EQ(Read({{kLimit, "10"}}).requests, std::nullopt);
  EXPECT_EQ(Read({{kRemaining, "10"}}).requests, std::nullopt);
  EXPECT_EQ(Read({{"x-ratelimit-limit-tokens", "10"}, {kRemaining, "9"}}).requests, std::nullopt);
  EXPECT_EQ(Read({}).requests, std::nullopt);
}

TEST(RateLimitHeadroomTest, IgnoresWhatIsNoPlainWholeNumber) {
  for (const std::string value : {"",
                                  " ",
                                  "-1",
                                  "+1",
                                  "1.0",
                                  "1e1",
                                  "1e9",
                                  "0x10",
                                  "10 ",
                                  " 10",
                                  "10, 20",
                                  "10;w=60",
                                  "1,000",
                                  "ten",
                                  "inf",
                                  "nan",
                                  "9223372036854775808",
                                  "99999999999999999999999",
                                  "10\n20",
                                  "٣"}) {
    EXPECT_EQ(Read({{kLimit, value}, {kRemaining, "5"}}).requests, std::nullopt) << value;
    EXPECT_EQ(Read({{kLimit, "10"}, {kRemaining, value}}).requests, std::nullopt) << value;
  }
  EXPECT_EQ(Read({{kLimit, std::string("1\0", 2)}, {kRemaining, "1"}}).requests, std::nullopt);
}

TEST(RateLimitHeadroomTest, IgnoresALimitOfZero) {
  EXPECT_EQ(Read({{kLimit, "0"}, {kRemaining, "0"}}).requests, std::nullopt);
}

TEST(RateLimitHeadroomTest, IgnoresHeadersThatCameTwice) {
  EXPECT_EQ(Read({{kLimit, "10"}, {kLimit, "10"}, {kRemaining, "5"}}).requests, std::nullopt);
  EXPECT_EQ(Read({{kLimit, "10"}, {kRemaining, "5"}, {kRemaining, "6"}}).requests, std::nullopt);
}

TEST(RateLimitHeadroomTest, KeepsTheGoodLimitsBesideABadOne) {
  const RateLimitHeadroom headroom = Read(Mistral("sixty", "500000", "-1"));
  EXPECT_EQ(headroom.requests, std::nullopt);
  EXPECT_EQ(headroom.tokens, 0.25);
}

}  // namespace
}  // namespace heyhi
