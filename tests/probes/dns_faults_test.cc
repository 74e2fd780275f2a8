// Exchanges whose resolver is dead, slow or lying, or gives more than it should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "probes/curl_transport.h"
#include "probes/dns_lookup.h"
#include "tests/probes/black_hole.h"
#include "tests/probes/dns_server.h"
#include "tests/probes/tcp_peer.h"
#include "tests/probes/transport_fixture.h"

namespace heyhi {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

constexpr int kNoError = 0;
constexpr int kNxdomain = 3;

std::vector<std::string> ThousandAddresses() {
  std::vector<std::string> addresses;
  for (int i = 0; i < 1000; ++i) {
    addresses.push_back(absl::StrCat("127.1.", i / 250, ".", i % 250 + 1));
  }
  return addresses;
}

std::map<std::string, DnsRecords> Names() {
  return {
      {"name.test", {.ipv4 = {"127.0.0.1"}}},
      {"dual.test", {.ipv4 = {"127.0.0.1"}, .ipv6 = {"::1"}}},
      {"next.test", {.ipv4 = {"127.0.0.2", "127.0.0.1"}}},
      {"silent.test", {.silent = true}},
      {"held.test", {.ipv4 = {"127.0.0.1"}, .held = true}},
      {"wrong-id.test", {.ipv4 = {"127.0.0.1"}, .lie = DnsLie::kWrongId}},
      {"wrong-question.test", {.ipv4 = {"127.0.0.1"}, .lie = DnsLie::kWrongQuestion}},
      {"garbage.test", {.ipv4 = {"127.0.0.1"}, .lie = DnsLie::kGarbage}},
      {"broken.test", {.ipv4 = {"127.0.0.1"}, .lie = DnsLie::kBrokenRecords}},
      {"cut.test", {.ipv4 = {"127.0.0.1"}, .ipv6 = {"::1"}, .lie = DnsLie::kCut}},
      {"half.test", {.ipv6 = {"::1"}, .response_code = kNxdomain, .response_code_ipv6 = kNoError}},
      {"many.test", {.ipv4 = ThousandAddresses()}},
      {"alias.test", {.ipv4 = {"127.0.0.1"}, .aliases = {"b.test", "c.test"}}},
      {"loop.test", {.aliases = {"b.test", "loop.test", "b.test", "loop.test"}}},
      {"self.test", {.aliases = {"self.test"}}},
  };
}

class DnsFaultsTest : public TransportTest {
 protected:
  DnsFaultsTest() { options_.dns_server = server_.address(); }

  std::string UrlOf(const std::string& host) const {
    return absl::StrCat("http://", host, ":", peer_.port(), "/");
  }

  // A port of 127.0.0.1 where nobody listens.
  static std::string DeadServer() {
    const DnsServer server({});
    return server.address();
  }

  DnsServer server_{Names()};
  const TcpPeer peer_{AnswerOk, std::nullopt, "0.0.0.0:0"};
};

TEST_F(DnsFaultsTest, ADeadServerIsKnownAtOnce) {
  options_.dns_server = DeadServer();
  const HttpExchange exchange = Get(UrlOf("name.test"));
  EXPECT_EQ(FailureOf(exchange), "servfail") << exchange.failure_detail;
  EXPECT_LT(exchange.times.total, kLimit / 2);
}

TEST_F(DnsFaultsTest, TheSecondServerIsAskedWhereTheFirstIsDead) {
  options_.dns_server = absl::StrCat(DeadServer(), ",", server_.address());
  EXPECT_EQ(FailureOf(Get(UrlOf("name.test"))), "none");
}

TEST_F(DnsFaultsTest, ASlowServerHoldsNobodyElseUp) {
  std::vector<std::string> ended;
  for (const char* host : {"held.test", "name.test"}) {
    transport().Start(GetRequest(UrlOf(host)), [&, host](const HttpExchange& exchange) {
      EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
      ended.emplace_back(host);
      server_.Release();
    });
  }
  RunAll();
  EXPECT_THAT(ended, ElementsAre("name.test", "held.test"));
}

TEST_F(DnsFaultsTest, ATimeoutEndsALookupWhateverTheServerWouldSay) {
  const HttpExchange exchange = GetWithin(kShortTimeout, UrlOf("held.test"));
  EXPECT_EQ(FailureOf(exchange), "dns_timeout");
  EXPECT_GE(exchange.times.total, kShortTimeout);
  server_.Release();
  EXPECT_EQ(FailureOf(Get(UrlOf("name.test"))), "none") << "the late answer does no harm";
}

struct LieCase {
  const char* host;
  const char* reason;
};

class DnsLieTest : public DnsFaultsTest, public ::testing::WithParamInterface<LieCase> {};

// What could come from anybody is ignored, and the right answer awaited.
TEST_P(DnsLieTest, HasItsReason) {
  const HttpExchange exchange = GetWithin(kShortTimeout, UrlOf(GetParam().host));
  EXPECT_EQ(FailureOf(exchange), GetParam().reason) << exchange.failure_detail;
  EXPECT_EQ(PhasesOf(exchange.times), "");
  EXPECT_THAT(exchange.failure_detail, StartsWith("DNS: "));
  EXPECT_EQ(peer_.connections(), 0);
}

INSTANTIATE_TEST_SUITE_P(DnsFaultsTest, DnsLieTest,
                         ::testing::Values(LieCase{"wrong-id.test", "dns_timeout"},
                                           LieCase{"wrong-question.test", "dns_timeout"},
                                           LieCase{"garbage.test", "dns_timeout"},
                                           LieCase{"broken.test", "no_address"},
                                           LieCase{"cut.test", "servfail"},
                                           LieCase{"loop.test", "no_address"},
                                           LieCase{"self.test", "no_address"}));

TEST_F(DnsFaultsTest, FollowsAliases) { EXPECT_EQ(FailureOf(Get(UrlOf("alias.test"))), "none"); }

TEST_F(DnsFaultsTest, OneFamilyIsEnoughWhereTheOtherDoesNotExist) {
  const TcpPeer peer(AnswerOk, std::nullopt, "[::1]:0");
  const HttpExchange exchange = Get(absl::StrCat("http://half.test:", peer.port(), "/"));
  EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
  EXPECT_EQ(exchange.remote_address, "::1");
}

TEST_F(DnsFaultsTest, TakesAThousandAddressesByTcp) {
  const HttpExchange exchange = Get(UrlOf("many.test"));
  EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
  EXPECT_THAT(exchange.remote_address, StartsWith("127.1."));
}

// Each attempt at a black hole takes part of the timeout; a thousand would take all.
TEST_F(DnsFaultsTest, TriesAFewOfAThousandAddresses) {
  const HttpExchange exchange = Get("http://many.test:1/");
  EXPECT_EQ(FailureOf(exchange), "conn_refused");
  EXPECT_LT(exchange.times.total, kLimit / 2);
}

TEST_F(DnsFaultsTest, ConnectsByTheOtherFamilyWhereOneIsDead) {
  const BlackHole hole(absl::StrCat("[::1]:", peer_.port()));
  const HttpExchange by_ipv4 = Get(UrlOf("dual.test"));
  EXPECT_EQ(FailureOf(by_ipv4), "none") << by_ipv4.failure_detail;
  EXPECT_EQ(by_ipv4.remote_address, "127.0.0.1");
  EXPECT_LT(*by_ipv4.times.connect - *by_ipv4.times.dns, absl::Seconds(1));

  const BlackHole other_hole;
  const TcpPeer peer(AnswerOk, std::nullopt, absl::StrCat("[::1]:", other_hole.port()));
  const HttpExchange by_ipv6 = Get(absl::StrCat("http://dual.test:", peer.port(), "/"));
  EXPECT_EQ(FailureOf(by_ipv6), "none") << by_ipv6.failure_detail;
  EXPECT_EQ(by_ipv6.remote_address, "::1");
  EXPECT_LT(*by_ipv6.times.connect - *by_ipv6.times.dns, absl::Seconds(1));
}

// The second socket often has the number of the first, which libcurl has closed.
TEST_F(DnsFaultsTest, NoticesAConnectionToTheNextAddressAtOnce) {
  BlackHole hole;
  HttpRequest request = GetRequest(absl::StrCat("http://next.test:", hole.port(), "/"));
  request.timeout = absl::Seconds(6);
  std::optional<HttpExchange> exchange;
  transport().Start(request, [&](HttpExchange result) { exchange = std::move(result); });
  transport().RunUntil(clock_.Monotonic() + absl::Milliseconds(50));
  hole.Open();  // the kernel asks again after a second
  RunAll();
  ASSERT_TRUE(exchange.has_value());
  EXPECT_EQ(FailureOf(*exchange), "ttfb") << exchange->failure_detail;
  ASSERT_TRUE(exchange->times.connect.has_value());
  EXPECT_LT(*exchange->times.connect, absl::Seconds(2));
}

TEST_F(DnsFaultsTest, TimesOutInConnectingWhereBothFamiliesAreDead) {
  const BlackHole hole;
  const BlackHole other_hole(absl::StrCat("[::1]:", hole.port()));
  const HttpExchange exchange =
      GetWithin(kShortTimeout, absl::StrCat("http://dual.test:", hole.port(), "/"));
  EXPECT_EQ(FailureOf(exchange), "connect");
  EXPECT_EQ(PhasesOf(exchange.times), "dns");
}

TEST(AlternateFamiliesTest, TakesThemByTurnsUpToTheCap) {
  const std::vector<std::string> addresses = {"::1", "::2", "::3", "1.1.1.1", "1.1.1.2"};
  EXPECT_THAT(AlternateFamilies(addresses, 8),
              ElementsAre("::1", "1.1.1.1", "::2", "1.1.1.2", "::3"));
  EXPECT_THAT(AlternateFamilies(addresses, 3), ElementsAre("::1", "1.1.1.1", "::2"));
  EXPECT_THAT(AlternateFamilies({"1.1.1.1", "::1"}, 1), ElementsAre("1.1.1.1"));
  EXPECT_THAT(AlternateFamilies({"1.1.1.1", "1.1.1.2"}, 8), ElementsAre("1.1.1.1", "1.1.1.2"));
  EXPECT_THAT(AlternateFamilies({}, 8), ElementsAre());
}

}  // namespace
}  // namespace heyhi
