#include "exporter/probe_metrics.h"

#include <gmock/gmock.h>

#include <string>

namespace heyhi {
namespace {

using testing::HasSubstr;
using testing::Not;

class ProbeMetricsTest : public testing::Test {
 protected:
  static ProbeResult Result(Outcome outcome, absl::Duration total) {
    ProbeResult result;
    result.target = {"p", "m", "chat", "r"};
    result.outcome = outcome;
    result.completed_at = absl::FromUnixSeconds(1000);
    result.times.total = total;
    result.http_status = 200;
    return result;
  }
  static ProbeResult Failure(Reason reason, absl::Duration total) {
    ProbeResult result = Result(Outcome::kFailed, total);
    result.reason = reason;
    result.error_type = ErrorTypeOf(reason);
    result.fault = FaultOf(reason, result.error_type, false);
    result.http_status = 0;
    return result;
  }
  void Complete(const ProbeResult& result, std::size_t index = 0,
                Trigger trigger = Trigger::kScheduled) {
    metrics_.Started();
    metrics_.Began(absl::ZeroDuration());
    metrics_.Ended();
    metrics_.Completed(index, result, trigger);
  }
  std::string Text() const {
    std::string text;
    table_.WriteText(&text);
    return text;
  }
  // "name{…base labels…extra} value" as one line of the text.
  static std::string Line(const std::string& name, const std::string& extra,
                          const std::string& value) {
    return "\n" + name + R"({provider="p",model="m",check="chat",region="r")" + extra + "} " +
           value + "\n";
  }

  static std::vector<std::shared_ptr<const Target>> Targets() {
    auto chat = std::make_shared<Target>();
    chat->id = {"p", "m", "chat", "r"};
    auto stream = std::make_shared<Target>();
    stream->id = {"unpriced", "m", "stream", "r"};
    return {chat, stream};
  }

  void SetUp() override {
    metrics_.SetTarget(0, Targets()[0], /*has_price=*/true);
    metrics_.SetTarget(1, Targets()[1], /*has_price=*/false);
  }

  MetricTable table_;
  ProbeMetrics metrics_{table_};
};

TEST_F(ProbeMetricsTest, CountersExistAtZeroFromTheStart) {
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr(Line("heyhi_probe_attempts_total", "", "0")));
  EXPECT_THAT(text, HasSubstr(Line("heyhi_probe_failures_total",
                                   R"(,error_type="other",fault="network")", "0")));
  EXPECT_THAT(text, HasSubstr(Line("heyhi_probe_failure_reasons_total",
                                   R"(,reason="billing_quota")", "0")));
  EXPECT_THAT(text, HasSubstr(Line("heyhi_probe_duration_seconds_count", "", "0")));
  EXPECT_THAT(text, Not(HasSubstr(R"(error_type="5xx",fault="account")")))
      << "a pair that cannot occur";
}

TEST_F(ProbeMetricsTest, SuccessAndTimestampsAppearWithTheFirstResult) {
  EXPECT_THAT(Text(), Not(HasSubstr("heyhi_probe_success")));
  EXPECT_THAT(Text(), Not(HasSubstr("timestamp_seconds")));
  Complete(Failure(Reason::kConnRefused, absl::Seconds(1)));
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_probe_success", "", "0")));
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_probe_last_completion_timestamp_seconds", "", "1000")));
  EXPECT_THAT(Text(), Not(HasSubstr("heyhi_probe_last_success_timestamp_seconds")));
  Complete(Result(Outcome::kOk, absl::Seconds(1)));
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_probe_last_success_timestamp_seconds", "", "1000")));
}

TEST_F(ProbeMetricsTest, ASlowAnswerIsASuccessThatCountsAsSlow) {
  Complete(Result(Outcome::kSlow, absl::Seconds(4)));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr(Line("heyhi_probe_slow_total", "", "1")));
  EXPECT_THAT(text, HasSubstr(Line("heyhi_probe_success", "", "1")));
  EXPECT_THAT(text, HasSubstr(Line("heyhi_probe_duration_seconds_bucket", R"(,le="3")", "0")));
  EXPECT_THAT(text, HasSubstr(Line("heyhi_probe_duration_seconds_bucket", R"(,le="5")", "1")));
}

TEST_F(ProbeMetricsTest, AFailureCountsOnceInEachGrain) {
  Complete(Failure(Reason::kServerError, absl::Seconds(1)));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr(Line("heyhi_probe_failures_total",
                                   R"(,error_type="5xx",fault="provider")", "1")));
  EXPECT_THAT(text,
              HasSubstr(Line("heyhi_scheduled_probe_failures_total", R"(,fault="provider")", "1")));
  EXPECT_THAT(
      text, HasSubstr(Line("heyhi_probe_failure_reasons_total", R"(,reason="server_error")", "1")));
}

TEST_F(ProbeMetricsTest, WaitingInVainIsADurationAtTheTimeout) {
  ProbeResult result = Failure(Reason::kTtfb, absl::Milliseconds(20005));
  result.times.dns = absl::Seconds(1);
  result.times.connect = absl::Seconds(2);
  result.times.tls = absl::Seconds(3);
  result.times.request_sent = absl::Seconds(3);
  Complete(result);
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr(Line("heyhi_probe_duration_seconds_sum", "", "20")));
  EXPECT_THAT(text, HasSubstr(Line("heyhi_probe_phase_seconds_total", R"(,phase="tls")", "1")));
  EXPECT_THAT(text,
              HasSubstr(Line("heyhi_probe_phase_seconds_total", R"(,phase="processing")", "17")));
  EXPECT_THAT(text,
              HasSubstr(Line("heyhi_probe_phase_seconds_total", R"(,phase="transfer")", "0")));
}

TEST_F(ProbeMetricsTest, ErrorsAndOurOwnNetworkAreNoDuration) {
  Complete(Failure(Reason::kServerError, absl::Seconds(1)));
  Complete(Failure(Reason::kConnRefused, absl::Seconds(1)));
  Complete(Failure(Reason::kConnect, absl::Seconds(20)));
  ProbeResult ours = Failure(Reason::kTtfb, absl::Seconds(20));
  ours.fault = Fault::kNetwork;
  Complete(ours);
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_probe_duration_seconds_count", "", "0")));
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_probe_phase_seconds_total", R"(,phase="dns")", "0")));
}

TEST_F(ProbeMetricsTest, PhasesAddUpToTheDuration) {
  ProbeResult result = Result(Outcome::kOk, absl::Seconds(10));
  result.times.dns = absl::Seconds(1);
  result.times.connect = absl::Seconds(3);
  result.times.first_byte = absl::Seconds(9);  // plain http: no tls
  Complete(result);
  const std::string text = Text();
  for (const auto& [phase, seconds] :
       {std::pair{"dns", "1"}, std::pair{"connect", "2"}, std::pair{"tls", "0"},
        std::pair{"processing", "6"}, std::pair{"transfer", "1"}}) {
    EXPECT_THAT(text, HasSubstr(Line("heyhi_probe_phase_seconds_total",
                                     std::string(",phase=\"") + phase + "\"", seconds)));
  }
}

TEST_F(ProbeMetricsTest, ClockSkewIsTheMedianOverProviders) {
  for (const auto& [provider, skew] : {std::pair{"a", 1}, std::pair{"b", 300}, std::pair{"c", 2}}) {
    ProbeResult result = Result(Outcome::kOk, absl::Seconds(1));
    result.target.provider = provider;
    result.clock_skew = absl::Seconds(skew);
    Complete(result);
  }
  EXPECT_THAT(Text(), HasSubstr("\nheyhi_clock_skew_seconds 2\n"));
}

TEST_F(ProbeMetricsTest, CostExistsAtZeroWhereThePriceIsKnown) {
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_probe_cost_usd_total", "", "0")));
  EXPECT_THAT(Text(), Not(HasSubstr(R"(heyhi_probe_cost_usd_total{provider="unpriced")")));
  ProbeResult result = Result(Outcome::kOk, absl::Seconds(1));
  result.cost_usd = 0.25;
  Complete(result);
  Complete(result);
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_probe_cost_usd_total", "", "0.5")));
}

TEST_F(ProbeMetricsTest, OnlyStreamsHaveATimeToFirstToken) {
  EXPECT_THAT(Text(), Not(HasSubstr(R"(first_token_seconds_count{provider="p")")));
  ProbeResult result = Result(Outcome::kOk, absl::Seconds(1));
  result.time_to_first_token = absl::Milliseconds(500);
  Complete(result, 1);
  result.outcome = Outcome::kFailed;
  result.reason = Reason::kStreamTruncated;
  Complete(result, 1);
  EXPECT_THAT(Text(),
              HasSubstr(R"(heyhi_probe_time_to_first_token_seconds_sum{provider="unpriced",)"
                        R"(model="m",check="stream",region="r"} 0.5)"));
}

TEST_F(ProbeMetricsTest, HeadroomAndReroutingAppearWithTheFirstAnswerThatTells) {
  Complete(Result(Outcome::kOk, absl::Seconds(1)));
  EXPECT_THAT(Text(), Not(HasSubstr("heyhi_ratelimit_remaining_ratio{")));
  EXPECT_THAT(Text(), Not(HasSubstr("heyhi_model_rerouted{")));
  ProbeResult result = Result(Outcome::kOk, absl::Seconds(1));
  result.headroom.tokens = 0.75;
  result.rerouted = true;
  Complete(result);
  EXPECT_THAT(Text(),
              HasSubstr(Line("heyhi_ratelimit_remaining_ratio", R"(,limit="tokens")", "0.75")));
  EXPECT_THAT(Text(), Not(HasSubstr(R"(limit="requests")")));
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_model_rerouted", "", "1")));
  result.rerouted = false;
  Complete(result);
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_model_rerouted", "", "0")));
}

TEST_F(ProbeMetricsTest, ConfirmingProbesCountButNotForAvailability) {
  Complete(Failure(Reason::kTtfb, absl::Seconds(20)), 0, Trigger::kConfirm);
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_probe_attempts_total", "", "1")));
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_probe_duration_seconds_count", "", "1")));
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_scheduled_probe_attempts_total", "", "0")));
  EXPECT_THAT(Text(),
              HasSubstr(Line("heyhi_scheduled_probe_failures_total", R"(,fault="provider")", "0")));
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_scheduled_probe_duration_seconds_count", "", "0")));
}

TEST_F(ProbeMetricsTest, ShowsTheScheduleOfATarget) {
  metrics_.SetSchedule(0, TargetState::kBackingOff, absl::Minutes(8));
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_probe_interval_seconds", "", "480")));
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_target_state", R"(,state="backing_off")", "1")));
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_target_state", R"(,state="steady")", "0")));
}

TEST_F(ProbeMetricsTest, ALearnedTokenCapIsShown) {
  metrics_.SetTokenCap(0, 64);
  EXPECT_THAT(Text(), HasSubstr(Line("heyhi_probe_token_cap", "", "64")));
}

}  // namespace
}  // namespace heyhi
