// What an exchange tells while it goes on: that it begins, that it is late.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "probes/arrival.h"
#include "probes/clock.h"
#include "probes/curl_transport.h"
#include "tests/probes/tcp_peer.h"
#include "tests/probes/transport_fixture.h"

namespace heyhi {
namespace {

using ::testing::Ge;

// Asks a server for an answer, and the kernel for when it came; waits until it can tell. A
// kernel begins and ends to note some time after it is asked to: whoever wants it to go on
// after this holds an ArrivalClock.
bool KernelNotesArrivals(int port) {
  const RealClock clock;
  const MonotonicTime limit = clock.Monotonic() + absl::Seconds(10);
  bool noted = false;
  while (!noted && clock.Monotonic() < limit) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    NoteArrivals(fd);
    const std::string request = "GET / HTTP/1.1\r\n\r\n";
    char byte = 0;
    noted = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
            send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0 &&
            recv(fd, &byte, 1, MSG_PEEK) == 1 && LookAtArrival(fd).age.has_value();
    close(fd);
  }
  return noted;
}

class CurlTransportProgressTest : public TransportTest {
 protected:
  // The request, with its calls counted.
  HttpRequest Counted(HttpRequest request) {
    request.began = [this](absl::Duration waited) { waits_.push_back(waited); };
    request.late_after = absl::Milliseconds(50);
    request.late = [this] { ++late_; };
    return request;
  }

  std::vector<absl::Duration> waits_;
  int late_ = 0;
};

TEST_F(CurlTransportProgressTest, SaysThatItBegins) {
  const TcpPeer peer([](PeerConnection& client) {
    client.ReadRequest();
    client.Send(HttpAnswer("ok"));
  });
  transport().Start(Counted(GetRequest(peer.url())), [](const HttpExchange&) {});
  EXPECT_EQ(waits_.size(), 1U) << "at once: there is room";
  RunAll();
  EXPECT_EQ(waits_.size(), 1U);
}

// It comes while nobody looks, as it does while another handshake is worked on.
TEST_F(CurlTransportProgressTest, AnAnswerCountsFromItsArrival) {
  std::atomic<bool> asked{false};
  std::atomic<bool> answered{false};
  const TcpPeer first([](PeerConnection& client) {
    client.ReadRequest();
    client.Send(HttpAnswer("ok"));
  });
  transport();  // has a clock
  if (!KernelNotesArrivals(first.port())) GTEST_SKIP() << "this kernel does not note arrivals";
  const TcpPeer peer([&](PeerConnection& client) {
    client.ReadRequest();
    asked = true;
    client.Send(HttpAnswer("ok"));
    answered = true;
    client.WaitForClient();
  });
  const MonotonicTime begun = clock_.Monotonic();
  const auto within_limit = [&] { return clock_.Monotonic() < begun + kLimit; };
  HttpExchange exchange;
  transport().Start(GetRequest(peer.url()),
                    [&](HttpExchange ended) { exchange = std::move(ended); });
  const auto step = [&] { transport().RunUntil(clock_.Monotonic()); };
  while (!asked && within_limit()) step();
  while (!answered && within_limit()) {
  }
  if (exchange.status == 0) {  // else it was too quick for us
    const MonotonicTime arrived = clock_.Monotonic();
    while (clock_.Monotonic() < arrived + absl::Milliseconds(200)) {
    }
    RunAll();
    EXPECT_LT(*exchange.times.first_byte, arrived - begun + kTimerSlack);
    EXPECT_LT(exchange.times.total, arrived - begun + kTimerSlack);
    EXPECT_EQ(PhasesOf(exchange.times), "dns connect request_sent first_byte");
  }
  EXPECT_EQ(exchange.status, 200);
}

TEST_F(CurlTransportProgressTest, BeginsWhenItsTurnHasCome) {
  options_.limits.max_in_flight = 1;
  const TcpPeer silent(StaySilent);
  HttpRequest first = GetRequest(silent.url());
  first.timeout = absl::Milliseconds(100);
  transport().Start(first, [](const HttpExchange&) {});
  HttpExchange second;
  HttpRequest request = Counted(GetRequest(silent.url()));
  request.timeout = absl::Milliseconds(100);
  transport().Start(request, [&second](HttpExchange exchange) { second = std::move(exchange); });
  EXPECT_TRUE(waits_.empty());
  RunAll();
  ASSERT_EQ(waits_.size(), 1U);
  EXPECT_THAT(waits_[0], Ge(absl::Milliseconds(100) - kTimerSlack));
  EXPECT_EQ(second.waited, waits_[0]);
  EXPECT_LT(second.times.total, kLimit);
}

TEST_F(CurlTransportProgressTest, AHostThatHangsLeavesRoomForOthers) {
  options_.limits.max_in_flight = 4;
  options_.limits.max_in_flight_per_host = 2;
  const TcpPeer silent(StaySilent);
  const TcpPeer healthy([](PeerConnection& client) {
    client.ReadRequest();
    client.Send(HttpAnswer("ok"));
  });
  int hanging = 0;
  for (int i = 0; i < 10; ++i) {
    HttpRequest request = GetRequest(silent.url());
    request.began = [&hanging](absl::Duration) { ++hanging; };
    transport().Start(request, [](const HttpExchange&) {});
  }
  EXPECT_EQ(hanging, 2);
  EXPECT_EQ(transport().in_flight(), 10U);
  int answers = 0;
  for (int i = 0; i < 5; ++i) {
    transport().Start(
        Counted(GetRequest("http://localhost:" + std::to_string(healthy.port()))),
        [&answers](const HttpExchange& exchange) { answers += exchange.status == 200; });
  }
  const MonotonicTime limit = clock_.Monotonic() + kLimit;
  while (answers < 5 && clock_.Monotonic() < limit) transport().RunUntil(limit);
  EXPECT_EQ(answers, 5);
  EXPECT_EQ(hanging, 2);
}

// A server whose handshake does not end; plain http would be out at once.
TEST_F(CurlTransportProgressTest, SaysOnceThatTheRequestIsNotOut) {
  const TcpPeer silent(StaySilent);
  HttpRequest request =
      Counted(GetRequest("https://127.0.0.1:" + std::to_string(silent.port()) + "/"));
  request.timeout = absl::Milliseconds(300);
  transport().Start(request, [](const HttpExchange&) {});
  RunAll();
  EXPECT_EQ(late_, 1);
}

TEST_F(CurlTransportProgressTest, IsNotLateWhereOnlyTheAnswerIs) {
  const TcpPeer silent([](PeerConnection& client) {
    client.ReadRequest();
    client.WaitForClient();
  });
  HttpRequest request = Counted(GetRequest(silent.url()));
  request.timeout = absl::Milliseconds(300);
  transport().Start(request, [](const HttpExchange&) {});
  RunAll();
  EXPECT_EQ(late_, 0);
}

TEST_F(CurlTransportProgressTest, IsNotLateAfterItsEnd) {
  transport().Start(Counted(GetRequest("http://127.0.0.1:1/")), [](const HttpExchange&) {});
  RunAll();
  transport().RunUntil(clock_.Monotonic() + absl::Milliseconds(100));
  EXPECT_EQ(late_, 0);
}

}  // namespace
}  // namespace heyhi
