#include "probes/network_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "absl/strings/match.h"
#include "tests/probes/scripted_transport.h"

namespace heyhi {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

constexpr absl::Duration kRoundTrip = absl::Milliseconds(50);

// Canaries c1 to c3, each as told.
class NetworkWatchTest : public ::testing::Test {
 protected:
  enum class Line { kGood, kDead, kRefusing, kLossy, kSlowLookup, kUnwatched, kProxyRefuses };

  NetworkWatchTest() { Build({"c1.test:443", "c2.test:443", "c3.test:443"}); }

  void Build(const std::vector<std::string>& canaries) {
    watch_.emplace(transport_, clock_, NetworkWatch::Options{canaries, "", "", true});
  }

  HttpExchange Answer(const HttpRequest& request) {
    EXPECT_TRUE(request.connect_only);
    EXPECT_EQ(request.method, "GET");
    ++connections_;
    for (const auto& [name, line] : lines_) {
      if (!absl::StrContains(request.url, name)) continue;
      if (line == Line::kDead) return FailureAfter(request.timeout, Reason::kConnect);
      if (line == Line::kRefusing) return FailureAfter(kRoundTrip, Reason::kConnRefused);
      if (line == Line::kProxyRefuses) return FailureAfter(kRoundTrip, Reason::kProxyRefused);
      if (line == Line::kUnwatched) {
        HttpExchange unwatched = FailureAfter(kRoundTrip, Reason::kConnect);
        unwatched.stalled = absl::Seconds(1);
        return unwatched;
      }
      HttpExchange exchange;
      exchange.times.total = kRoundTrip;
      exchange.retransmissions = line == Line::kLossy ? 2 : 0;
      if (line == Line::kSlowLookup) {
        exchange.times.dns = absl::Milliseconds(2010);
        exchange.times.total = *exchange.times.dns + kRoundTrip;
      }
      return exchange;
    }
    HttpExchange exchange;
    exchange.times.total = kRoundTrip;
    return exchange;
  }

  void All(Line line) { lines_ = {{"c1", line}, {"c2", line}, {"c3", line}}; }

  void RunFor(absl::Duration time) {
    const MonotonicTime end = clock_.Monotonic() + time;
    while (clock_.Monotonic() < end) {
      const MonotonicTime next = watch_->RunDue();
      transport_.RunUntil(std::min(next, end));
    }
    watch_->RunDue();
  }

  // The verdict on a probe that began `ago` and fails now.
  bool Judge(absl::Duration ago = absl::ZeroDuration()) {
    std::optional<bool> verdict;
    const MonotonicTime asked = clock_.Monotonic();
    watch_->Judge(asked - ago, [&](bool failed) { verdict = failed; });
    while (!verdict.has_value()) {
      const MonotonicTime next = watch_->RunDue();
      if (verdict.has_value()) break;
      transport_.RunUntil(next);
    }
    EXPECT_LE(clock_.Monotonic() - asked, NetworkWatch::kLongestWait);
    return *verdict;
  }

  SimulatedClock clock_{absl::FromUnixSeconds(1790000000)};
  std::map<std::string, Line> lines_;
  int connections_ = 0;
  ScriptedTransport transport_{clock_, [this](const HttpRequest& r) { return Answer(r); }};
  std::optional<NetworkWatch> watch_;
};

TEST_F(NetworkWatchTest, AsksAllCanariesOnceAtTheStartAndThenHourly) {
  RunFor(absl::Minutes(59));
  EXPECT_EQ(connections_, 3);
  RunFor(absl::Minutes(2));
  EXPECT_EQ(connections_, 6);
}

TEST_F(NetworkWatchTest, AGoodNetworkIsNotToBlame) {
  EXPECT_FALSE(Judge());
  EXPECT_TRUE(watch_->up());
}

TEST_F(NetworkWatchTest, ADeadLineIs) {
  RunFor(absl::Minutes(1));
  All(Line::kDead);
  EXPECT_TRUE(Judge());
  EXPECT_FALSE(watch_->up());
}

TEST_F(NetworkWatchTest, AnswersAtOnceWhereCanariesFailAtOnce) {
  RunFor(absl::Minutes(1));
  All(Line::kRefusing);
  const MonotonicTime asked = clock_.Monotonic();
  EXPECT_TRUE(Judge());
  EXPECT_LE(clock_.Monotonic() - asked, kRoundTrip);
}

TEST_F(NetworkWatchTest, TwoOfThreeAreNeeded) {
  RunFor(absl::Minutes(1));
  lines_ = {{"c1", Line::kDead}};
  EXPECT_FALSE(Judge());
  RunFor(absl::Minutes(1));
  lines_ = {{"c1", Line::kDead}, {"c3", Line::kRefusing}};
  EXPECT_TRUE(Judge());
}

TEST_F(NetworkWatchTest, AFailureInTheCourseOfTheProbeCounts) {
  RunFor(absl::Minutes(1));
  All(Line::kRefusing);
  watch_->Ask();
  RunFor(absl::Seconds(1));
  All(Line::kGood);
  RunFor(absl::Seconds(8));
  EXPECT_TRUE(watch_->up());
  EXPECT_TRUE(Judge(absl::Seconds(10))) << "it began before";
  EXPECT_FALSE(Judge(absl::Seconds(2))) << "it began afterwards";
}

TEST_F(NetworkWatchTest, ARoundFromBeforeTheFailureIsNotEnough) {
  RunFor(absl::Minutes(1));
  watch_->Ask();
  RunFor(absl::Milliseconds(100));
  All(Line::kRefusing);  // just after they were asked
  EXPECT_TRUE(Judge());
}

TEST_F(NetworkWatchTest, AGoodRoundFromBeforeTheFailureNeverClears) {
  RunFor(absl::Minutes(1));
  for (int i = 0; i < 25; ++i) {  // rounds are far apart from here
    watch_->Ask();
    RunFor(absl::Milliseconds(600));
  }
  RunFor(absl::Seconds(2));
  watch_->Ask();
  RunFor(absl::Milliseconds(100));
  All(Line::kDead);
  EXPECT_TRUE(Judge());
}

TEST_F(NetworkWatchTest, ALineThatIsBackBeforeItIsAskedWasDown) {
  RunFor(absl::Minutes(1));
  All(Line::kRefusing);
  watch_->Ask();
  RunFor(absl::Milliseconds(200));
  std::optional<bool> verdict;
  watch_->Judge(clock_.Monotonic(), [&](bool failed) { verdict = failed; });
  All(Line::kGood);
  RunFor(absl::Seconds(1));
  EXPECT_EQ(verdict, true);
}

TEST_F(NetworkWatchTest, ARoundThatFailsInTheCourseOfTheProbeCountsWheneverItBegan) {
  RunFor(absl::Minutes(1));
  All(Line::kDead);
  watch_->Ask();
  RunFor(absl::Milliseconds(100));
  All(Line::kGood);
  RunFor(absl::Seconds(4));
  EXPECT_TRUE(Judge(absl::Seconds(3)));
}

TEST_F(NetworkWatchTest, AskedAgainWhereALossyLineSparedTwo) {
  RunFor(absl::Minutes(1));
  lines_ = {{"c1", Line::kLossy}};
  std::optional<bool> verdict;
  watch_->Judge(clock_.Monotonic(), [&](bool failed) { verdict = failed; });
  RunFor(absl::Milliseconds(200));
  EXPECT_EQ(verdict, std::nullopt);
  lines_ = {{"c2", Line::kLossy}};
  RunFor(absl::Seconds(1));
  EXPECT_EQ(verdict, true);
}

TEST_F(NetworkWatchTest, ADeadCanaryAndALostPacketAreNoLossyLine) {
  lines_ = {{"c1", Line::kDead}};
  watch_->SetTrouble(true);
  RunFor(absl::Minutes(1));
  lines_ = {{"c1", Line::kDead}, {"c2", Line::kLossy}};
  EXPECT_FALSE(Judge());
  EXPECT_TRUE(watch_->up());
}

TEST_F(NetworkWatchTest, ALineThatLosesPacketsIsToBlame) {
  RunFor(absl::Minutes(1));
  lines_ = {{"c1", Line::kLossy}, {"c2", Line::kLossy}};
  EXPECT_TRUE(Judge());
  EXPECT_FALSE(watch_->up());
}

TEST_F(NetworkWatchTest, LookUpsThatWereSentAgainAreLossToo) {
  RunFor(absl::Minutes(1));
  All(Line::kSlowLookup);
  EXPECT_TRUE(Judge());
}

TEST_F(NetworkWatchTest, ASingleLostPacketIsNot) {
  RunFor(absl::Minutes(1));
  lines_ = {{"c1", Line::kLossy}};
  EXPECT_FALSE(Judge());
  EXPECT_TRUE(watch_->up());
}

TEST_F(NetworkWatchTest, RareLossOverALongProbeIsNot) {
  RunFor(absl::Minutes(1));
  for (int round = 0; round < 12; ++round) {  // 2 of 36 connections
    lines_ = {{round == 3 ? "c1" : "none", Line::kLossy},
              {round == 8 ? "c2" : "none2", Line::kLossy}};
    watch_->Ask();
    RunFor(absl::Seconds(1));
  }
  lines_.clear();
  EXPECT_FALSE(Judge(absl::Seconds(13)));
}

TEST_F(NetworkWatchTest, AsksEvery15SecondsInTrouble) {
  RunFor(absl::Minutes(1));
  connections_ = 0;
  watch_->SetTrouble(true);
  RunFor(absl::Minutes(1));
  EXPECT_EQ(connections_, 5 * 3) << "at once, and four times more";
  watch_->SetTrouble(false);
  connections_ = 0;
  RunFor(absl::Minutes(5));
  EXPECT_EQ(connections_, 0);
}

TEST_F(NetworkWatchTest, NoticesByItselfThatTheNetworkIsBack) {
  All(Line::kDead);
  Judge();
  All(Line::kGood);
  RunFor(absl::Seconds(6));
  EXPECT_TRUE(watch_->up());
}

TEST_F(NetworkWatchTest, AStormOfFailuresDoesNotBecomeAStormOnTheCanaries) {
  for (int i = 0; i < 600; ++i) {
    watch_->Judge(clock_.Monotonic() - absl::Milliseconds(10), [](bool) {});
    RunFor(absl::Milliseconds(100));
  }
  EXPECT_THAT(connections_, Le(3 * 46)) << "twenty rounds, then every two seconds";
  EXPECT_THAT(connections_, Gt(3 * 20));
}

TEST_F(NetworkWatchTest, CanariesThatNeverAnswerSayNothing) {
  All(Line::kDead);
  RunFor(absl::Minutes(1));
  EXPECT_TRUE(Judge()) << "the line may be dead";
  for (int i = 0; i < 10; ++i) watch_->ProbeAnswered();
  EXPECT_FALSE(Judge()) << "it is not: somebody blocks them";
  EXPECT_THAT(watch_->Blocked(), SizeIs(3));
  All(Line::kGood);
  RunFor(absl::Minutes(61));
  EXPECT_THAT(watch_->Blocked(), IsEmpty());
  All(Line::kDead);
  EXPECT_TRUE(Judge()) << "they count again";
}

TEST_F(NetworkWatchTest, AProxyThatLetsNoneOutSaysNothingOfTheNetwork) {
  All(Line::kProxyRefuses);
  RunFor(absl::Minutes(1));
  EXPECT_TRUE(watch_->up());
  EXPECT_FALSE(Judge());
  EXPECT_THAT(watch_->Failing(), Contains("https://c1.test:443/ proxy_refused"));
  for (int i = 0; i < 10; ++i) watch_->ProbeAnswered();
  EXPECT_THAT(watch_->Blocked(), SizeIs(3));
}

TEST_F(NetworkWatchTest, IsUpAgainWhereTheProxyIsBackAndRefuses) {
  All(Line::kDead);
  RunFor(absl::Minutes(1));
  EXPECT_TRUE(Judge());
  EXPECT_FALSE(watch_->up());
  All(Line::kProxyRefuses);
  watch_->SetTrouble(true);
  RunFor(absl::Minutes(1));
  EXPECT_TRUE(watch_->up());
  EXPECT_FALSE(Judge());
}

TEST_F(NetworkWatchTest, TheOthersDecideWhereOneIsBlocked) {
  lines_ = {{"c2", Line::kDead}};
  RunFor(absl::Minutes(1));
  for (int i = 0; i < 10; ++i) watch_->ProbeAnswered();
  EXPECT_THAT(watch_->Blocked(), ElementsAre("https://c2.test:443/"));
  lines_ = {{"c1", Line::kDead}, {"c2", Line::kDead}};
  EXPECT_FALSE(Judge());
  RunFor(absl::Minutes(1));
  All(Line::kDead);
  EXPECT_TRUE(Judge());
}

TEST_F(NetworkWatchTest, ALineThatDiesForHoursWhileNothingIsAnsweredStaysToBlame) {
  RunFor(absl::Minutes(1));
  All(Line::kDead);
  RunFor(absl::Hours(12));
  EXPECT_TRUE(Judge());
}

TEST_F(NetworkWatchTest, WithoutCanariesNothingIsTheNetworks) {
  Build({});
  EXPECT_FALSE(Judge());
  RunFor(absl::Hours(2));
  EXPECT_EQ(connections_, 0);
  EXPECT_TRUE(watch_->up());
}

TEST_F(NetworkWatchTest, ADeadLineStaysDeadWhileWeStandStillOurselves) {
  RunFor(absl::Minutes(1));
  All(Line::kDead);
  EXPECT_TRUE(Judge());
  All(Line::kUnwatched);
  RunFor(absl::Seconds(20));
  EXPECT_FALSE(watch_->up());
  EXPECT_TRUE(Judge());
}

TEST_F(NetworkWatchTest, OurOwnStandingStillSaysNothing) {
  ScriptedTransport stalling(clock_, [](const HttpRequest& request) {
    HttpExchange exchange = FailureAfter(request.timeout, Reason::kConnect);
    exchange.stalled = absl::Seconds(1);
    return exchange;
  });
  NetworkWatch watch(stalling, clock_, {{"a.test:1", "b.test:1", "c.test:1"}, "", "", true});
  std::optional<bool> verdict;
  watch.Judge(clock_.Monotonic(), [&](bool failed) { verdict = failed; });
  while (!verdict.has_value()) {
    const MonotonicTime next = watch.RunDue();
    if (!verdict.has_value()) stalling.RunUntil(next);
  }
  EXPECT_FALSE(*verdict);
}

}  // namespace
}  // namespace heyhi
