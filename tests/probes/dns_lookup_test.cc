#include "probes/dns_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "tests/probes/dns_server.h"
#include "tests/probes/tcp_peer.h"
#include "tests/probes/transport_fixture.h"
#include "tools/certificate.h"

namespace heyhi {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr int kServfail = 2;
constexpr int kNxdomain = 3;
constexpr int kRefused = 5;

std::map<std::string, DnsRecords> Names() {
  return {
      {"name.test", {.ipv4 = {"127.0.0.1"}}},
      {"two.test", {.ipv4 = {"127.0.0.1", "127.0.0.2", "127.0.0.1"}}},
      {"dual.test", {.ipv4 = {"127.0.0.1"}, .ipv6 = {"::1"}}},
      {"six.test", {.ipv6 = {"::1"}}},
      {"empty.test", {}},
      {"absent.test", {.response_code = kNxdomain}},
      {"broken.test", {.response_code = kServfail}},
      {"refused.test", {.response_code = kRefused}},
      {"silent.test", {.silent = true}},
  };
}

// Drives one look-up as an event loop would.
class DnsLookupTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(InitNetwork().ok()); }

  void StartLookup(const std::string& host) {
    lookup_ = MakeDnsLookup(
        host, {server_.address()},
        [this](int fd, bool readable, bool writable) {
          watched_.erase(fd);
          const int events = (readable ? POLLIN : 0) | (writable ? POLLOUT : 0);
          if (events != 0) watched_[fd] = static_cast<short>(events);
        },
        [this](DnsAnswer answer) {
          ++answers_;
          answer_ = std::move(answer);
        });
    lookup_->Start();
  }

  // Waits for one event, or for what is left of the look-up's timer.
  void Step() {
    std::vector<pollfd> fds;
    for (const auto& [fd, events] : watched_) fds.push_back({fd, events, 0});
    const absl::Duration wait = std::min(lookup_->UntilTimer(), absl::Seconds(1));
    poll(fds.data(), fds.size(), static_cast<int>(absl::ToInt64Milliseconds(wait)) + 1);
    for (const pollfd& fd : fds) {
      if (fd.revents != 0) {
        lookup_->OnReady(fd.fd, (fd.revents & ~POLLOUT) != 0, (fd.revents & POLLOUT) != 0);
      }
    }
    if (lookup_->UntilTimer() <= absl::ZeroDuration()) lookup_->OnTimer();
  }

  DnsAnswer LookUp(const std::string& host) {
    StartLookup(host);
    const RealClock clock;
    const MonotonicTime limit = clock.Monotonic() + kLimit;
    while (answers_ == 0 && clock.Monotonic() < limit) Step();
    EXPECT_EQ(answers_, 1);
    return answer_;
  }

  DnsServer server_{Names()};
  std::map<int, short> watched_;
  int answers_ = 0;
  DnsAnswer answer_;
  std::unique_ptr<DnsLookup> lookup_;
};

TEST_F(DnsLookupTest, FindsAnAddress) {
  const DnsAnswer answer = LookUp("name.test");
  EXPECT_EQ(answer.failure, std::nullopt) << answer.detail;
  EXPECT_THAT(answer.addresses, ElementsAre("127.0.0.1"));
  EXPECT_THAT(server_.questions(), Contains("name.test"));
}

TEST_F(DnsLookupTest, FindsEachAddressOnce) {
  EXPECT_THAT(LookUp("two.test").addresses, UnorderedElementsAre("127.0.0.1", "127.0.0.2"));
}

TEST_F(DnsLookupTest, FindsBothFamilies) {
  EXPECT_THAT(LookUp("dual.test").addresses, UnorderedElementsAre("127.0.0.1", "::1"));
}

TEST_F(DnsLookupTest, FindsAnIpv6AddressAlone) {
  EXPECT_THAT(LookUp("six.test").addresses, ElementsAre("::1"));
}

struct FailureCase {
  const char* host;
  Reason reason;
};

class DnsFailureTest : public DnsLookupTest, public ::testing::WithParamInterface<FailureCase> {};

TEST_P(DnsFailureTest, HasItsReason) {
  const DnsAnswer answer = LookUp(GetParam().host);
  ASSERT_TRUE(answer.failure.has_value());
  EXPECT_EQ(ReasonName(*answer.failure), ReasonName(GetParam().reason)) << answer.detail;
  EXPECT_THAT(answer.addresses, ElementsAre());
  EXPECT_NE(answer.detail, "");
}

INSTANTIATE_TEST_SUITE_P(DnsLookupTest, DnsFailureTest,
                         ::testing::Values(FailureCase{"absent.test", Reason::kNxdomain},
                                           FailureCase{"unknown.test", Reason::kNxdomain},
                                           FailureCase{"broken.test", Reason::kServfail},
                                           FailureCase{"refused.test", Reason::kServfail},
                                           FailureCase{"empty.test", Reason::kNoAddress}));

TEST_F(DnsLookupTest, FindsLocalhostWithoutAsking) {
  EXPECT_THAT(LookUp("localhost").addresses, Contains("127.0.0.1"));
  EXPECT_THAT(server_.questions(), ElementsAre());
}

TEST_F(DnsLookupTest, EndsAllWatchesWithoutAnAnswerWhenDestroyed) {
  StartLookup("silent.test");
  EXPECT_FALSE(watched_.empty());
  lookup_.reset();
  EXPECT_TRUE(watched_.empty());
  EXPECT_EQ(answers_, 0);
}

TEST_F(DnsLookupTest, WantsATimerWhileItWaits) {
  StartLookup("silent.test");
  EXPECT_GT(lookup_->UntilTimer(), absl::ZeroDuration());
  EXPECT_LT(lookup_->UntilTimer(), kLimit);
}

// Exchanges whose names come from the server.
class ResolvingTransportTest : public TransportTest {
 protected:
  ResolvingTransportTest() { options_.dns_server = server_.address(); }

  std::string UrlOf(const std::string& host, const std::string& scheme = "http") const {
    return absl::StrCat(scheme, "://", host, ":", peer_.port(), "/");
  }

  DnsServer server_{Names()};
  const TcpPeer peer_{[](PeerConnection& client) {
    client.ReadRequest();
    client.Send(HttpAnswer("ok"));
  }};
};

TEST_F(ResolvingTransportTest, ConnectsToTheAddressOfTheName) {
  const HttpExchange exchange = Get(UrlOf("name.test"));
  EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
  EXPECT_EQ(exchange.body, "ok");
  EXPECT_EQ(exchange.remote_address, "127.0.0.1");
  EXPECT_EQ(PhasesOf(exchange.times), "dns connect request_sent first_byte");
  EXPECT_THAT(peer_.requests(),
              ElementsAre(::testing::HasSubstr(absl::StrCat("Host: name.test:", peer_.port()))));
}

TEST_F(ResolvingTransportTest, AsksTheServerForEverySpellingOfAName) {
  for (const char* host : {"NAME.test", "name.test."}) {
    const HttpExchange exchange = Get(UrlOf(host));
    EXPECT_EQ(FailureOf(exchange), "none") << host << ": " << exchange.failure_detail;
  }
}

TEST_F(ResolvingTransportTest, AsksAgainForEachExchange) {
  Get(UrlOf("name.test"));
  const std::size_t before = server_.questions().size();
  Get(UrlOf("name.test"));
  EXPECT_EQ(server_.questions().size(), 2 * before);
}

TEST_F(ResolvingTransportTest, AsksNobodyForAnAddress) {
  EXPECT_EQ(FailureOf(Get(UrlOf("127.0.0.1"))), "none");
  EXPECT_THAT(server_.questions(), ElementsAre());
}

TEST_F(ResolvingTransportTest, FallsBackToIpv4WhereIpv6IsRefused) {
  const HttpExchange exchange = Get(UrlOf("dual.test"));
  EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
  EXPECT_EQ(exchange.remote_address, "127.0.0.1");
}

TEST_F(ResolvingTransportTest, VerifiesTheNameOfTheUrl) {
  const Certificate certificate = *MakeCertificate({.names = {"DNS:name.test"}});
  options_.ca_file = FileWith(certificate.ca);
  const TcpPeer peer(
      [](PeerConnection& client) {
        client.ReadRequest();
        client.Send(HttpAnswer("ok"));
      },
      certificate);
  EXPECT_EQ(FailureOf(Get(absl::StrCat("https://name.test:", peer.port(), "/"))), "none");
  EXPECT_EQ(FailureOf(Get(absl::StrCat("https://two.test:", peer.port(), "/"))), "tls_hostname");
}

TEST_F(ResolvingTransportTest, NamesWhatIsWrongWithTheName) {
  const std::pair<std::string, std::string> cases[] = {
      {"absent.test", "nxdomain"}, {"broken.test", "servfail"}, {"empty.test", "no_address"}};
  for (const auto& [host, reason] : cases) {
    const HttpExchange exchange = Get(UrlOf(host));
    EXPECT_EQ(FailureOf(exchange), reason) << exchange.failure_detail;
    EXPECT_EQ(PhasesOf(exchange.times), "") << host;
    EXPECT_EQ(exchange.remote_address, "") << host;
    EXPECT_THAT(exchange.failure_detail, ::testing::StartsWith("DNS: ")) << host;
  }
  EXPECT_EQ(peer_.connections(), 0);
}

TEST_F(ResolvingTransportTest, WaitsForASilentServerUntilTheTimeout) {
  const HttpExchange exchange = GetWithin(kShortTimeout, UrlOf("silent.test"));
  EXPECT_EQ(FailureOf(exchange), "dns_timeout");
  EXPECT_EQ(PhasesOf(exchange.times), "");
  EXPECT_GE(exchange.times.total, kShortTimeout - kTimerSlack);
  EXPECT_LT(exchange.times.total, kLimit);
}

TEST_F(ResolvingTransportTest, EndsEachLookupForItself) {
  std::vector<std::string> ends;
  for (const char* host : {"silent.test", "name.test"}) {
    HttpRequest request = GetRequest(UrlOf(host));
    request.timeout = host == std::string("silent.test") ? kShortTimeout : kLimit;
    transport().Start(
        request, [&ends](const HttpExchange& exchange) { ends.push_back(FailureOf(exchange)); });
  }
  RunAll();
  EXPECT_THAT(ends, UnorderedElementsAre("none", "dns_timeout"));
}

TEST_F(ResolvingTransportTest, GivesUpLookupsInFlightAtItsEnd) {
  auto short_lived = MakeCurlTransport(clock_, options_);
  ASSERT_TRUE(short_lived.ok()) << short_lived.status();
  bool called = false;
  (*short_lived)->Start(GetRequest(UrlOf("silent.test")), [&](const HttpExchange&) {
    called = true;
  });
  (*short_lived)->RunUntil(clock_.Monotonic() + absl::Milliseconds(5));
  short_lived->reset();
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace heyhi
