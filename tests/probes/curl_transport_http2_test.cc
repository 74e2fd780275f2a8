#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  // One POST to an HTTP/2 server in this mode.
  HttpExchange ExchangeWith(const std::string& mode) {
    const Certificate certificate = *MakeCertificate();
    options_.ca_file = FileWith(certificate.ca);
    NodeProcess server({HEYHI_SOURCE_DIR "/tests/probes/http2_server.mjs", mode,
                        FileWith(certificate.private_key), FileWith(certificate.chain)});
    const std::string port = server.ReadLine(kLimit);
    EXPECT_NE(port, "") << "Node.js does not start";
    HttpExchange exchange =
        Exchange(PostRequest(absl::StrCat("https://127.0.0.1:", port, "/v1"), "{}"));
    seen_ = server.Stop();
    return exchange;
  }

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

}  // namespace
}  // namespace heyhi
