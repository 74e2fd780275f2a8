#include "probes/curl_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <thread>

#include "absl/strings/str_cat.h"
#include "serving/http_server.h"
#include "tests/probes/tcp_peer.h"
#include "tests/probes/transport_fixture.h"
#include "tools/certificate.h"

namespace heyhi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;

// A peer that gives every request this answer.
TcpPeer::Script AnswerWith(const std::string& answer) {
  return [answer](PeerConnection& client) {
    if (!client.ReadRequest().empty()) client.Send(answer);
  };
}

class CurlTransportTest : public TransportTest {
 protected:
  // Starts an exchange whose end only counts.
  void StartCounted(const HttpRequest& request) {
    transport().Start(request, [this](const HttpExchange& exchange) {
      ++ended_;
      if (!exchange.failure.has_value()) ++succeeded_;
    });
  }

  int ended_ = 0;
  int succeeded_ = 0;
};

TEST_F(CurlTransportTest, DeliversStatusHeadersAndBody) {
  const TcpPeer peer(AnswerWith(
      "HTTP/1.1 429 Too Many\r\nX-Request-Id:  a b \r\nRETRY-After: 3\r\nx-request-id: second\r\n"
      "X-Empty:\r\nContent-Length: 5\r\n\r\nwait\n"));
  const HttpExchange exchange = Get(peer.url());
  EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
  EXPECT_EQ(exchange.status, 429);
  EXPECT_EQ(exchange.body, "wait\n");
  EXPECT_THAT(exchange.headers, ElementsAre(Pair("x-request-id", "a b"), Pair("retry-after", "3"),
                                            Pair("x-request-id", "second"), Pair("x-empty", ""),
                                            Pair("content-length", "5")));
  EXPECT_EQ(exchange.Header("x-request-id"), "a b");
  EXPECT_EQ(exchange.remote_address, "127.0.0.1");
}

TEST_F(CurlTransportTest, DeliversAChunkedBody) {
  const TcpPeer peer(AnswerWith(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  EXPECT_EQ(Get(peer.url()).body, "abcde");
}

TEST_F(CurlTransportTest, DeliversABodyThatEndsWithTheConnection) {
  const TcpPeer peer(AnswerWith("HTTP/1.1 200 OK\r\n\r\nabc"));
  const HttpExchange exchange = Get(peer.url());
  EXPECT_EQ(FailureOf(exchange), "none");
  EXPECT_EQ(exchange.body, "abc");
}

TEST_F(CurlTransportTest, SkipsInterimAnswers) {
  const TcpPeer peer(
      AnswerWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" +
                 HttpAnswer("final")));
  const HttpExchange exchange = Get(peer.url());
  EXPECT_EQ(exchange.status, 200);
  EXPECT_EQ(exchange.body, "final");
  EXPECT_THAT(exchange.headers, ElementsAre(Pair("content-length", "5")));
}

TEST_F(CurlTransportTest, SendsMethodHeadersAndBody) {
  options_.user_agent = "heyhi-test/1";
  const TcpPeer peer(AnswerWith(HttpAnswer("ok")));
  HttpRequest request = PostRequest(peer.url() + "v1/chat?x=y", R"({"a": "b"})");
  request.headers = {{"Authorization", "Bearer key"}, {"Content-Type", "application/json"}};
  Exchange(request);
  ASSERT_THAT(peer.requests(), SizeIs(1));
  const std::string sent = peer.requests()[0];
  EXPECT_THAT(sent, StartsWith("POST /v1/chat?x=y HTTP/1.1\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nAuthorization: Bearer key\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nUser-Agent: heyhi-test/1\r\n"));
  EXPECT_THAT(sent, ::testing::EndsWith("\r\n\r\n{\"a\": \"b\"}"));
}

TEST_F(CurlTransportTest, SendsAGetWithoutABody) {
  const TcpPeer peer(AnswerWith(HttpAnswer("ok")));
  Get(peer.url() + "v1/models");
  ASSERT_THAT(peer.requests(), SizeIs(1));
  EXPECT_THAT(peer.requests()[0], StartsWith("GET /v1/models HTTP/1.1\r\n"));
  EXPECT_THAT(peer.requests()[0], Not(HasSubstr("Content-Length")));
}

TEST_F(CurlTransportTest, SendsOneRequestOnAFreshConnectionEachTime) {
  const TcpPeer peer([](PeerConnection& client) {
    while (!client.ReadRequest().empty() && client.Send(HttpAnswer("ok"))) {
    }
  });
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(FailureOf(Get(peer.url())), "none");
    EXPECT_THAT(peer.requests(), SizeIs(i));
    EXPECT_EQ(peer.connections(), i);
  }
}

TEST_F(CurlTransportTest, SendsNothingAgainWhereTheConnectionCloses) {
  const TcpPeer peer([](PeerConnection& client) { client.ReadRequest(); });
  EXPECT_EQ(FailureOf(Exchange(PostRequest(peer.url(), "{}"))), "conn_closed");
  EXPECT_EQ(peer.connections(), 1);
}

TEST_F(CurlTransportTest, DoesNotFollowRedirects) {
  const TcpPeer elsewhere(AnswerWith(HttpAnswer("stolen")));
  const TcpPeer peer(AnswerWith("HTTP/1.1 302 Found\r\nLocation: " + elsewhere.url() +
                                "\r\nContent-Length: 0\r\n\r\n"));
  HttpRequest request = GetRequest(peer.url());
  request.headers = {{"x-api-key", "key"}};
  const HttpExchange exchange = Exchange(request);
  EXPECT_EQ(FailureOf(exchange), "none");
  EXPECT_EQ(exchange.status, 302);
  EXPECT_EQ(elsewhere.connections(), 0);
}

class ProxyVariableTest : public CurlTransportTest,
                          public ::testing::WithParamInterface<const char*> {};

TEST_P(ProxyVariableTest, IsIgnored) {
  const TcpPeer proxy(AnswerWith(HttpAnswer("from the proxy")));
  const TcpPeer peer(AnswerWith(HttpAnswer("from the server")));
  setenv(GetParam(), proxy.url().c_str(), 1);  // after InitNetwork, which would remove it
  const HttpExchange exchange = Get(peer.url());
  unsetenv(GetParam());
  EXPECT_EQ(exchange.body, "from the server");
  EXPECT_EQ(proxy.connections(), 0);
}

INSTANTIATE_TEST_SUITE_P(CurlTransportTest, ProxyVariableTest,
                         ::testing::Values("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                           "ALL_PROXY"));

TEST(InitNetworkTest, RemovesWhatRedirectsOrReveals) {
  const char* names[] = {"http_proxy", "HTTPS_PROXY", "ALL_PROXY", "SSLKEYLOGFILE",
                         "SSL_CERT_FILE"};
  for (const char* name : names) setenv(name, "http://127.0.0.1:1/", 1);
  ASSERT_TRUE(InitNetwork().ok());
  for (const char* name : names) EXPECT_EQ(getenv(name), nullptr) << name;
}

TEST_F(CurlTransportTest, TimesThePhasesOfPlainHttp) {
  const TcpPeer peer(AnswerWith(HttpAnswer("ok")));
  EXPECT_EQ(PhasesOf(Get(peer.url()).times), "dns connect request_sent first_byte");
}

TEST_F(CurlTransportTest, TimesThePhasesOfHttps) {
  const Certificate certificate = *MakeCertificate();
  options_.ca_file = FileWith(certificate.ca);
  const TcpPeer peer(AnswerWith(HttpAnswer("ok")), certificate);
  const HttpExchange exchange = Get(peer.url());
  EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
  EXPECT_EQ(exchange.body, "ok");
  EXPECT_EQ(PhasesOf(exchange.times), "dns connect tls request_sent first_byte");
}

TEST_F(CurlTransportTest, CountsTheServersSilenceBeforeTheFirstByte) {
  constexpr absl::Duration kSilence = absl::Milliseconds(50);
  const TcpPeer peer([&](PeerConnection& client) {
    client.ReadRequest();
    const MonotonicTime end = clock_.Monotonic() + kSilence;
    while (clock_.Monotonic() < end) std::this_thread::yield();
    client.Send(HttpAnswer("ok"));
  });
  const HttpTimes times = Get(peer.url()).times;
  ASSERT_TRUE(times.request_sent.has_value() && times.first_byte.has_value());
  EXPECT_GE(*times.first_byte - *times.request_sent, kSilence / 2);
  EXPECT_LT(times.total, kLimit);
}

TEST_F(CurlTransportTest, TrustsTheCaOfTheRequest) {
  const Certificate certificate = *MakeCertificate();
  const TcpPeer peer(AnswerWith(HttpAnswer("ok")), certificate);
  HttpRequest request = GetRequest(peer.url());
  request.ca_file = FileWith(certificate.ca);
  EXPECT_EQ(FailureOf(Exchange(request)), "none");
}

TEST_F(CurlTransportTest, RefusesUrlsItCannotServe) {
  for (const char* url : {"", "nonsense", "ftp://127.0.0.1/", "file:///etc/passwd", "http://"}) {
    const HttpExchange exchange = Get(url);
    EXPECT_EQ(FailureOf(exchange), "transport_error") << url;
    EXPECT_NE(exchange.failure_detail, "") << url;
  }
}

TEST_F(CurlTransportTest, CallsDoneFromRunUntilOnly) {
  StartCounted(GetRequest("nonsense"));
  EXPECT_EQ(ended_, 0);
  EXPECT_EQ(transport().in_flight(), 1U);
  transport().RunUntil(clock_.Monotonic() + kLimit);
  EXPECT_EQ(ended_, 1);
  EXPECT_EQ(transport().in_flight(), 0U);
}

TEST_F(CurlTransportTest, MayStartTheNextExchangeFromDone) {
  const TcpPeer peer(AnswerWith(HttpAnswer("ok")));
  transport().Start(GetRequest(peer.url()),
                    [&](const HttpExchange&) { StartCounted(GetRequest(peer.url())); });
  RunAll();
  EXPECT_EQ(succeeded_, 1);
}

TEST_F(CurlTransportTest, EndsFiftyExchangesAtOnce) {
  constexpr int kExchanges = 50;
  const auto server = StartHttpServer({}, [](const ServerRequest& request, Responder responder) {
    responder.Send(TextResponse(200, request.body));
  });
  ASSERT_TRUE(server.ok()) << server.status();
  int right = 0;
  for (int i = 0; i < kExchanges; ++i) {
    const std::string body = std::to_string(i);
    transport().Start(
        PostRequest(absl::StrCat("http://", (*server)->address(), "/"), body),
        [&right, body](const HttpExchange& exchange) { right += exchange.body == body + "\n"; });
  }
  EXPECT_EQ(transport().in_flight(), static_cast<std::size_t>(kExchanges));
  RunAll();
  EXPECT_EQ(right, kExchanges);
}

TEST_F(CurlTransportTest, GivesUpExchangesInFlightAtItsEnd) {
  const TcpPeer silent(StaySilent);
  auto short_lived = MakeCurlTransport(clock_, {});
  ASSERT_TRUE(short_lived.ok()) << short_lived.status();
  bool called = false;
  const auto note = [&called](const HttpExchange&) { called = true; };
  (*short_lived)->Start(GetRequest(silent.url()), note);
  (*short_lived)->Start(GetRequest("http://localhost:1/"), note);
  (*short_lived)->Start(GetRequest("nonsense"), note);
  short_lived->reset();
  EXPECT_FALSE(called);
}

TEST_F(CurlTransportTest, GivesUpAfterTheRequestHasArrived) {
  const TcpPeer silent([](PeerConnection& client) {
    client.ReadRequest();
    client.WaitForClient();
  });
  auto short_lived = MakeCurlTransport(clock_, {});
  ASSERT_TRUE(short_lived.ok()) << short_lived.status();
  bool called = false;
  (*short_lived)->Start(GetRequest(silent.url()), [&called](const HttpExchange&) {
    called = true;
  });
  const MonotonicTime limit = clock_.Monotonic() + kLimit;
  while (silent.requests().empty() && clock_.Monotonic() < limit) {
    (*short_lived)->RunUntil(clock_.Monotonic() + absl::Milliseconds(5));
  }
  short_lived->reset();
  EXPECT_THAT(silent.requests(), SizeIs(1));
  EXPECT_FALSE(called);
}

TEST_F(CurlTransportTest, ReturnsAtTheDeadlineWithNothingToDo) {
  const MonotonicTime deadline = clock_.Monotonic() + absl::Milliseconds(20);
  transport().RunUntil(deadline);
  EXPECT_GE(clock_.Monotonic(), deadline);
}

TEST_F(CurlTransportTest, ReturnsWhenWokenFromAnotherThread) {
  HttpTransport& woken = transport();
  std::thread waker([&woken] { woken.Wake(); });
  woken.RunUntil(absl::InfiniteDuration());  // would never end otherwise
  waker.join();
}

TEST_F(CurlTransportTest, RemembersAWakeUntilTheNextRun) {
  transport().Wake();
  transport().Wake();
  transport().RunUntil(absl::InfiniteDuration());
}

TEST_F(CurlTransportTest, KeepsExchangesInFlightWhenWoken) {
  const TcpPeer silent(StaySilent);
  StartCounted(GetRequest(silent.url()));
  transport().Wake();
  transport().RunUntil(absl::InfiniteDuration());
  EXPECT_EQ(ended_, 0);
  EXPECT_EQ(transport().in_flight(), 1U);
}

double CpuSeconds() {
  timespec used = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// Parsing a system's bundle takes some 25 ms, a probe about 1 ms.
TEST_F(CurlTransportTest, ParsesEachCertificateBundleOnce) {
  const auto certificate = MakeCertificate({});
  ASSERT_TRUE(certificate.ok());
  const TcpPeer peer(AnswerWith("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), *certificate);
  std::string many;
  for (int i = 0; i < 100; ++i) many += MakeCertificate({})->ca;
  const std::string bundles[] = {FileWith(many + certificate->ca), FileWith(certificate->ca)};
  const auto cpu_of = [&](bool alternate) {
    const double before = CpuSeconds();
    for (int i = 0; i < 40; ++i) {
      HttpRequest request = GetRequest(peer.url());
      request.ca_file = bundles[alternate ? i % 2 : 0];
      EXPECT_EQ(FailureOf(Exchange(request)), "none");
    }
    return CpuSeconds() - before;
  };
  cpu_of(true);  // each is parsed once here
  const double one_bundle = cpu_of(false);
  EXPECT_LT(cpu_of(true), 3 * one_bundle + 0.02);
}

}  // namespace
}  // namespace heyhi
