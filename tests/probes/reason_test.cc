#include "probes/reason.h"

#include <gmock/gmock.h>

#include <set>
#include <string>

namespace heyhi {
namespace {

TEST(ReasonTest, NamesAreUniqueAndFitForLabels) {
  std::set<std::string_view> names;
  for (const Reason reason : AllReasons()) {
    const std::string_view name = ReasonName(reason);
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), name.npos) << name;
    EXPECT_FALSE(ReasonAdvice(reason).empty()) << name;
  }
}

TEST(ReasonTest, EveryFailureFallsOnAPairThatExistsAtZero) {
  for (const Reason reason : AllReasons()) {
    for (const bool network_down : {false, true}) {
      const ErrorType type = ErrorTypeOf(reason);
      EXPECT_TRUE(IsValidPair(type, FaultOf(reason, type, network_down))) << ReasonName(reason);
    }
  }
}

TEST(ReasonTest, InnerErrorsFallOnPairsThatExistAtZero) {
  for (const ErrorType type :
       {ErrorType::kAuth, ErrorType::kRateLimit, ErrorType::k5xx, ErrorType::kOther}) {
    EXPECT_TRUE(IsValidPair(type, FaultOf(Reason::kErrorIn200, type, false)));
  }
}

TEST(ReasonTest, ElevenPairsExist) {
  int pairs = 0;
  for (const ErrorType type : kErrorTypes) {
    for (const Fault fault : kFaults) pairs += IsValidPair(type, fault) ? 1 : 0;
  }
  EXPECT_EQ(pairs, 2 + 1 + 1 + 2 + 2 + 4);
}

struct FaultCase {
  Reason reason;
  Fault network_up;
  Fault network_down;
};

class FaultTest : public testing::TestWithParam<FaultCase> {};

TEST_P(FaultTest, FollowsTheReason) {
  const FaultCase& c = GetParam();
  const ErrorType type = ErrorTypeOf(c.reason);
  EXPECT_EQ(FaultOf(c.reason, type, false), c.network_up);
  EXPECT_EQ(FaultOf(c.reason, type, true), c.network_down);
}

INSTANTIATE_TEST_SUITE_P(
    Table, FaultTest,
    testing::Values(FaultCase{Reason::kConnRefused, Fault::kProvider, Fault::kNetwork},
                    FaultCase{Reason::kNxdomain, Fault::kProvider, Fault::kNetwork},
                    FaultCase{Reason::kTtfb, Fault::kProvider, Fault::kNetwork},
                    FaultCase{Reason::kTlsExpired, Fault::kProvider, Fault::kNetwork},
                    FaultCase{Reason::kServerError, Fault::kProvider, Fault::kProvider},
                    FaultCase{Reason::kOverloaded, Fault::kProvider, Fault::kProvider},
                    FaultCase{Reason::kTruncatedJson, Fault::kProvider, Fault::kProvider},
                    FaultCase{Reason::kConflict, Fault::kProvider, Fault::kProvider},
                    FaultCase{Reason::kInvalidKey, Fault::kAccount, Fault::kAccount},
                    FaultCase{Reason::kAuthInconsistent, Fault::kProvider, Fault::kProvider},
                    FaultCase{Reason::kBillingQuota, Fault::kAccount, Fault::kAccount},
                    FaultCase{Reason::kRpm, Fault::kAccount, Fault::kAccount},
                    FaultCase{Reason::kWafBlock, Fault::kAccount, Fault::kAccount},
                    FaultCase{Reason::kModelRetired, Fault::kConfig, Fault::kConfig},
                    FaultCase{Reason::kWrongUrl, Fault::kConfig, Fault::kConfig},
                    FaultCase{Reason::kBadRequestParam, Fault::kConfig, Fault::kConfig},
                    FaultCase{Reason::kUnexpectedRedirect, Fault::kConfig, Fault::kConfig},
                    FaultCase{Reason::kProxyRefused, Fault::kConfig, Fault::kConfig},
                    FaultCase{Reason::kProxyUnreachable, Fault::kNetwork, Fault::kNetwork},
                    FaultCase{Reason::kLocalResource, Fault::kNetwork, Fault::kNetwork}),
    [](const auto& test) { return std::string(ReasonName(test.param.reason)); });

}  // namespace
}  // namespace heyhi
