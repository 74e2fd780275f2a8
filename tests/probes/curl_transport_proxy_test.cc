// Through an HTTP proxy: what it sees, and what its failures are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/probes/black_hole.h"
#include "tests/probes/dns_server.h"
#include "tests/probes/own_network.h"
#include "tests/probes/tcp_peer.h"
#include "tests/probes/transport_fixture.h"

namespace heyhi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kTunnelStands[] = "HTTP/1.1 200 Connection established\r\n\r\n";

// A proxy that connects to the server: here it is that server itself.
void ConnectAndAnswer(PeerConnection& client) {
  if (client.ReadRequest().empty()) return;
  client.Send(kTunnelStands);
  AnswerOk(client);
}

// A proxy that answers CONNECT with this status line.
TcpPeer::Script AnswerConnect(const std::string& status) {
  return [status](PeerConnection& client) {
    if (!client.ReadRequest().empty()) {
      client.Send(absl::StrCat("HTTP/1.1 ", status, "\r\nContent-Length: 0\r\n\r\n"));
    }
  };
}

std::string ProxyAt(const TcpPeer& peer) { return absl::StrCat("http://127.0.0.1:", peer.port()); }

class CurlTransportProxyTest : public TransportTest {
 protected:
  HttpExchange GetThrough(const std::string& proxy,
                          const std::string& url = "http://provider.test/v1") {
    HttpRequest request = GetRequest(url);
    request.headers = {{"Authorization", "Bearer secret-key"}};
    request.timeout = timeout_;
    request.proxy = proxy;
    return Exchange(request);
  }

  absl::Duration timeout_ = kLimit;
};

TEST_F(CurlTransportProxyTest, TunnelsACallAndResolvesNoNameOfTheServer) {
  const TcpPeer proxy(ConnectAndAnswer);
  const HttpExchange exchange = GetThrough(ProxyAt(proxy));
  EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
  EXPECT_EQ(exchange.body, "ok");
  EXPECT_EQ(exchange.status, 200);
  EXPECT_THAT(exchange.headers, SizeIs(1)) << "the proxy's own are none of the server's";
  EXPECT_EQ(PhasesOf(exchange.times), "dns connect request_sent first_byte");
  EXPECT_EQ(exchange.tried_address, "127.0.0.1");
}

TEST_F(CurlTransportProxyTest, TheProxySeesNoKeyAndNoCall) {
  const TcpPeer proxy(ConnectAndAnswer);
  GetThrough(ProxyAt(proxy));
  ASSERT_THAT(proxy.requests(), SizeIs(2));
  EXPECT_THAT(proxy.requests()[0], StartsWith("CONNECT provider.test:80 HTTP/1.1\r\n"));
  EXPECT_THAT(proxy.requests()[0], Not(HasSubstr("secret-key")));
  EXPECT_THAT(proxy.requests()[0], Not(HasSubstr("/v1")));
  EXPECT_THAT(proxy.requests()[1], StartsWith("GET /v1 HTTP/1.1\r\n"));
  EXPECT_THAT(proxy.requests()[1], HasSubstr("Bearer secret-key"));
}

TEST_F(CurlTransportProxyTest, MayBeAnywhereThoughTheServerIsPublic) {
  const TcpPeer proxy(ConnectAndAnswer);
  HttpRequest request = GetRequest("http://provider.test/v1");
  request.proxy = ProxyAt(proxy);
  request.public_only = true;
  EXPECT_EQ(FailureOf(Exchange(request)), "none");
}

struct ProxyCase {
  const char* name;
  std::string status;
  const char* failure;
};

class ProxyAnswerTest : public CurlTransportProxyTest,
                        public ::testing::WithParamInterface<ProxyCase> {};

TEST_P(ProxyAnswerTest, HasItsReason) {
  const TcpPeer proxy(AnswerConnect(GetParam().status));
  const HttpExchange exchange = GetThrough(ProxyAt(proxy));
  EXPECT_EQ(FailureOf(exchange), GetParam().failure) << exchange.failure_detail;
  EXPECT_THAT(exchange.failure_detail, HasSubstr(GetParam().status.substr(0, 3)));
  EXPECT_EQ(exchange.status, 0) << "it is not the server's";
  EXPECT_EQ(PhasesOf(exchange.times), "dns");
  EXPECT_EQ(proxy.connections(), 1) << "once is all we ask";
}

INSTANTIATE_TEST_SUITE_P(
    Statuses, ProxyAnswerTest,
    testing::Values(ProxyCase{"Forbidden", "403 Forbidden", "proxy_refused"},
                    ProxyCase{"AsksForAPassword",
                              "407 Proxy Authentication Required\r\n"
                              "Proxy-Authenticate: Basic realm=\"x\"",
                              "proxy_refused"},
                    ProxyCase{"NoProxyAtAll", "404 Not Found", "proxy_refused"},
                    ProxyCase{"Elsewhere", "302 Found\r\nLocation: http://127.0.0.1:1/",
                              "proxy_refused"},
                    ProxyCase{"CannotReachTheServer", "502 Bad Gateway", "conn_unreachable"},
                    ProxyCase{"WaitedForTheServer", "504 Gateway Timeout", "conn_unreachable"}),
    [](const auto& test) { return test.param.name; });

TEST_F(CurlTransportProxyTest, SilenceMayBeTheServers) {
  timeout_ = kShortTimeout;
  const TcpPeer proxy(StaySilent);
  const HttpExchange exchange = GetThrough(ProxyAt(proxy));
  EXPECT_EQ(FailureOf(exchange), "connect") << exchange.failure_detail;
}

TEST_F(CurlTransportProxyTest, IsUnreachableWhereNobodyListens) {
  std::optional<TcpPeer> gone(std::in_place, StaySilent);
  const std::string proxy = ProxyAt(*gone);
  gone.reset();
  const HttpExchange exchange = GetThrough(proxy);
  EXPECT_EQ(FailureOf(exchange), "proxy_unreachable") << exchange.failure_detail;
}

TEST_F(CurlTransportProxyTest, IsUnreachableWhereItHasNoAddress) {
  const DnsServer dns({{"absent.test", {.response_code = 3}}});
  options_.dns_server = dns.address();
  const HttpExchange exchange = GetThrough("http://absent.test:3128");
  EXPECT_EQ(FailureOf(exchange), "proxy_unreachable") << exchange.failure_detail;
  EXPECT_THAT(exchange.failure_detail, StartsWith("DNS: "));
}

TEST_F(CurlTransportProxyTest, MayBeGivenByName) {
  const DnsServer dns({{"proxy.test", {.ipv4 = {"127.0.0.1"}}}});
  options_.dns_server = dns.address();
  const TcpPeer proxy(ConnectAndAnswer);
  const HttpExchange exchange = GetThrough(absl::StrCat("http://proxy.test:", proxy.port(), "/"));
  EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
  EXPECT_THAT(proxy.requests(), SizeIs(2));
}

TEST_F(CurlTransportProxyTest, ListensOnPort80WhereNoneIsNamed) {
  // Where nobody else has that port.
  const bool ran = RunInOwnNetwork("198.41.0.4", [this] {
    const HttpExchange exchange = GetThrough("http://127.0.0.1");
    EXPECT_THAT(exchange.failure_detail, HasSubstr("127.0.0.1 port 80"));
  });
  if (!ran) GTEST_SKIP() << "needs the right to make a network";
}

TEST_F(CurlTransportProxyTest, IsUnreachableWhereItTakesNoConnection) {
  timeout_ = kShortTimeout;
  const BlackHole hole;
  const HttpExchange exchange = GetThrough(absl::StrCat("http://127.0.0.1:", hole.port()));
  EXPECT_EQ(FailureOf(exchange), "proxy_unreachable") << exchange.failure_detail;
}

TEST_F(CurlTransportProxyTest, IsUnreachableWhereItsAnswerBreaksOff) {
  const TcpPeer proxy([](PeerConnection& client) {
    client.ReadRequest();
    client.Send("HTTP/1.1 200 Connection established\r\n");
  });
  const HttpExchange exchange = GetThrough(ProxyAt(proxy));
  EXPECT_EQ(FailureOf(exchange), "proxy_unreachable") << exchange.failure_detail;
}

TEST_F(CurlTransportProxyTest, IsUnreachableWhereItClosesOrSpeaksAnotherProtocol) {
  const TcpPeer closing([](PeerConnection& client) { client.ReadRequest(); });
  EXPECT_EQ(FailureOf(GetThrough(ProxyAt(closing))), "proxy_unreachable");
  const TcpPeer other([](PeerConnection& client) { client.Send("220 mail.test ESMTP\r\n"); });
  EXPECT_EQ(FailureOf(GetThrough(ProxyAt(other))), "proxy_unreachable");
  const TcpPeer resetting([](PeerConnection& client) {
    client.ReadRequest();
    client.Reset();
  });
  EXPECT_EQ(FailureOf(GetThrough(ProxyAt(resetting))), "proxy_unreachable");
}

// Libcurl would read headers, and the page of a 407, byte by byte for as long as they come.
TEST_F(CurlTransportProxyTest, EndsAFlood) {
  options_.max_header_bytes = 4 << 10;
  const auto flood_after = [](const std::string& begin) {
    return [begin](PeerConnection& client) {
      client.ReadRequest();
      client.Send(begin);
      while (client.Send("X-Flood: 1\r\n")) {
      }
    };
  };
  const TcpPeer headers(flood_after("HTTP/1.1 200 Fine\r\n"));
  const HttpExchange endless = GetThrough(ProxyAt(headers));
  EXPECT_EQ(FailureOf(endless), "proxy_unreachable");
  EXPECT_THAT(endless.failure_detail, HasSubstr("endless"));
  for (const char* status : {"403 No", "407 Who are you"}) {
    const TcpPeer body(
        flood_after(absl::StrCat("HTTP/1.1 ", status, "\r\nContent-Length: 99999999999\r\n\r\n")));
    const HttpExchange refused = GetThrough(ProxyAt(body));
    EXPECT_EQ(FailureOf(refused), "proxy_refused") << refused.failure_detail;
  }
}

}  // namespace
}  // namespace heyhi
