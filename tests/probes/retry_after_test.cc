#include "probes/retry_after.h"

#include <gtest/gtest.h>

#include <string>

namespace heyhi {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1790000000);  // Mon, 21 Sep 2026 14:13:20 GMT

struct Case {
  const char* name;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::optional<absl::Duration> wait;
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

const Case kCases[] = {
    {"Nothing", {}, "", std::nullopt},
    {"Seconds", {{"retry-after", "35"}}, "", absl::Seconds(35)},
    {"AFraction", {{"retry-after", "0.5"}}, "", absl::Milliseconds(500)},
    {"Milliseconds", {{"retry-after-ms", "1500"}}, "", absl::Milliseconds(1500)},
    {"MillisecondsBeforeSeconds",
     {{"retry-after", "9"}, {"retry-after-ms", "1500"}},
     "",
     absl::Milliseconds(1500)},
    {"ADate", {{"retry-after", "Mon, 21 Sep 2026 14:14:20 GMT"}}, "", absl::Minutes(1)},
    {"ADateByTheServersClock",
     {{"retry-after", "Mon, 21 Sep 2026 15:13:20 GMT"}, {"date", "Mon, 21 Sep 2026 15:13:00 GMT"}},
     "",
     absl::Seconds(20)},
    {"ADateInThePast", {{"retry-after", "Mon, 21 Sep 2026 14:13:19 GMT"}}, "", std::nullopt},
    {"ADateInAnotherCentury", {{"retry-after", "Mon, 21 Sep 2126 14:13:19 GMT"}}, "", std::nullopt},
    {"Zero", {{"retry-after", "0"}}, "", std::nullopt},
    {"Negative", {{"retry-after", "-5"}}, "", std::nullopt},
    {"AGoogol", {{"retry-after", "1e12"}}, "", std::nullopt},
    {"Infinity", {{"retry-after", "inf"}}, "", std::nullopt},
    {"NotANumber", {{"retry-after", "nan"}}, "", std::nullopt},
    {"Words", {{"retry-after", "tomorrow"}}, "", std::nullopt},
    {"ADay", {{"retry-after", "86400"}}, "", absl::Hours(24)},
    {"MoreThanADay", {{"retry-after", "86401"}}, "", std::nullopt},
    {"GooglesRetryInfo",
     {},
     R"({"error":{"code":429,"details":[{"@type":"x"},{"@type":"RetryInfo","retryDelay":"35s"}]}})",
     absl::Seconds(35)},
    {"GooglesRetryInfoInAList",
     {},
     R"([{"error":{"details":[{"retryDelay":"1.5s"}]}}])",
     absl::Milliseconds(1500)},
    {"ARetryDelayOfAnotherType", {}, R"({"error":{"details":[{"retryDelay":35}]}})", std::nullopt},
    {"TheHeaderBeforeTheBody",
     {{"retry-after", "7"}},
     R"({"error":{"details":[{"retryDelay":"35s"}]}})",
     absl::Seconds(7)},
    {"NoJson", {}, "<html>", std::nullopt},
};

class RetryAfterTest : public ::testing::TestWithParam<Case> {};

TEST_P(RetryAfterTest, IsReadAsItIsMeant) {
  HttpExchange exchange;
  exchange.headers = GetParam().headers;
  exchange.body = GetParam().body;
  EXPECT_EQ(ReadRetryAfter(exchange, kNow), GetParam().wait);
}

INSTANTIATE_TEST_SUITE_P(ReadRetryAfter, RetryAfterTest, ::testing::ValuesIn(kCases),
                         [](const auto& c) { return std::string(c.param.name); });

}  // namespace
}  // namespace heyhi
