#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "probes/curl_transport.h"
#include "tests/probes/node_process.h"
#include "tests/probes/transport_fixture.h"
#include "tools/certificate.h"

namespace heyhi {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

class CurlTransportHttp2Test : public TransportTest {
 protected:
  // One POST to an HTTP/2 server in this mode, or the last of some that went well before.
  HttpExchange ExchangeWith(const std::string& mode, const std::string& script = "http2_server") {
    const Certificate certificate = *MakeCertificate();
    options_.ca_file = FileWith(certificate.ca);
    NodeProcess server({absl::StrCat(HEYHI_SOURCE_DIR "/tests/probes/", script, ".mjs"), mode,
                        FileWith(certificate.private_key), FileWith(certificate.chain)});
    const std::string port = server.ReadLine(kLimit);
    EXPECT_NE(port, "") << "Node.js does not start";
    if (server_goes_first_) GiveWay();
    HttpRequest request = PostRequest(absl::StrCat("https://127.0.0.1:", port, "/v1"), "{}");
    request.timeout = timeout_;
    HttpExchange exchange;
    for (int i = 0; i < rounds_ && !exchange.failure.has_value(); ++i) exchange = Exchange(request);
    seen_ = server.Stop();
    return exchange;
  }

  // From here on a server that has something to do does it before this thread goes on.
  static void GiveWay() { EXPECT_EQ(setpriority(PRIO_PROCESS, gettid(), 10), 0); }

  absl::Duration timeout_ = kLimit;
  bool server_goes_first_ = false;
  int rounds_ = 1;
  std::vector<std::string> seen_;  // a line for each request that the server got
};

TEST_F(CurlTransportHttp2Test, DeliversTheAnswer) {
  const HttpExchange exchange = ExchangeWith("answer");
  EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
  EXPECT_EQ(exchange.status, 201);
  EXPECT_EQ(exchange.body, "over h2");
  EXPECT_THAT(exchange.headers, Contains(Pair("x-request-id", "abc")));
  EXPECT_EQ(PhasesOf(exchange.times), "dns connect tls request_sent first_byte");
}

// libcurl would send a refused request again by itself.
TEST_F(CurlTransportHttp2Test, SendsARefusedRequestOnce) {
  const HttpExchange exchange = ExchangeWith("refuse");
  EXPECT_EQ(FailureOf(exchange), "h2_goaway") << exchange.failure_detail;
  EXPECT_EQ(PhasesOf(exchange.times), "dns connect tls request_sent");
  EXPECT_THAT(seen_, ElementsAre("stream"));
}

TEST_F(CurlTransportHttp2Test, SendsARequestOnceToAServerThatGoesAway) {
  const HttpExchange exchange = ExchangeWith("goaway");
  EXPECT_EQ(FailureOf(exchange), "h2_goaway") << exchange.failure_detail;
  EXPECT_THAT(seen_, ElementsAre("stream"));
}

// What a server does once it has the request, and what the exchange says of it.
struct Http2Fault {
  const char* mode;  // of http2_frames.mjs
  const char* reason;
  bool is_answered;  // as far as libcurl tells
  int status = 200;
};

std::ostream& operator<<(std::ostream& out, const Http2Fault& fault) { return out << fault.mode; }

constexpr Http2Fault kHttp2Faults[] = {
    {"answer", "none", true},
    // An answer to the headers alone, as front ends give for a wrong key.
    {"early", "none", true},
    {"early_whole", "none", true},
    {"early_401", "none", true, 401},
    {"early_headers", "none", true},
    // Before an answer: refused, reset or sent away.
    {"refuse", "h2_goaway", false},
    {"reset_internal", "h2_goaway", false},
    {"reset_cancel", "h2_goaway", false},
    {"goaway_at_once", "h2_goaway", false},
    {"goaway_unaccepted", "h2_goaway", false},
    {"goaway_unaccepted_error", "h2_goaway", false},
    {"goaway_unaccepted_close", "h2_goaway", false},
    {"goaway_accepted_close", "h2_goaway", false},
    {"goaway_accepted_error_close", "h2_goaway", false},
    {"goaway_accepted_answer", "none", true},
    // libcurl tells these from GOAWAY and a close in no way.
    {"close", "h2_goaway", false},
    {"cut", "h2_goaway", false},
    // In the answer: a stream that is reset breaks the protocol's promise, an end of the
    // connection makes the body short.
    {"body_reset_internal", "transport_error", true},
    {"body_reset_cancel", "transport_error", true},
    {"body_goaway_close", "short_body", true},
    {"body_close", "short_body", true},
    // libcurl drops the beginning of an answer that comes together with its reset.
    {"body_reset_in_one_breath", "h2_goaway", false},
    // Hostile ones.
    {"continuation_flood", "header_too_large", false},
    {"interim_flood", "header_too_large", false},
    {"body_flood", "body_too_large", true},
    // nghttp2 ends the connection, and libcurl calls that an empty reply.
    {"push", "conn_closed", false},
    {"garbage", "conn_closed", false},
};

class Http2FaultTest : public CurlTransportHttp2Test,
                       public ::testing::WithParamInterface<Http2Fault> {};

TEST_P(Http2FaultTest, HasItsReasonAfterOneRequest) {
  const HttpExchange exchange = ExchangeWith(GetParam().mode, "http2_frames");
  EXPECT_EQ(FailureOf(exchange), GetParam().reason) << exchange.failure_detail;
  EXPECT_EQ(PhasesOf(exchange.times), GetParam().is_answered
                                          ? "dns connect tls request_sent first_byte"
                                          : "dns connect tls request_sent");
  EXPECT_EQ(exchange.status, GetParam().is_answered ? GetParam().status : 0);
  EXPECT_THAT(seen_, ElementsAre("stream"));
  EXPECT_LT(exchange.times.total, kLimit / 2) << "no timeout ends it";
}

// A front end answers to the headers, and the answer is here before libcurl has sent the
// body, which it does all the same; then it would wait for what it has already.
TEST_F(CurlTransportHttp2Test, TakesAnAnswerThatComesBeforeTheBody) {
  server_goes_first_ = true;
  rounds_ = 20;  // of which some find the server quicker than us
  HttpExchange exchange;
  std::thread([this, &exchange] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    EXPECT_EQ(sched_setaffinity(0, sizeof one, &one), 0);  // the server inherits it
    exchange = ExchangeWith("early_race", "http2_frames");
  }).join();
  EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
  EXPECT_EQ(exchange.body, "half and half");
  EXPECT_LT(exchange.times.total, kLimit / 2) << "no timeout ends it";
}

// nghttp2 calls it a flood where its answers pile up; a slow build of ours, which reads
// no faster than it answers, ends it by the timeout.
TEST_F(CurlTransportHttp2Test, EndsAFloodOfSettingsByTheTimeoutAtTheLatest) {
  timeout_ = absl::Seconds(5);
  const HttpExchange exchange = ExchangeWith("settings_flood", "http2_frames");
  // conn_reset: where libcurl gives up while it sends its answer to one of them, it says no
  // more than that it could not send.
  EXPECT_THAT(FailureOf(exchange), ::testing::AnyOf("transport_error", "ttfb", "conn_reset"));
  EXPECT_LT(exchange.times.total, kLimit / 2);
  EXPECT_THAT(seen_, ElementsAre("stream"));
}

INSTANTIATE_TEST_SUITE_P(CurlTransportTest, Http2FaultTest, ::testing::ValuesIn(kHttp2Faults),
                         [](const auto& test) { return std::string(test.param.mode); });

}  // namespace
}  // namespace heyhi
