#ifndef HEYHI_TESTS_PROBES_TRANSPORT_FIXTURE_H_
#define HEYHI_TESTS_PROBES_TRANSPORT_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "probes/clock.h"
#include "probes/curl_transport.h"
#include "probes/http_transport.h"

namespace heyhi {

// Long enough for whatever happens on this machine, short enough for a test
// that waits for it.
inline constexpr absl::Duration kShortTimeout = absl::Milliseconds(400);
// libcurl counts whole milliseconds.
inline constexpr absl::Duration kTimerSlack = absl::Milliseconds(10);
// Nothing in a test takes so long.
inline constexpr absl::Duration kLimit = absl::Seconds(60);

// Runs exchanges over the real transport.
class TransportTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite();
  void TearDown() override;

  // Made from options_ at the first use.
  HttpTransport& transport();

  static HttpRequest GetRequest(const std::string& url);
  static HttpRequest PostRequest(const std::string& url, const std::string& body);

  // The whole exchange.
  HttpExchange Exchange(const HttpRequest& request);
  HttpExchange Get(const std::string& url) { return Exchange(GetRequest(url)); }
  HttpExchange GetWithin(absl::Duration timeout, const std::string& url);

  // Runs the transport until nothing is in flight, or the limit.
  void RunAll();

  // The path of a file with this text; removed at the end of the test.
  std::string FileWith(const std::string& text);

  RealClock clock_;
  CurlTransportOptions options_;

 private:
  std::unique_ptr<HttpTransport> transport_;
  std::vector<std::string> files_;
};

// The names of the phases that ended, in the order of time: "dns connect".
// "disordered" where an earlier phase ended after a later one.
std::string PhasesOf(const HttpTimes& times);

// The failure's name, or "none".
std::string FailureOf(const HttpExchange& exchange);

}  // namespace heyhi

#endif  // HEYHI_TESTS_PROBES_TRANSPORT_FIXTURE_H_
