// Exchanges that may connect to public addresses only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "probes/curl_transport.h"
#include "tests/probes/dns_server.h"
#include "tests/probes/own_network.h"
#include "tests/probes/tcp_peer.h"
#include "tests/probes/transport_fixture.h"

namespace heyhi {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kPublicAddress[] = "198.41.0.4";

class CurlTransportPublicTest : public TransportTest {
 protected:
  HttpExchange GetPublic(const std::string& url) {
    HttpRequest request = GetRequest(url);
    request.public_only = true;
    return Exchange(request);
  }
};

TEST_F(CurlTransportPublicTest, RefusesAddressesOfThisMachineHoweverWritten) {
  const TcpPeer peer(AnswerOk);
  for (const char* host : {"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1",
                           "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0"}) {
    for (const char* scheme : {"http", "https"}) {
      const HttpExchange exchange = GetPublic(absl::StrCat(scheme, "://", host, ":", peer.port()));
      EXPECT_EQ(FailureOf(exchange), "no_address") << host << ": " << exchange.failure_detail;
      EXPECT_THAT(exchange.failure_detail, HasSubstr("public")) << host;
      EXPECT_LE(PhasesOf(exchange.times), "dns") << host;
    }
  }
  EXPECT_EQ(peer.connections(), 0);
  EXPECT_EQ(FailureOf(Get(peer.url())), "none") << "without the guard";
}

TEST_F(CurlTransportPublicTest, RefusesLocalhost) {
  const TcpPeer peer(AnswerOk);
  const HttpExchange exchange = GetPublic(absl::StrCat("http://localhost:", peer.port(), "/"));
  EXPECT_EQ(FailureOf(exchange), "no_address");
  EXPECT_EQ(peer.connections(), 0);
}

TEST_F(CurlTransportPublicTest, RefusesNamesThatResolveToPrivateAddresses) {
  const DnsServer server({{"one.test", {.ipv4 = {"127.0.0.1"}}},
                          {"two.test", {.ipv4 = {"10.0.0.1"}, .ipv6 = {"::1", "fd00::1"}}},
                          {"mapped.test", {.ipv6 = {"::ffff:127.0.0.1"}}}});
  options_.dns_server = server.address();
  const TcpPeer peer(AnswerOk, std::nullopt, "0.0.0.0:0");
  for (const char* host : {"one.test", "two.test", "mapped.test"}) {
    const HttpExchange exchange = GetPublic(absl::StrCat("http://", host, ":", peer.port(), "/"));
    EXPECT_EQ(FailureOf(exchange), "no_address") << host;
    EXPECT_EQ(PhasesOf(exchange.times), "") << host;
  }
  EXPECT_THAT(GetPublic("http://one.test/").failure_detail,
              AllOf(HasSubstr("resolved to 127.0.0.1"), HasSubstr("a public API never has")));
  EXPECT_EQ(peer.connections(), 0);
}

TEST_F(CurlTransportPublicTest, UsesThePublicAddressesOfAMixedAnswer) {
  const bool ran = RunInOwnNetwork(kPublicAddress, [this] {
    const DnsServer server(
        {{"mixed.test", {.ipv4 = {"127.0.0.1", "10.0.0.1", kPublicAddress}, .ipv6 = {"::1"}}}});
    options_.dns_server = server.address();
    const TcpPeer peer(AnswerOk, std::nullopt, "0.0.0.0:0");
    const HttpExchange exchange = GetPublic(absl::StrCat("http://mixed.test:", peer.port(), "/"));
    EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
    EXPECT_EQ(exchange.remote_address, kPublicAddress);
    const HttpExchange literal =
        GetPublic(absl::StrCat("http://", kPublicAddress, ":", peer.port(), "/"));
    EXPECT_EQ(FailureOf(literal), "none") << literal.failure_detail;
  });
  if (!ran) GTEST_SKIP() << "needs the right to make a network";
}

}  // namespace
}  // namespace heyhi
