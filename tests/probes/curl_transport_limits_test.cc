// What the transport does at the limits of this process, and after a thousand failures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "probes/curl_transport.h"
#include "tests/probes/black_hole.h"
#include "tests/probes/dns_server.h"
#include "tests/probes/tcp_peer.h"
#include "tests/probes/transport_fixture.h"
#include "tools/certificate.h"

namespace heyhi {
namespace {

// Their numbers.
std::vector<int> OpenDescriptors() {
  std::vector<int> numbers;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    numbers.push_back(std::stoi(entry.path().filename()));
  }
  return numbers;
}

// For as long as it lives this process can open `spare` descriptors more.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(int spare) {
    getrlimit(RLIMIT_NOFILE, &before_);
    // The limit is on the numbers, so the holes between them are filled first.
    const std::vector<int> open = OpenDescriptors();
    const int highest = *std::max_element(open.begin(), open.end());
    do fillers_.push_back(dup(0));
    while (fillers_.back() < highest);
    rlimit lowered = before_;
    lowered.rlim_cur = static_cast<rlim_t>(fillers_.back()) + 1 + static_cast<rlim_t>(spare);
    setrlimit(RLIMIT_NOFILE, &lowered);
  }
  ~DescriptorLimit() {
    setrlimit(RLIMIT_NOFILE, &before_);
    for (const int fd : fillers_) close(fd);
  }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_ = {};
  std::vector<int> fillers_;
};

class CurlTransportLimitsTest : public TransportTest {
 protected:
  CurlTransportLimitsTest() { options_.dns_server = server_.address(); }

  std::string UrlOf(const std::string& host) const {
    return absl::StrCat("http://", host, ":", peer_.port(), "/");
  }

  DnsServer server_{{{"name.test", {.ipv4 = {"127.0.0.1"}}}}};
  const TcpPeer peer_{AnswerOk};
};

// For a connection, and for the resolver. Before that no peer may take part: it would
// close its descriptors in its own time.
TEST_F(CurlTransportLimitsTest, BlamesItselfWhereItHasNoDescriptors) {
  EXPECT_EQ(FailureOf(Get("http://127.0.0.1:1/")), "conn_refused");
  for (const char* host : {"127.0.0.1", "name.test"}) {
    const DescriptorLimit limit(0);
    const HttpExchange exchange = Get(UrlOf(host));
    EXPECT_EQ(FailureOf(exchange), "local_resource") << host << ": " << exchange.failure_detail;
    EXPECT_NE(exchange.failure_detail, "");
  }
  for (const char* host : {"127.0.0.1", "name.test"}) {
    EXPECT_EQ(FailureOf(Get(UrlOf(host))), "none") << "they are free again";
  }
}

TEST_F(CurlTransportLimitsTest, BlamesItselfWhereItCannotOpenItsBundle) {
  const Certificate certificate = *MakeCertificate();
  options_.ca_file = FileWith(certificate.ca);
  const TcpPeer peer(AnswerOk, certificate);
  EXPECT_EQ(FailureOf(Get("http://127.0.0.1:1/")), "conn_refused");  // reads no bundle
  {
    const DescriptorLimit limit(1);  // for the connection
    const HttpExchange exchange = Get(peer.url());
    EXPECT_EQ(FailureOf(exchange), "local_resource") << exchange.failure_detail;
    EXPECT_EQ(PhasesOf(exchange.times), "dns connect");
  }
  EXPECT_EQ(FailureOf(Get(peer.url())), "none");
}

TEST_F(CurlTransportLimitsTest, DoesNotBeginWithoutDescriptors) {
  const DescriptorLimit limit(1);
  EXPECT_EQ(MakeCurlTransport(clock_, options_).status().code(),
            absl::StatusCode::kResourceExhausted);
}

// Ends, by turns: answered, closed, reset, refused, with a wrong certificate, without a
// name, by a timeout in connecting and by one in waiting.
TEST_F(CurlTransportLimitsTest, HoldsNoDescriptorsAfterAThousandExchanges) {
  constexpr int kRounds = 125;
  const TcpPeer closing([](PeerConnection& client) { client.ReadRequest(); });
  const TcpPeer resetting([](PeerConnection& client) {
    client.ReadSome();
    client.Reset();
  });
  const TcpPeer distrusted(AnswerOk, *MakeCertificate());
  const TcpPeer silent(StaySilent);
  const BlackHole hole;
  const std::string urls[] = {UrlOf("name.test"),    closing.url(), resetting.url(),
                              "http://127.0.0.1:1/", hole.url(),    distrusted.url(),
                              UrlOf("absent.test"),  silent.url()};
  std::map<std::string, int> ends;
  std::size_t before = 0;
  for (int i = 0; i <= kRounds; ++i) {
    for (const std::string& url : urls) {
      HttpRequest request = GetRequest(url);
      if (url == hole.url() || url == silent.url()) request.timeout = absl::Milliseconds(20);
      transport().Start(request,
                        [&](const HttpExchange& exchange) { ++ends[FailureOf(exchange)]; });
    }
    if (i == 0) {  // what is opened once is open by now
      RunAll();
      before = OpenDescriptors().size();
    }
  }
  RunAll();
  EXPECT_EQ(transport().in_flight(), 0U);
  // The peers close their sides in their own time.
  const MonotonicTime limit = clock_.Monotonic() + kLimit;
  while (OpenDescriptors().size() > before && clock_.Monotonic() < limit) {
  }
  EXPECT_LE(OpenDescriptors().size(), before);
  int sum = 0;
  for (const auto& [reason, count] : ends) sum += count;
  EXPECT_EQ(sum, static_cast<int>(std::size(urls)) * (kRounds + 1));
  for (const char* reason :
       {"none", "conn_closed", "conn_reset", "conn_refused", "connect", "tls_ca", "nxdomain"}) {
    EXPECT_GE(ends[reason], kRounds) << reason;
  }
}

}  // namespace
}  // namespace heyhi
