// Exchanges that stop at the connection, and what the connection itself tells.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "absl/strings/str_cat.h"
#include "probes/curl_transport.h"
#include "tests/probes/black_hole.h"
#include "tests/probes/tcp_peer.h"
#include "tests/probes/transport_fixture.h"
#include "tools/certificate.h"

namespace heyhi {
namespace {

class CurlTransportConnectTest : public TransportTest {
 protected:
  HttpExchange Connect(const std::string& url, absl::Duration timeout = kLimit) {
    HttpRequest request = PostRequest(url, "{}");
    request.connect_only = true;
    request.timeout = timeout;
    return Exchange(request);
  }

  // A script that notes what the client sends before it closes.
  TcpPeer::Script NoteAll() {
    return [this](PeerConnection& client) { sent_ = client.ReadSome(); };
  }

  std::optional<std::string> sent_;
};

TEST_F(CurlTransportConnectTest, StopsAtTheConnection) {
  std::optional<TcpPeer> peer(NoteAll());
  const HttpExchange exchange = Connect(peer->url());
  EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
  EXPECT_EQ(PhasesOf(exchange.times), "dns connect");
  EXPECT_GE(exchange.times.total, *exchange.times.connect);
  EXPECT_EQ(exchange.status, 0);
  EXPECT_EQ(exchange.remote_address, "127.0.0.1");
  while (peer->connections() == 0) {
  }
  peer.reset();  // the connection is closed, so its script has ended
  EXPECT_EQ(sent_, "");
}

TEST_F(CurlTransportConnectTest, StopsAtTheTlsSession) {
  const Certificate certificate = *MakeCertificate();
  options_.ca_file = FileWith(certificate.ca);
  std::optional<TcpPeer> peer(std::in_place, NoteAll(), certificate);
  const HttpExchange exchange = Connect(peer->url());
  EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
  EXPECT_EQ(PhasesOf(exchange.times), "dns connect tls");
  peer.reset();
  EXPECT_EQ(sent_, "");
}

TEST_F(CurlTransportConnectTest, VerifiesTheServer) {
  options_.ca_file = FileWith(MakeCertificate()->ca);
  const TcpPeer peer(NoteAll(), *MakeCertificate());
  EXPECT_EQ(FailureOf(Connect(peer.url())), "tls_ca");
}

TEST_F(CurlTransportConnectTest, FailsAsOthersDo) {
  const BlackHole hole;
  const HttpExchange nowhere = Connect(hole.url(), kShortTimeout);
  EXPECT_EQ(FailureOf(nowhere), "connect");
  EXPECT_EQ(PhasesOf(nowhere.times), "dns");
  EXPECT_EQ(nowhere.retransmissions, 0) << "there was no connection";
  const TcpPeer silent(StaySilent);
  const std::string url = absl::StrCat("https://127.0.0.1:", silent.port(), "/");
  EXPECT_EQ(FailureOf(Connect(url, kShortTimeout)), "tls");
}

// Where an exchange left its connection open, the second one would wait for it.
TEST_F(CurlTransportConnectTest, ClosesTheConnectionAtOnce) {
  const TcpPeer peer(StaySilent);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(FailureOf(Connect(peer.url())), "none");
    const MonotonicTime limit = clock_.Monotonic() + kLimit;
    while (peer.connections() < i && clock_.Monotonic() < limit) {
    }
    EXPECT_EQ(peer.connections(), i);
  }
}

TEST_F(CurlTransportConnectTest, SendsNothingAgainOnAGoodWay) {
  const TcpPeer peer([](PeerConnection& client) {
    if (!client.ReadRequest().empty()) client.Send(HttpAnswer("ok"));
  });
  EXPECT_EQ(Get(peer.url()).retransmissions, 0);
  EXPECT_EQ(Connect(peer.url()).retransmissions, 0);
}

// The kernel asks again after a second.
TEST_F(CurlTransportConnectTest, CountsWhatIsSentAgain) {
  for (const bool connect_only : {true, false}) {
    BlackHole hole;
    HttpRequest request = GetRequest(hole.url());
    request.connect_only = connect_only;
    request.timeout = absl::Milliseconds(2500);
    std::optional<HttpExchange> exchange;
    transport().Start(request, [&](HttpExchange result) { exchange = std::move(result); });
    transport().RunUntil(clock_.Monotonic() + absl::Milliseconds(20));
    hole.Open();
    RunAll();
    ASSERT_TRUE(exchange.has_value());
    EXPECT_EQ(FailureOf(*exchange), connect_only ? "none" : "ttfb");
    EXPECT_GE(exchange->retransmissions, 1);
    EXPECT_GE(*exchange->times.connect, absl::Milliseconds(500));
  }
}

}  // namespace
}  // namespace heyhi
