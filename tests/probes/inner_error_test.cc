#include "probes/inner_error.h"

#include <gmock/gmock.h>

#include <string>

namespace heyhi {
namespace {

struct InnerCase {
  const char* name;
  const char* error;  // the JSON of the error object
  ErrorType type;
  Reason stream_reason;

  friend void PrintTo(const InnerCase& c, std::ostream* out) { *out << c.name; }
};

constexpr Reason kOverloaded = Reason::kInStreamOverloaded;
constexpr Reason kRateLimit = Reason::kInStreamRateLimit;
constexpr Reason kOther = Reason::kInStreamError;

class InnerErrorTest : public testing::TestWithParam<InnerCase> {};

TEST_P(InnerErrorTest, TakesTheTypeOfItsCode) {
  const auto document = JsonDocument::Parse(GetParam().error);
  ASSERT_TRUE(document.has_value());
  const InnerError inner = ClassifyInnerError(ReadErrorObject(document->root()));
  EXPECT_EQ(inner.type, GetParam().type);
  EXPECT_EQ(inner.stream_reason, GetParam().stream_reason);
}

INSTANTIATE_TEST_SUITE_P(
    Overloads, InnerErrorTest,
    testing::Values(
        InnerCase{"AsType", R"({"type":"overloaded_error","message":"Overloaded"})",
                  ErrorType::k5xx, kOverloaded},
        InnerCase{"AsCode", R"({"type":"error","code":"server_is_overloaded"})", ErrorType::k5xx,
                  kOverloaded},
        InnerCase{"Unavailable", R"({"code":503,"status":"UNAVAILABLE","message":"Is OVERLOADED"})",
                  ErrorType::k5xx, kOverloaded},
        InnerCase{"UnavailableAsCode", R"({"code":"UNAVAILABLE","message":"overloaded"})",
                  ErrorType::k5xx, kOverloaded},
        InnerCase{"AsNumber", R"({"code":529})", ErrorType::k5xx, kOverloaded},
        InnerCase{"AsText", R"({"code":"529"})", ErrorType::k5xx, kOverloaded},
        InnerCase{"MistralCapacity", R"({"type":"service_tier_capacity_exceeded","code":"3505"})",
                  ErrorType::k5xx, kOverloaded},
        InnerCase{"DeepSeek", R"({"code":"insufficient_system_resource"})", ErrorType::k5xx,
                  kOverloaded},
        InnerCase{"MistralStatus", R"({"code":null,"raw_status_code":529})", ErrorType::k5xx,
                  kOverloaded}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Accounts, InnerErrorTest,
    testing::Values(
        InnerCase{"LimitAsType", R"({"type":"rate_limit_error"})", ErrorType::kRateLimit,
                  kRateLimit},
        InnerCase{"LimitAsCode", R"({"type":"requests","code":"rate_limit_exceeded"})",
                  ErrorType::kRateLimit, kRateLimit},
        InnerCase{"LimitAsNumber", R"({"code":429})", ErrorType::kRateLimit, kRateLimit},
        InnerCase{"GoogleLimit", R"({"code":429,"status":"RESOURCE_EXHAUSTED"})",
                  ErrorType::kRateLimit, kRateLimit},
        InnerCase{"MistralLimit", R"({"type":"rate_limited","code":"1300"})", ErrorType::kRateLimit,
                  kRateLimit},
        InnerCase{"AmazonLimit", R"({"type":"ThrottlingException"})", ErrorType::kRateLimit,
                  kRateLimit},
        InnerCase{"Billing", R"({"type":"billing_error"})", ErrorType::kAuth, kOther},
        InnerCase{"GoogleKey", R"({"status":"UNAUTHENTICATED"})", ErrorType::kAuth, kOther},
        InnerCase{"KeyAsType", R"({"type":"authentication_error"})", ErrorType::kAuth, kOther},
        InnerCase{"Permission", R"({"type":"permission_error"})", ErrorType::kAuth, kOther},
        InnerCase{"KeyAsCode", R"({"code":"invalid_api_key","type":"invalid_request_error"})",
                  ErrorType::kAuth, kOther},
        InnerCase{"Quota", R"({"type":"insufficient_quota"})", ErrorType::kAuth, kOther},
        InnerCase{"Unauthorized", R"({"code":401})", ErrorType::kAuth, kOther},
        InnerCase{"Payment", R"({"code":"402"})", ErrorType::kAuth, kOther},
        InnerCase{"Forbidden", R"({"code":403,"status":"PERMISSION_DENIED"})", ErrorType::kAuth,
                  kOther}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Servers, InnerErrorTest,
    testing::Values(
        InnerCase{"AsType", R"({"type":"server_error","code":null})", ErrorType::k5xx, kOther},
        InnerCase{"AsCode", R"({"type":"error","code":"server_error"})", ErrorType::k5xx, kOther},
        InnerCase{"Anthropic", R"({"type":"api_error"})", ErrorType::k5xx, kOther},
        InnerCase{"Mistral", R"({"type":"internal_server_error","code":"3000"})", ErrorType::k5xx,
                  kOther},
        InnerCase{"Google", R"({"code":500,"status":"INTERNAL"})", ErrorType::k5xx, kOther},
        InnerCase{"Unavailable", R"({"status":"UNAVAILABLE","message":"try later"})",
                  ErrorType::k5xx, kOther},
        InnerCase{"CohereError", R"({"code":"ERROR"})", ErrorType::k5xx, kOther},
        InnerCase{"CohereTimeout", R"({"code":"TIMEOUT"})", ErrorType::k5xx, kOther},
        InnerCase{"Number", R"({"code":502,"message":"Provider returned error"})", ErrorType::k5xx,
                  kOther},
        InnerCase{"NumberAsText", R"({"code":"500"})", ErrorType::k5xx, kOther},
        InnerCase{"NumberAsStatus", R"({"status":504})", ErrorType::k5xx, kOther}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Others, InnerErrorTest,
    testing::Values(InnerCase{"UnknownWord", R"({"code":"whatever"})", ErrorType::kOther, kOther},
                    InnerCase{"ClientNumber", R"({"code":400})", ErrorType::kOther, kOther},
                    InnerCase{"MistralsInvalidModel", R"({"type":"invalid_model","code":"1500"})",
                              ErrorType::kOther, kOther},
                    InnerCase{"NoNumber", R"({"code":"500 or so"})", ErrorType::kOther, kOther},
                    InnerCase{"HugeNumber", R"({"code":"50000000000000000000"})", ErrorType::kOther,
                              kOther},
                    InnerCase{"OverloadInProseAlone", R"({"message":"we are overloaded"})",
                              ErrorType::kOther, kOther},
                    InnerCase{"OtherCase", R"({"code":"Server_Error"})", ErrorType::kOther, kOther},
                    InnerCase{"Nothing", R"({})", ErrorType::kOther, kOther},
                    InnerCase{"Null", R"(null)", ErrorType::kOther, kOther},
                    InnerCase{"OddTypes", R"({"code":{"deep":[]},"type":[529],"status":true})",
                              ErrorType::kOther, kOther}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(InnerErrorTest, OnlySomeDoubtTheKeyItself) {
  const auto doubts_key = [](const std::string& json) {
    return ClassifyInnerError(ReadErrorObject(JsonDocument::Parse(json)->root())).doubts_key;
  };
  for (const char* doubting :
       {R"({"type":"authentication_error"})", R"({"code":"invalid_api_key"})",
        R"({"code":401,"status":"UNAUTHENTICATED"})", R"({"code":401})"}) {
    EXPECT_TRUE(doubts_key(doubting)) << doubting;
  }
  for (const char* other :
       {R"({"type":"insufficient_quota"})", R"({"code":401,"type":"insufficient_quota"})",
        R"({"type":"billing_error"})", R"({"code":402})", R"({"code":403})",
        R"({"status":"PERMISSION_DENIED"})", R"({"code":500})", R"({"code":429})",
        R"({"code":429,"type":"authentication_error"})", "{}"}) {
    EXPECT_FALSE(doubts_key(other)) << other;
  }
}

// Who has spent his limit or shown a bad key is not helped by hearing "5xx".
TEST(InnerErrorTest, AWordSaysMoreThanTheStatusNumberBesideIt) {
  ErrorBody error;
  error.code = "429";
  error.type = "insufficient_quota";
  EXPECT_EQ(ClassifyInnerError(error).type, ErrorType::kAuth);
}

TEST(InnerErrorTest, MistralsNumbersBlameTheCallerBelow2000) {
  ErrorBody error;
  error.code = "3000";
  EXPECT_EQ(ClassifyInnerError(error).type, ErrorType::k5xx);
  error.code = "1500";
  EXPECT_EQ(ClassifyInnerError(error).type, ErrorType::kOther);
}

TEST(InnerErrorTest, TheGraverWordWins) {
  ErrorBody error;
  error.type = "api_error";
  error.code = "429";
  EXPECT_EQ(ClassifyInnerError(error).type, ErrorType::kRateLimit);
  error.code = "401";
  EXPECT_EQ(ClassifyInnerError(error).type, ErrorType::kAuth);
  error.type = "overloaded_error";
  EXPECT_EQ(ClassifyInnerError(error).type, ErrorType::k5xx);
}

}  // namespace
}  // namespace heyhi
