#include "probes/start_gate.h"

#include <gtest/gtest.h>

namespace heyhi {
namespace {

constexpr MonotonicTime kStart = absl::Seconds(1000);

MonotonicTime At(int milliseconds) { return kStart + absl::Milliseconds(milliseconds); }

class StartGateTest : public ::testing::Test {
 protected:
  // How many it admits at this instant; the tickets are kept.
  int AdmitAll(int milliseconds) {
    int admitted = 0;
    while (const auto ticket = gate_.Admit(At(milliseconds))) {
      tickets_.push_back(*ticket);
      ++admitted;
    }
    return admitted;
  }

  StartGate gate_{{.limits = {.max_in_flight = 4, .max_handshakes = 2}}};
  std::vector<StartGate::Ticket> tickets_;
};

TEST_F(StartGateTest, AdmitsAsManyAsMayShakeHands) { EXPECT_EQ(AdmitAll(0), 2); }

TEST_F(StartGateTest, GivesThePlaceOfAHandshakeThatIsOver) {
  AdmitAll(0);
  gate_.HandshakeOver(tickets_[1]);
  EXPECT_EQ(AdmitAll(1), 1);
}

TEST_F(StartGateTest, AHandshakeIsOverOnce) {
  AdmitAll(0);
  gate_.HandshakeOver(tickets_[0]);
  gate_.HandshakeOver(tickets_[0]);
  EXPECT_EQ(AdmitAll(1), 1);
}

TEST_F(StartGateTest, TakesThePlaceOfASlowHandshakeBack) {
  AdmitAll(0);
  EXPECT_EQ(gate_.NextPlaceAt(), At(50));
  EXPECT_EQ(AdmitAll(49), 0);
  EXPECT_EQ(AdmitAll(50), 2);
}

TEST_F(StartGateTest, CountsEachHandshakeFromItsOwnBeginning) {
  AdmitAll(0);
  gate_.HandshakeOver(tickets_[0]);
  EXPECT_EQ(AdmitAll(20), 1);
  EXPECT_EQ(AdmitAll(50), 1);
  EXPECT_EQ(gate_.NextPlaceAt(), absl::InfiniteDuration()) << "four are in flight";
  gate_.End(tickets_[0]);
  EXPECT_EQ(gate_.NextPlaceAt(), At(70));
}

TEST_F(StartGateTest, AdmitsNoMoreThanMayBeInFlight) {
  AdmitAll(0);
  AdmitAll(50);
  EXPECT_EQ(AdmitAll(1000), 0);
  gate_.End(tickets_[3]);
  EXPECT_EQ(AdmitAll(1000), 1);
}

TEST_F(StartGateTest, AnEndGivesBothPlacesBack) {
  AdmitAll(0);
  gate_.End(tickets_[0]);
  gate_.End(tickets_[1]);
  EXPECT_EQ(AdmitAll(0), 2);
}

TEST_F(StartGateTest, PromisesNoPlaceWhereNobodyShakesHands) {
  EXPECT_EQ(gate_.NextPlaceAt(), absl::InfiniteDuration());
  AdmitAll(0);
  for (const auto ticket : tickets_) gate_.HandshakeOver(ticket);
  EXPECT_EQ(gate_.NextPlaceAt(), absl::InfiniteDuration());
}

TEST(StartGateOptionsTest, NoneAtAllMeansOneAtATime) {
  StartGate gate({.limits = {.max_in_flight = 0, .max_handshakes = 0}});
  const auto ticket = gate.Admit(kStart);
  ASSERT_TRUE(ticket.has_value());
  EXPECT_FALSE(gate.Admit(kStart).has_value());
  gate.End(*ticket);
  EXPECT_TRUE(gate.Admit(kStart).has_value());
}

}  // namespace
}  // namespace heyhi
