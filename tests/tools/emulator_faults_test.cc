#include "tools/emulator_faults.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace heyhi {
namespace {

EmulatorFault FaultWith(int status, double share = 1) {
  EmulatorFault fault;
  fault.status = status;
  fault.share = share;
  return fault;
}

// The status of the fault that strikes; 0 where none does.
int StrikeStatus(EmulatorFaults& faults, const std::string& provider = "openai",
                 const std::string& model = "m",
                 EmulatorCall::Endpoint endpoint = EmulatorCall::Endpoint::kChat) {
  EmulatorCall call;
  call.provider = provider;
  call.model = model;
  call.endpoint = endpoint;
  const auto fault = faults.Strike(call);
  return fault.has_value() ? *fault->status : 0;
}

int CountStrikes(double share, int requests) {
  EmulatorFaults faults;
  faults.Add(FaultWith(500, share));
  int strikes = 0;
  for (int i = 0; i < requests; ++i) strikes += StrikeStatus(faults) == 500 ? 1 : 0;
  return strikes;
}

TEST(EmulatorFaultsTest, StrikesNothingWithoutFaults) {
  EmulatorFaults faults;
  EXPECT_EQ(StrikeStatus(faults), 0);
}

TEST(EmulatorFaultsTest, StrikesExactlyTheShare) {
  EXPECT_EQ(CountStrikes(0.3, 10), 3);
  EXPECT_EQ(CountStrikes(0.1, 10), 1);
  EXPECT_EQ(CountStrikes(0.7, 10), 7);
  EXPECT_EQ(CountStrikes(1, 10), 10);
  EXPECT_EQ(CountStrikes(0.001, 100000), 100);
  EXPECT_EQ(CountStrikes(1.0 / 3, 99), 33);
}

TEST(EmulatorFaultsTest, SpreadsTheStrikesEvenly) {
  EmulatorFaults faults;
  faults.Add(FaultWith(500, 0.5));
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(StrikeStatus(faults), 0);
    EXPECT_EQ(StrikeStatus(faults), 500);
  }
}

TEST(EmulatorFaultsTest, TheNewestWins) {
  EmulatorFaults faults;
  faults.Add(FaultWith(500));
  faults.Add(FaultWith(503));
  EXPECT_EQ(StrikeStatus(faults), 503);
}

TEST(EmulatorFaultsTest, AnOlderOneStrikesWhereTheShareIsNotDue) {
  EmulatorFaults faults;
  faults.Add(FaultWith(500));
  faults.Add(FaultWith(503, 0.5));
  EXPECT_EQ(StrikeStatus(faults), 500);
  EXPECT_EQ(StrikeStatus(faults), 503);
}

TEST(EmulatorFaultsTest, MatchesProviderAndModelExactly) {
  EmulatorFaults faults;
  EmulatorFault fault = FaultWith(500);
  fault.provider = "groq";
  fault.model = "llama";
  faults.Add(fault);
  EXPECT_EQ(StrikeStatus(faults, "groq", "llama"), 500);
  EXPECT_EQ(StrikeStatus(faults, "groq", "llama-2"), 0);
  EXPECT_EQ(StrikeStatus(faults, "openai", "llama"), 0);
  EXPECT_EQ(StrikeStatus(faults, "groq", ""), 0);
}

// The endpoints of "openai" that a fault for these calls strikes.
std::vector<EmulatorCall::Endpoint> StruckEndpoints(EmulatorFault::Call call) {
  using Endpoint = EmulatorCall::Endpoint;
  EmulatorFaults faults;
  EmulatorFault fault = FaultWith(401);
  fault.call = call;
  faults.Add(fault);
  std::vector<Endpoint> struck;
  for (const Endpoint endpoint :
       {Endpoint::kUnknown, Endpoint::kChat, Endpoint::kResponses, Endpoint::kEmbeddings,
        Endpoint::kCountTokens, Endpoint::kModels, Endpoint::kModel}) {
    if (StrikeStatus(faults, "openai", "m", endpoint) == 401) struck.push_back(endpoint);
  }
  return struck;
}

TEST(EmulatorFaultsTest, StrikesTheCallsThatItIsFor) {
  using Endpoint = EmulatorCall::Endpoint;
  EXPECT_THAT(StruckEndpoints(EmulatorFault::Call::kChat),
              testing::ElementsAre(Endpoint::kChat, Endpoint::kResponses));
  EXPECT_THAT(StruckEndpoints(EmulatorFault::Call::kModels),
              testing::ElementsAre(Endpoint::kModels, Endpoint::kModel));
  EXPECT_EQ(StruckEndpoints(EmulatorFault::Call::kAny).size(), 7U);
}

TEST(EmulatorFaultsTest, CountsWhatItWasConsideredFor) {
  EmulatorFaults faults;
  faults.Add(FaultWith(500, 0.5));
  for (int i = 0; i < 5; ++i) StrikeStatus(faults);
  EXPECT_EQ(faults.List()[0].matched, 5);
  EXPECT_EQ(faults.List()[0].struck, 2);
}

TEST(EmulatorFaultsTest, RemovesById) {
  EmulatorFaults faults;
  const auto first = faults.Add(FaultWith(500));
  const auto second = faults.Add(FaultWith(503));
  EXPECT_NE(first, second);
  EXPECT_TRUE(faults.Remove(second));
  EXPECT_FALSE(faults.Remove(second));
  EXPECT_EQ(StrikeStatus(faults), 500);
}

TEST(EmulatorFaultsTest, NeverReusesAnId) {
  EmulatorFaults faults;
  const auto first = faults.Add(FaultWith(500));
  faults.Clear();
  EXPECT_TRUE(faults.List().empty());
  EXPECT_GT(faults.Add(FaultWith(500)), first);
}

}  // namespace
}  // namespace heyhi
