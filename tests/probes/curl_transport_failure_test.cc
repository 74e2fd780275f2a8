#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "probes/curl_transport.h"
#include "serving/listen_socket.h"
#include "tests/probes/black_hole.h"
#include "tests/probes/tcp_peer.h"
#include "tests/probes/transport_fixture.h"
#include "tools/certificate.h"

namespace heyhi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kHalfABody[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf ";
constexpr char kHalfAChunk[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf ";

// What a peer does wrong, and what the exchange says of it.
struct PeerFault {
  const char* name;
  const char* scheme;  // of the URL
  bool peer_speaks_tls;
  TcpPeer::Script script;
  bool ends_by_timeout;
  const char* reason;
  const char* phases;
};

std::ostream& operator<<(std::ostream& out, const PeerFault& fault) { return out << fault.name; }

TcpPeer::Script ThenClose(const std::string& answer) {
  return [answer](PeerConnection& client) {
    client.ReadRequest();
    client.Send(answer);
  };
}

TcpPeer::Script ThenCloseTls(const std::string& answer) {
  return [answer](PeerConnection& client) {
    client.ReadRequest();
    client.Send(answer);
    client.CloseTls();
  };
}

TcpPeer::Script ThenStaySilent(const std::string& answer) {
  return [answer](PeerConnection& client) {
    client.ReadRequest();
    client.Send(answer);
    client.WaitForClient();
  };
}

void ResetAfterTheRequest(PeerConnection& client) {
  client.ReadSome();
  client.Reset();
}

// Sends `start` and then `more` for ever.
TcpPeer::Script FloodWith(const std::string& start, const std::string& more) {
  return [start, more](PeerConnection& client) {
    client.ReadRequest();
    client.Send(start);
    while (client.Send(more)) {
    }
  };
}

const std::string kHeader = "X-Flood: " + std::string(1000, 'x') + "\r\n";
const std::string kLongHeader = "X-Long: " + std::string(200000, 'x') + "\r\n";
const std::string kChunk = "3e8\r\n" + std::string(1000, 'x') + "\r\n";

constexpr char kSentHttp[] = "dns connect request_sent";
constexpr char kSentHttps[] = "dns connect tls request_sent";
constexpr char kBegunHttp[] = "dns connect request_sent first_byte";
constexpr char kBegunHttps[] = "dns connect tls request_sent first_byte";

const PeerFault kPeerFaults[] = {
    {"ClosesBeforeTheAnswer", "http", false, ThenClose(""), false, "conn_closed", kSentHttp},
    {"ClosesTlsBeforeTheAnswer", "https", true, ThenCloseTls(""), false, "conn_closed", kSentHttps},
    {"CutsTlsBeforeTheAnswer", "https", true, ThenClose(""), false, "conn_closed", kSentHttps},
    {"ClosesInTheHandshake", "https", false, [](PeerConnection& client) { client.ReadSome(); },
     false, "conn_closed", "dns connect"},
    {"ResetsBeforeTheAnswer", "http", false, ResetAfterTheRequest, false, "conn_reset", kSentHttp},
    {"ResetsTlsBeforeTheAnswer", "https", true, ResetAfterTheRequest, false, "conn_reset",
     kSentHttps},
    {"ResetsInTheHandshake", "https", false, ResetAfterTheRequest, false, "conn_reset",
     "dns connect"},
    {"IsSilentInTheHandshake", "https", false, StaySilent, true, "tls", "dns connect"},
    {"IsSilentBeforeTheAnswer", "http", false, ThenStaySilent(""), true, "ttfb", kSentHttp},
    {"IsSilentBeforeTheTlsAnswer", "https", true, ThenStaySilent(""), true, "ttfb", kSentHttps},
    {"IsSilentInTheBody", "http", false, ThenStaySilent(kHalfABody), true, "total", kBegunHttp},
    {"IsSilentInTheTlsBody", "https", true, ThenStaySilent(kHalfABody), true, "total", kBegunHttps},
    {"IsSilentInTheHeaders", "http", false, ThenStaySilent("HTTP/1.1 200 OK\r\n"), true, "total",
     kBegunHttp},
    {"ClosesInTheBody", "http", false, ThenClose(kHalfABody), false, "short_body", kBegunHttp},
    {"ClosesInAChunk", "http", false, ThenClose(kHalfAChunk), false, "short_body", kBegunHttp},
    {"ClosesTlsInTheBody", "https", true, ThenCloseTls(kHalfABody), false, "short_body",
     kBegunHttps},
    {"CutsTlsInTheBody", "https", true, ThenClose(kHalfABody), false, "short_body", kBegunHttps},
    {"CutsTlsInAChunk", "https", true, ThenClose(kHalfAChunk), false, "short_body", kBegunHttps},
    {"SpeaksPlainTextOnATlsPort", "https", false,
     [](PeerConnection& client) {
       client.ReadSome();
       client.Send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
       client.WaitForClient();
     },
     false, "tls_protocol", "dns connect"},
    {"AnnouncesABodyOverTheCap", "http", false,
     FloodWith("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", std::string(1000, 'x')),
     false, "body_too_large", kBegunHttp},
    {"SendsChunksWithoutEnd", "http", false,
     FloodWith("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", kChunk), false,
     "body_too_large", kBegunHttp},
    {"SendsABodyWithoutEnd", "http", false,
     FloodWith("HTTP/1.1 200 OK\r\n\r\n", std::string(1000, 'x')), false, "body_too_large",
     kBegunHttp},
    {"SendsABodyWithoutEndOverTls", "https", true,
     FloodWith("HTTP/1.1 200 OK\r\n\r\n", std::string(1000, 'x')), false, "body_too_large",
     kBegunHttps},
    {"SendsHeadersWithoutEnd", "http", false, FloodWith("HTTP/1.1 200 OK\r\n", kHeader), false,
     "header_too_large", kBegunHttp},
    {"SendsInterimAnswersWithoutEnd", "http", false,
     FloodWith("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"), false, "header_too_large",
     kSentHttp},
    // Few enough bytes for the other cap.
    {"SendsInterimAnswersAndThenNothing", "http", false,
     [](PeerConnection& client) {
       client.ReadRequest();
       for (int i = 0; i <= 100; ++i) client.Send("HTTP/1.1 103 Early Hints\r\n\r\n");
       client.WaitForClient();
     },
     false, "header_too_large", kSentHttp},
    {"SendsTrailersWithoutEnd", "http", false,
     FloodWith("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", kHeader),
     false, "header_too_large", kBegunHttp},
    {"SendsAHeaderOfAnyLength", "http", false,
     ThenClose("HTTP/1.1 200 OK\r\n" + kLongHeader + "\r\n"), false, "header_too_large",
     kBegunHttp},
    {"SendsAStatusLineOfAnyLength", "http", false,
     FloodWith("HTTP/1.1 200 ", std::string(1000, 'x')), false, "header_too_large", kSentHttp},
    {"SpeaksAnotherProtocol", "http", false, ThenClose("SSH-2.0-OpenSSH_9.2\r\n"), false,
     "transport_error", kSentHttp},
};

class PeerFaultTest : public TransportTest, public ::testing::WithParamInterface<PeerFault> {
 protected:
  HttpExchange ExchangeWithThePeer() {
    const PeerFault& fault = GetParam();
    std::optional<Certificate> certificate;
    if (fault.peer_speaks_tls) certificate = *MakeCertificate();
    if (certificate.has_value()) options_.ca_file = FileWith(certificate->ca);
    options_.max_body_bytes = 100000;
    options_.max_header_bytes = 10000;
    peer_.emplace(fault.script, certificate);
    HttpRequest request =
        PostRequest(absl::StrCat(fault.scheme, "://127.0.0.1:", peer_->port(), "/"), "{}");
    request.timeout = fault.ends_by_timeout ? kShortTimeout : kLimit;
    return Exchange(request);
  }

  std::optional<TcpPeer> peer_;
};

TEST_P(PeerFaultTest, HasItsReasonAndTheTimesOfThePhasesReached) {
  const HttpExchange exchange = ExchangeWithThePeer();
  EXPECT_EQ(FailureOf(exchange), GetParam().reason) << exchange.failure_detail;
  EXPECT_EQ(PhasesOf(exchange.times), GetParam().phases);
  EXPECT_NE(exchange.failure_detail, "");
  EXPECT_EQ(exchange.remote_address, "127.0.0.1");
  EXPECT_EQ(peer_->connections(), 1) << "nothing is tried again";
  if (GetParam().ends_by_timeout) {
    EXPECT_GE(exchange.times.total, kShortTimeout - kTimerSlack);
  }
  EXPECT_LT(exchange.times.total, kLimit / 2);
  EXPECT_LE(exchange.body.size(), options_.max_body_bytes);
}

std::string NameOfFault(const ::testing::TestParamInfo<PeerFault>& fault) {
  return fault.param.name;
}

INSTANTIATE_TEST_SUITE_P(CurlTransportTest, PeerFaultTest, ::testing::ValuesIn(kPeerFaults),
                         NameOfFault);

class CurlTransportFailureTest : public TransportTest {
 protected:
  // An https exchange with a server that shows this certificate.
  HttpExchange GetOverTls(const CertificateOptions& certificate_options) {
    const Certificate certificate = *MakeCertificate(certificate_options);
    options_.ca_file = FileWith(certificate.ca);
    return GetFrom(certificate);
  }

  HttpExchange GetFrom(const Certificate& certificate) {
    const TcpPeer peer(
        [](PeerConnection& client) {
          client.ReadRequest();
          client.Send(HttpAnswer("secret"));
        },
        certificate);
    HttpExchange exchange = Get(peer.url());
    requests_ = peer.requests();
    return exchange;
  }

  std::vector<std::string> requests_;  // that the server got
};

TEST_F(CurlTransportFailureTest, NamesAnExpiredCertificate) {
  const HttpExchange exchange = GetOverTls({.valid_for = absl::Hours(-1)});
  EXPECT_EQ(FailureOf(exchange), "tls_expired") << exchange.failure_detail;
  EXPECT_EQ(PhasesOf(exchange.times), "dns connect");
  EXPECT_THAT(requests_, SizeIs(0));
}

TEST_F(CurlTransportFailureTest, NamesACertificateThatIsNotYetValid) {
  EXPECT_EQ(FailureOf(GetOverTls({.valid_since = absl::Hours(24)})), "tls_expired");
  EXPECT_THAT(requests_, SizeIs(0));
}

TEST_F(CurlTransportFailureTest, NamesACertificateForAnotherHost) {
  const HttpExchange exchange = GetOverTls({.names = {"DNS:other.test", "IP:127.0.0.2"}});
  EXPECT_EQ(FailureOf(exchange), "tls_hostname") << exchange.failure_detail;
  EXPECT_THAT(requests_, SizeIs(0));
}

TEST_F(CurlTransportFailureTest, NamesAnUnknownCa) {
  options_.ca_file = FileWith(MakeCertificate()->ca);
  const HttpExchange exchange = GetFrom(*MakeCertificate());
  EXPECT_EQ(FailureOf(exchange), "tls_ca") << exchange.failure_detail;
  EXPECT_EQ(PhasesOf(exchange.times), "dns connect");
  EXPECT_THAT(requests_, SizeIs(0));
}

TEST_F(CurlTransportFailureTest, DoesNotTrustALocalCaByDefault) {
  EXPECT_EQ(FailureOf(GetFrom(*MakeCertificate())), "tls_ca");
}

TEST_F(CurlTransportFailureTest, BlamesItselfForACaFileThatIsMissing) {
  options_.ca_file = "/nonexistent/ca.pem";
  EXPECT_EQ(FailureOf(GetFrom(*MakeCertificate())), "local_resource");
}

// A port that was free a moment ago.
class RefusingPort {
 public:
  RefusingPort() : socket_(*OpenListenSocket("127.0.0.1:0")) { close(socket_.fd); }
  std::string url(const std::string& scheme) const {
    return absl::StrCat(scheme, "://", socket_.address, "/");
  }

 private:
  const ListenSocket socket_;
};

TEST_F(CurlTransportFailureTest, NamesARefusedConnection) {
  const RefusingPort port;
  for (const char* scheme : {"http", "https"}) {
    const HttpExchange exchange = Get(port.url(scheme));
    EXPECT_EQ(FailureOf(exchange), "conn_refused") << exchange.failure_detail;
    EXPECT_EQ(PhasesOf(exchange.times), "dns");
    EXPECT_EQ(exchange.status, 0);
  }
}

TEST_F(CurlTransportFailureTest, NamesAConnectionThatDoesNotStand) {
  const BlackHole hole;
  for (const char* scheme : {"http", "https"}) {
    const HttpExchange exchange = GetWithin(kShortTimeout, hole.url(scheme));
    EXPECT_EQ(FailureOf(exchange), "connect") << exchange.failure_detail;
    EXPECT_EQ(PhasesOf(exchange.times), "dns");
    EXPECT_GE(exchange.times.total, kShortTimeout - kTimerSlack);
  }
}

TEST_F(CurlTransportFailureTest, DeliversThePartOfTheAnswerThatArrived) {
  const TcpPeer peer(ThenClose(kHalfABody));
  const HttpExchange exchange = Get(peer.url());
  EXPECT_EQ(FailureOf(exchange), "short_body");
  EXPECT_EQ(exchange.status, 200);
  EXPECT_EQ(exchange.body, "half ");
}

TEST_F(CurlTransportFailureTest, RepeatsNoHeaderValueInItsDetail) {
  const TcpPeer peer(ThenClose(""));
  HttpRequest request = GetRequest(peer.url());
  request.headers = {{"Authorization", "Bearer sk-secret"}};
  EXPECT_THAT(Exchange(request).failure_detail, Not(HasSubstr("sk-secret")));
}

TEST_F(CurlTransportFailureTest, TakesABodyOfExactlyTheCap) {
  options_.max_body_bytes = 1000;
  const TcpPeer peer(ThenClose(HttpAnswer(std::string(1000, 'x'))));
  EXPECT_EQ(FailureOf(Get(peer.url())), "none");
  const TcpPeer longer(ThenClose(HttpAnswer(std::string(1001, 'x'))));
  EXPECT_EQ(FailureOf(Get(longer.url())), "body_too_large");
}

TEST_F(CurlTransportFailureTest, EndsEachExchangeForItself) {
  const TcpPeer silent(StaySilent);
  const TcpPeer closing(ThenClose(""));
  const TcpPeer healthy(ThenClose(HttpAnswer("ok")));
  std::map<std::string, std::string> reasons;
  for (const TcpPeer* peer : {&silent, &closing, &healthy}) {
    HttpRequest request = GetRequest(peer->url());
    if (peer == &silent) request.timeout = kShortTimeout;
    transport().Start(request, [&reasons, url = request.url](const HttpExchange& exchange) {
      reasons[url] = FailureOf(exchange);
    });
  }
  RunAll();
  EXPECT_EQ(reasons[silent.url()], "ttfb");
  EXPECT_EQ(reasons[closing.url()], "conn_closed");
  EXPECT_EQ(reasons[healthy.url()], "none");
}

TcpPeer::Script AnswerOnce(const std::string& answer) {
  return [answer](PeerConnection& client) {
    if (!client.ReadRequest().empty()) client.Send(answer);
  };
}

TEST_F(CurlTransportFailureTest, AHeaderThatLooksLikeAStatusLineIsNone) {
  const TcpPeer peer(
      AnswerOnce("HTTP/1.1 503 X\r\nHTTP/1.1 200: y\r\nContent-Length: 2\r\n\r\nok"));
  EXPECT_EQ(Get(peer.url()).status, 503);
}

TEST_F(CurlTransportFailureTest, AnInterimAnswerAloneHasNoStatus) {
  const TcpPeer peer(AnswerOnce("HTTP/1.1 103 Early Hints\r\n\r\n"));
  EXPECT_EQ(Get(peer.url()).status, 0);
}

}  // namespace
}  // namespace heyhi
