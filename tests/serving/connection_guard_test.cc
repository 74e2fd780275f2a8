#include "serving/connection_guard.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

namespace heyhi {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Phase = ConnectionGuard::Phase;

// A client's address, from its numeric form.
class Address {
 public:
  explicit Address(const char* text) {
    sockaddr_in v4 = {};
    sockaddr_in6 v6 = {};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
      v4.sin_family = AF_INET;
      std::memcpy(&storage_, &v4, sizeof v4);
    } else {
      EXPECT_EQ(inet_pton(AF_INET6, text, &v6.sin6_addr), 1) << text;
      v6.sin6_family = AF_INET6;
      std::memcpy(&storage_, &v6, sizeof v6);
    }
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }

 private:
  sockaddr_storage storage_ = {};
};

class ConnectionGuardTest : public ::testing::Test {
 protected:
  static ConnectionLimits SmallLimits() {
    ConnectionLimits limits;
    limits.total = 10;
    limits.per_address = 5;
    limits.reserved = 3;
    limits.few = 2;
    return limits;
  }
  bool Connect(const char* address) {
    const Address from(address);
    if (!guard_.Admits(from.get())) return false;
    guard_.Open(next_fd_++, from.get(), now_);
    return true;
  }
  int ConnectMany(const char* address) {
    int admitted = 0;
    while (admitted < 100 && Connect(address)) ++admitted;
    return admitted;
  }

  ConnectionGuard guard_{SmallLimits()};
  absl::Duration now_ = absl::Seconds(1000);
  int next_fd_ = 3;
};

TEST_F(ConnectionGuardTest, OneAddressHasALimit) { EXPECT_EQ(ConnectMany("192.0.2.1"), 5); }

TEST_F(ConnectionGuardTest, KeepsTheLastPlacesForAddressesWithFew) {
  EXPECT_EQ(ConnectMany("192.0.2.1"), 5);
  EXPECT_EQ(ConnectMany("192.0.2.2"), 2) << "7 of 10 are taken: only the first 2 of each now";
  EXPECT_EQ(ConnectMany("192.0.2.3"), 2);
  EXPECT_EQ(ConnectMany("192.0.2.4"), 1) << "10 of 10";
  EXPECT_EQ(ConnectMany("192.0.2.5"), 0);
}

TEST_F(ConnectionGuardTest, ANetworkOfIpv6IsOneClient) {
  EXPECT_EQ(ConnectMany("2001:db8::1"), 5);
  EXPECT_EQ(ConnectMany("2001:db8::2"), 0);
  EXPECT_EQ(ConnectMany("2001:db8:0:1::1"), 2);
}

TEST_F(ConnectionGuardTest, AMappedAddressIsTheSameClient) {
  EXPECT_EQ(ConnectMany("::ffff:192.0.2.1"), 5);
  EXPECT_EQ(ConnectMany("192.0.2.1"), 0);
}

TEST_F(ConnectionGuardTest, AClosedConnectionMakesRoom) {
  EXPECT_EQ(ConnectMany("192.0.2.1"), 5);
  guard_.Close(3);
  EXPECT_EQ(ConnectMany("192.0.2.1"), 1);
}

TEST_F(ConnectionGuardTest, ClosingTwiceCountsOnce) {
  EXPECT_EQ(ConnectMany("192.0.2.1"), 5);
  guard_.Close(3);
  guard_.Close(3);
  EXPECT_EQ(ConnectMany("192.0.2.1"), 1);
}

struct PhaseCase {
  const char* name;
  Phase phase;
  absl::Duration ConnectionLimits::*limit;
};

class PhaseTest : public ::testing::TestWithParam<PhaseCase> {};

TEST_P(PhaseTest, IsOverdueAtItsDeadlineAndNotBefore) {
  const ConnectionLimits limits;
  ConnectionGuard guard(limits);
  const Address from("192.0.2.1");
  guard.Open(7, from.get(), absl::Seconds(100));
  guard.Enter(7, GetParam().phase, absl::Seconds(100));
  const absl::Duration deadline = absl::Seconds(100) + limits.*GetParam().limit;
  EXPECT_EQ(guard.NextDeadline(), deadline);
  EXPECT_THAT(guard.TakeOverdue(deadline - absl::Milliseconds(1)), IsEmpty());
  EXPECT_THAT(guard.TakeOverdue(deadline), ElementsAre(7));
  EXPECT_THAT(guard.TakeOverdue(deadline), IsEmpty()) << "named once";
  EXPECT_EQ(guard.size(), 1U) << "it counts until it is closed";
}

INSTANTIATE_TEST_SUITE_P(
    Phases, PhaseTest,
    ::testing::Values(PhaseCase{"Header", Phase::kHeader, &ConnectionLimits::header_deadline},
                      PhaseCase{"Body", Phase::kBody, &ConnectionLimits::body_deadline},
                      PhaseCase{"Writing", Phase::kWriting, &ConnectionLimits::write_deadline},
                      PhaseCase{"Idle", Phase::kIdle, &ConnectionLimits::idle_deadline}),
    [](const auto& instance) { return instance.param.name; });

TEST_F(ConnectionGuardTest, HandlingHasNoDeadline) {
  EXPECT_TRUE(Connect("192.0.2.1"));
  guard_.Enter(3, Phase::kHandling, now_);
  EXPECT_EQ(guard_.NextDeadline(), absl::InfiniteDuration());
}

TEST_F(ConnectionGuardTest, TheHeaderDeadlineCountsFromTheBeginning) {
  EXPECT_TRUE(Connect("192.0.2.1"));
  const absl::Duration first = guard_.NextDeadline();
  EXPECT_EQ(guard_.Enter(3, Phase::kHeader, now_ + absl::Seconds(4)), first);
}

TEST_F(ConnectionGuardTest, ANextRequestHasADeadlineOfItsOwn) {
  EXPECT_TRUE(Connect("192.0.2.1"));
  guard_.Enter(3, Phase::kIdle, now_);
  const absl::Duration later = now_ + absl::Minutes(1);
  EXPECT_EQ(guard_.Enter(3, Phase::kHeader, later), later + SmallLimits().header_deadline);
}

TEST_F(ConnectionGuardTest, AnUnknownSocketIsNoConnection) {
  EXPECT_EQ(guard_.Enter(99, Phase::kHeader, now_), absl::InfiniteDuration());
  guard_.Close(99);
  EXPECT_EQ(guard_.size(), 0U);
}

}  // namespace
}  // namespace heyhi
