// Who may begin when, and what does not count against an exchange.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "probes/curl_transport.h"
#include "probes/standstill.h"
#include "tests/probes/black_hole.h"
#include "tests/probes/dns_server.h"
#include "tests/probes/tcp_peer.h"
#include "tests/probes/transport_fixture.h"

namespace heyhi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class CurlTransportTurnsTest : public TransportTest {
 protected:
  // Starts an exchange that is kept when it ends.
  void StartKept(const HttpRequest& request) {
    transport().Start(request, [this](HttpExchange exchange) { ended_.push_back(exchange); });
  }

  void RunUntilEnded(std::size_t count) {
    const MonotonicTime limit = clock_.Monotonic() + kLimit;
    while (ended_.size() < count && clock_.Monotonic() < limit) transport().RunUntil(limit);
    ASSERT_GE(ended_.size(), count);
  }

  // Occupies this thread, as too much work would.
  void Spin(absl::Duration time) const {
    const MonotonicTime end = clock_.Monotonic() + time;
    while (clock_.Monotonic() < end) {
    }
  }

  std::vector<HttpExchange> ended_;  // in that order
};

TEST_F(CurlTransportTurnsTest, BeginsAtOnceWhereThereIsAPlace) {
  const TcpPeer peer(AnswerOk);
  HttpRequest request = GetRequest(peer.url());
  bool began = false;
  request.began = [&began](absl::Duration) { began = true; };
  StartKept(request);
  EXPECT_TRUE(began);
  RunAll();
  EXPECT_THAT(ended_, SizeIs(1));
}

TEST_F(CurlTransportTurnsTest, BeginsInTheOrderOfStart) {
  options_.limits.max_in_flight = 1;
  const TcpPeer peer(AnswerOk);
  for (int i = 0; i < 5; ++i) StartKept(GetRequest(absl::StrCat(peer.url(), i)));
  EXPECT_EQ(transport().in_flight(), 5U);
  RunUntilEnded(1);
  StartKept(GetRequest(peer.url() + "5"));
  RunAll();
  EXPECT_THAT(peer.requests(), ElementsAre(HasSubstr("/0 "), HasSubstr("/1 "), HasSubstr("/2 "),
                                           HasSubstr("/3 "), HasSubstr("/4 "), HasSubstr("/5 ")));
  for (std::size_t i = 1; i < 5; ++i) EXPECT_GT(ended_[i].waited, ended_[i - 1].waited);
}

TEST_F(CurlTransportTurnsTest, CountsNoTimeBeforeItsTurn) {
  options_.limits.max_in_flight = 1;
  const TcpPeer silent(StaySilent);
  const TcpPeer peer(AnswerOk);
  HttpRequest held = GetRequest(silent.url());
  held.timeout = kShortTimeout;
  const MonotonicTime start = clock_.Monotonic();
  StartKept(held);
  HttpRequest waiting = GetRequest(peer.url());
  waiting.timeout = kShortTimeout;  // all spent before its turn, if it counted
  const absl::Duration later = clock_.Monotonic() - start;
  StartKept(waiting);
  RunAll();
  ASSERT_THAT(ended_, SizeIs(2));
  EXPECT_EQ(FailureOf(ended_[0]), "ttfb");
  EXPECT_EQ(FailureOf(ended_[1]), "none") << ended_[1].failure_detail;
  EXPECT_GE(later + ended_[1].waited, kShortTimeout - kTimerSlack);
  EXPECT_LE(ended_[1].times.total, kShortTimeout);
}

TEST_F(CurlTransportTurnsTest, HostsThatDoNotAnswerKeepNobodyOut) {
  options_.limits.max_handshakes = 2;
  const BlackHole hole;
  const TcpPeer peer(AnswerOk);
  const MonotonicTime start = clock_.Monotonic();
  for (int i = 0; i < 4; ++i) StartKept(GetRequest(hole.url()));
  const absl::Duration later = clock_.Monotonic() - start;
  StartKept(GetRequest(peer.url()));
  RunUntilEnded(1);
  EXPECT_EQ(FailureOf(ended_[0]), "none");
  EXPECT_EQ(transport().in_flight(), 4U);
  EXPECT_GE(later + ended_[0].waited, absl::Milliseconds(100)) << "two turns of the four";
}

TEST_F(CurlTransportTurnsTest, ARequestThatIsOutMakesPlace) {
  options_.limits.max_handshakes = 1;
  const TcpPeer silent(StaySilent);
  const TcpPeer peer(AnswerOk);
  StartKept(GetRequest(silent.url()));
  StartKept(GetRequest(peer.url()));
  RunUntilEnded(1);
  EXPECT_EQ(FailureOf(ended_[0]), "none");
  EXPECT_GT(ended_[0].waited, absl::ZeroDuration());
}

TEST_F(CurlTransportTurnsTest, AnEndOfAnyKindMakesPlace) {
  const DnsServer server({});
  options_.dns_server = server.address();
  options_.limits.max_in_flight = 1;
  const TcpPeer closing([](PeerConnection& client) { client.ReadRequest(); });
  for (int i = 0; i < 3; ++i) {
    StartKept(GetRequest("http://127.0.0.1:1/"));
    StartKept(GetRequest(closing.url()));
    StartKept(GetRequest("http://absent.test/"));
  }
  HttpRequest bad_bundle = GetRequest("https://127.0.0.1:1/");
  bad_bundle.ca_file = "/nonexistent";
  StartKept(bad_bundle);
  RunAll();
  EXPECT_THAT(ended_, SizeIs(10));
}

TEST_F(CurlTransportTurnsTest, AConnectionAloneWaitsForNobody) {
  options_.limits.max_in_flight = 1;
  options_.limits.max_handshakes = 1;
  const TcpPeer silent(StaySilent);
  const TcpPeer peer(StaySilent);
  StartKept(GetRequest(silent.url()));
  HttpRequest connect = GetRequest(peer.url());
  connect.connect_only = true;
  StartKept(connect);
  RunUntilEnded(1);
  EXPECT_EQ(FailureOf(ended_[0]), "none");
  EXPECT_EQ(ended_[0].waited, absl::ZeroDuration());
}

constexpr absl::Duration kStandstill = absl::Milliseconds(300);
// What the machine may add by itself, short of the above.
constexpr absl::Duration kTolerated = absl::Milliseconds(250);

// Answers when told to.
class HeldPeer {
 public:
  const TcpPeer& peer() const { return peer_; }
  void Release() { release_.set_value(); }
  bool HasRequest() const { return !peer_.requests().empty(); }

 private:
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
  const TcpPeer peer_{[this](PeerConnection& client) {
    client.ReadRequest();
    released_.wait();
    client.Send(HttpAnswer("ok"));
  }};
};

class StandstillTest : public CurlTransportTurnsTest {
 protected:
  // An exchange whose request has arrived.
  void StartHeld() {
    StartKept(GetRequest(held_.peer().url()));
    const MonotonicTime limit = clock_.Monotonic() + kLimit;
    while (!held_.HasRequest() && clock_.Monotonic() < limit) {
      transport().RunUntil(clock_.Monotonic() + absl::Milliseconds(1));
    }
  }

  HeldPeer held_;
};

TEST_F(StandstillTest, CountsWhereADoneTakesLong) {
  const TcpPeer peer(AnswerOk);
  StartHeld();
  HttpExchange quick;
  transport().Start(GetRequest(peer.url()), [&](HttpExchange exchange) {
    quick = std::move(exchange);
    Spin(kStandstill);
    held_.Release();
  });
  RunAll();
  ASSERT_THAT(ended_, SizeIs(1));
  EXPECT_GE(ended_[0].stalled, kStandstill);
  EXPECT_LE(ended_[0].stalled, ended_[0].times.total);
  EXPECT_LT(quick.stalled, kTolerated) << "it had ended";
}

TEST_F(StandstillTest, CountsWhereNobodyRunsTheTransport) {
  StartHeld();
  Spin(kStandstill);
  held_.Release();
  RunAll();
  ASSERT_THAT(ended_, SizeIs(1));
  EXPECT_GE(ended_[0].stalled, kStandstill);
}

TEST_F(StandstillTest, CountsForWhatEndsInIt) {
  StartKept(GetRequest(held_.peer().url()));
  held_.Release();
  Spin(kStandstill);
  RunAll();
  ASSERT_THAT(ended_, SizeIs(1));
  EXPECT_GE(ended_[0].stalled, kStandstill);
}

TEST_F(StandstillTest, DoesNotCountBeforeTheBeginning) {
  const TcpPeer peer(AnswerOk);
  transport().Start(GetRequest(peer.url()), [&](const HttpExchange&) {
    Spin(kStandstill);
    StartKept(GetRequest(peer.url()));
  });
  RunAll();
  ASSERT_THAT(ended_, SizeIs(1));
  EXPECT_LT(ended_[0].stalled, kTolerated);
}

TEST_F(StandstillTest, DoesNotCountBeforeItsTurn) {
  options_.limits.max_in_flight = 1;
  const TcpPeer peer(AnswerOk);
  transport().Start(GetRequest(peer.url()), [&](const HttpExchange&) { Spin(kStandstill); });
  StartKept(GetRequest(peer.url()));
  RunAll();
  ASSERT_THAT(ended_, SizeIs(1));
  EXPECT_LT(ended_[0].stalled, kTolerated);
}

TEST_F(StandstillTest, ATimeoutOfTheServerIsNone) {
  const TcpPeer silent(StaySilent);
  EXPECT_LT(GetWithin(kShortTimeout, silent.url()).stalled, kTolerated);
}

// Runs one exchange in a process of its own, which says how long it stood still.
class ChildProcess {
 public:
  // To be made while the process has one thread.
  ChildProcess() {
    EXPECT_EQ(pipe2(to_child_, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(from_child_, O_CLOEXEC), 0);
    pid_ = fork();
    if (pid_ == 0) Run();
    close(to_child_[0]);
    close(from_child_[1]);
  }
  ~ChildProcess() {
    close(to_child_[1]);
    close(from_child_[0]);
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  void StartExchange(int port) { EXPECT_EQ(write(to_child_[1], &port, sizeof port), sizeof port); }
  void Stop() {
    kill(pid_, SIGSTOP);
    EXPECT_EQ(waitpid(pid_, nullptr, WUNTRACED), pid_);
  }
  void Continue() { kill(pid_, SIGCONT); }
  absl::Duration Stalled() {
    std::int64_t milliseconds = -1;
    EXPECT_EQ(read(from_child_[0], &milliseconds, sizeof milliseconds), sizeof milliseconds);
    return absl::Milliseconds(milliseconds);
  }

 private:
  [[noreturn]] void Run() {
    int port = 0;
    if (read(to_child_[0], &port, sizeof port) != sizeof port) _exit(1);
    const RealClock clock;
    auto transport = MakeCurlTransport(clock, {});
    HttpRequest request;
    request.url = absl::StrCat("http://127.0.0.1:", port, "/");
    (*transport)->Start(request, [this](const HttpExchange& exchange) {
      const std::int64_t milliseconds = absl::ToInt64Milliseconds(exchange.stalled);
      _exit(write(from_child_[1], &milliseconds, sizeof milliseconds) < 0 ? 1 : 0);
    });
    for (;;) (*transport)->RunUntil(clock.Monotonic() + kLimit);
  }

  int to_child_[2] = {-1, -1};
  int from_child_[2] = {-1, -1};
  pid_t pid_ = -1;
};

class StoppedProcessTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(InitNetwork().ok()); }

  RealClock clock_;
  ChildProcess child_;  // before the peer, which has a thread
  HeldPeer held_;
};

// The answer comes while the process is stopped, so no wait took longer than asked
// for by much more than that.
TEST_F(StoppedProcessTest, CountsWhileItIsStopped) {
  child_.StartExchange(held_.peer().port());
  while (!held_.HasRequest()) std::this_thread::yield();
  child_.Stop();
  held_.Release();
  const MonotonicTime end = clock_.Monotonic() + kStandstill;
  while (clock_.Monotonic() < end) std::this_thread::yield();
  child_.Continue();
  EXPECT_GE(child_.Stalled(), kStandstill - kLongestUnwatchedWait - kTimerSlack);
}

}  // namespace
}  // namespace heyhi
