#include "probes/prober.h"

#include <gmock/gmock.h>

#include <memory>

#include "tests/probes/scripted_transport.h"

namespace heyhi {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1790000000);

class ProberTest : public testing::Test {
 protected:
  // Sends one probe that gets `exchange`; returns its result.
  ProbeResult ProbeOnce(const HttpExchange& exchange) {
    ScriptedTransport transport(clock_, [&](const HttpRequest&) { return exchange; });
    Prober prober(transport, clock_);
    std::optional<ProbeResult> result;
    prober.Start(target_, [&](const ProbeResult& r) { result = r; });
    transport.RunUntil(absl::InfiniteDuration());
    return result.value();
  }

  SimulatedClock clock_{kStart};
  std::shared_ptr<Target> target_ = [] {
    auto target = std::make_shared<Target>();
    target->id = {"openai", "gpt-6-luna", "chat", "local"};
    target->base_url = "https://api.openai.com/v1";
    target->api_key = Secret("sk-canary-1");
    return target;
  }();
};

TEST_F(ProberTest, ARightAnswerInTimeIsOk) {
  const ProbeResult result = ProbeOnce(AnswerAfter(absl::Seconds(1), 200, HealthyChatBody()));
  EXPECT_EQ(result.outcome, Outcome::kOk);
  EXPECT_FALSE(result.reason.has_value());
  EXPECT_EQ(result.started_at, kStart);
  EXPECT_EQ(result.completed_at, kStart + absl::Seconds(1));
  EXPECT_EQ(result.usage->output, 1);
}

TEST_F(ProberTest, ARightAnswerPastSlowAfterIsSlow) {
  EXPECT_EQ(ProbeOnce(AnswerAfter(absl::Seconds(3), 200, HealthyChatBody())).outcome, Outcome::kOk);
  EXPECT_EQ(ProbeOnce(AnswerAfter(absl::Milliseconds(3001), 200, HealthyChatBody())).outcome,
            Outcome::kSlow);
}

TEST_F(ProberTest, AWrongAnswerPastSlowAfterKeepsItsReason) {
  const ProbeResult result = ProbeOnce(AnswerAfter(absl::Seconds(9), 500, "{}"));
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(result.reason, Reason::kServerError);
  EXPECT_EQ(result.fault, Fault::kProvider);
  EXPECT_EQ(result.http_status, 500);
}

TEST_F(ProberTest, ATransportFailureKeepsItsReasonAndDetail) {
  const ProbeResult result = ProbeOnce(FailureAfter(absl::Seconds(20), Reason::kTtfb));
  EXPECT_EQ(result.reason, Reason::kTtfb);
  EXPECT_EQ(result.error_type, ErrorType::kTimeout);
  EXPECT_EQ(result.fault, Fault::kProvider);
  EXPECT_EQ(result.detail, "scripted");
  EXPECT_EQ(result.http_status, 0);
}

TEST_F(ProberTest, AFailureAfterTheStatusLineIsStillAFailure) {
  HttpExchange exchange = AnswerAfter(absl::Seconds(1), 200, HealthyChatBody());
  exchange.failure = Reason::kShortBody;
  EXPECT_EQ(ProbeOnce(exchange).reason, Reason::kShortBody);
}

TEST_F(ProberTest, KeepsOnlyVisibleCharactersOfTheRequestId) {
  HttpExchange exchange = AnswerAfter(absl::Seconds(1), 500, "{}");
  exchange.headers.emplace_back("x-request-id", "req_1\x1b[31m \xff" + std::string(500, 'x'));
  const ProbeResult result = ProbeOnce(exchange);
  EXPECT_THAT(result.request_id, testing::StartsWith("req_1[31mx"));
  EXPECT_EQ(result.request_id.size(), 128U);
}

TEST_F(ProberTest, StrikesOutAKeyThatTheServerEchoes) {
  HttpExchange exchange = AnswerAfter(absl::Seconds(1), 401, "{}");
  exchange.headers.emplace_back("x-request-id", "a-sk-ca nary-1-b-sk-canary-1");
  EXPECT_EQ(ProbeOnce(exchange).request_id, "a-[key]-b-[key]");
  HttpExchange failed = FailureAfter(absl::Seconds(1), Reason::kTlsHostname);
  failed.failure_detail = "no name matches sk-canary-1";
  EXPECT_EQ(ProbeOnce(failed).detail, "no name matches [key]");
}

TEST_F(ProberTest, MeasuresTheClockAgainstTheDateHeader) {
  HttpExchange exchange = AnswerAfter(absl::Seconds(1), 200, HealthyChatBody());
  exchange.headers.emplace_back("date", "Mon, 21 Sep 2026 14:13:00 GMT");
  const ProbeResult result = ProbeOnce(exchange);
  ASSERT_TRUE(result.clock_skew.has_value());
  // kStart is 14:13:20; the first byte came 0.9 s later; the header's middle is 0.5 s in.
  EXPECT_EQ(*result.clock_skew, absl::Seconds(20) + absl::Milliseconds(400));
}

TEST_F(ProberTest, IgnoresDatesThatAreNone) {
  for (const char* date :
       {"", "yesterday", "Mon, 99 Sep 2026 14:13:00 GMT", "Mon, 21 Sep 0001 14:13:00 GMT",
        "2026-09-21T14:13:00Z", "Mon, 21 Sep 2020 14:13:00 GMT"}) {
    HttpExchange exchange = AnswerAfter(absl::Seconds(1), 200, HealthyChatBody());
    exchange.headers.emplace_back("date", date);
    EXPECT_FALSE(ProbeOnce(exchange).clock_skew.has_value()) << date;
  }
}

}  // namespace
}  // namespace heyhi
