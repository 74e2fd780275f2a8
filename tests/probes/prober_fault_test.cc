// Whose fault a failure is, where the answer alone does not tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "probes/prober.h"
#include "tests/probes/scripted_transport.h"

namespace heyhi {
namespace {

constexpr char kModels[] = R"({"object":"list","data":[{"id":"gpt-6-luna","object":"model"}]})";

class ProberFaultTest : public ::testing::Test {
 protected:
  ProberFaultTest() {
    target_.id = {"openai", "gpt-6-luna", "chat", "eu-1"};
    target_.base_url = "https://api.openai.test/v1";
    target_.api_key = Secret("sk-test");
    target_.interval = absl::Minutes(2);
    target_.call.models_need_key = true;
  }

  HttpExchange Script(const HttpRequest& request) {
    if (request.connect_only) {
      ++canaries_asked_;
      if (!network_works_) return FailureAfter(absl::Milliseconds(20), Reason::kConnUnreachable);
      HttpExchange connected;
      connected.times.total = absl::Milliseconds(20);
      return connected;
    }
    if (absl::EndsWith(request.url, "/models")) {
      ++lists_asked_;
      return AnswerAfter(absl::Milliseconds(50), list_status_,
                         list_status_ == 200 ? kModels : "{}");
    }
    return answer_;
  }

  ProbeResult Probe() {
    std::optional<ProbeResult> result;
    prober_.Start(std::make_shared<const Target>(target_),
                  [&result](const ProbeResult& ended) { result = ended; });
    while (!result.has_value()) {
      const MonotonicTime next = prober_.RunDue();
      if (!result.has_value()) transport_.RunUntil(next);
    }
    return *result;
  }

  Target target_;
  HttpExchange answer_;
  bool network_works_ = true;
  int list_status_ = 200;
  int canaries_asked_ = 0;
  int lists_asked_ = 0;
  SimulatedClock clock_{absl::FromUnixSeconds(1790000000)};
  ScriptedTransport transport_{clock_, [this](const HttpRequest& r) { return Script(r); }};
  PriceTable prices_;
  NetworkWatch watch_{
      transport_, clock_, {{"a.test:443", "b.test:443", "c.test:443"}, "", "", false}};
  SecondOpinion opinion_{transport_, clock_};
  Prober prober_{transport_, clock_, prices_, &watch_, &opinion_};
};

TEST_F(ProberFaultTest, EachTransportReasonFollowsTheCanaries) {
  for (const Reason reason : AllReasons()) {
    if (FaultOf(reason, ErrorTypeOf(reason), true) == FaultOf(reason, ErrorTypeOf(reason), false)) {
      continue;
    }
    answer_ = FailureAfter(absl::Milliseconds(100), reason);
    network_works_ = false;
    EXPECT_EQ(Probe().fault, Fault::kNetwork) << ReasonName(reason);
    clock_.Advance(absl::Minutes(5));
    network_works_ = true;
    EXPECT_EQ(Probe().fault, Fault::kProvider) << ReasonName(reason);
    clock_.Advance(absl::Minutes(5));
  }
}

TEST_F(ProberFaultTest, WhatTheAnswerSaysIsNoMatterOfTheNetwork) {
  network_works_ = false;
  for (const int status : {401, 403, 404, 408, 429, 500, 503, 504, 522}) {
    answer_ = AnswerAfter(absl::Milliseconds(500), status, "{}");
    EXPECT_NE(Probe().fault, Fault::kNetwork) << status;
  }
  EXPECT_EQ(canaries_asked_, 0);
}

TEST_F(ProberFaultTest, AStreamThatBreaksFollowsTheCanaries) {
  target_.id.check = "stream";
  answer_ = StreamAfter({{absl::Milliseconds(100), "data: {\"choices\":[{\"delta\":{}}]}\n\n"}});
  answer_.failure = Reason::kConnReset;
  EXPECT_EQ(Probe().reason, Reason::kStreamTruncated);
  EXPECT_EQ(Probe().fault, Fault::kProvider);
  network_works_ = false;
  EXPECT_EQ(Probe().fault, Fault::kNetwork);
}

TEST_F(ProberFaultTest, AStreamThatEndsTooSoonByItselfIsTheProviders) {
  target_.id.check = "stream";
  network_works_ = false;
  answer_ = StreamAfter({{absl::Milliseconds(100), "data: {\"choices\":[{\"delta\":{}}]}\n\n"}});
  EXPECT_EQ(Probe().reason, Reason::kStreamTruncated);
  EXPECT_EQ(Probe().fault, Fault::kProvider);
}

TEST_F(ProberFaultTest, AsksTheCanariesWhileAProbeIsNotOutAfterASecond) {
  answer_ = FailureAfter(absl::Seconds(20), Reason::kConnect);
  network_works_ = false;
  std::optional<ProbeResult> result;
  prober_.Start(std::make_shared<const Target>(target_),
                [&result](const ProbeResult& ended) { result = ended; });
  const MonotonicTime begun = clock_.Monotonic();
  while (clock_.Monotonic() < begun + absl::Seconds(3)) {
    transport_.RunUntil(std::min(prober_.RunDue(), begun + absl::Seconds(3)));
  }
  EXPECT_GT(canaries_asked_, 0);
  network_works_ = true;  // it comes back before the probe has ended
  while (!result.has_value()) transport_.RunUntil(prober_.RunDue());
  EXPECT_EQ(result->fault, Fault::kNetwork) << "it failed in the course of the probe";
}

TEST_F(ProberFaultTest, AnEndpointNearbyIsNotJudgedByTheInternet) {
  network_works_ = false;
  answer_ = FailureAfter(absl::Milliseconds(10), Reason::kConnRefused);
  for (const char* url : {"http://127.0.0.1:9/v1", "http://localhost:9/v1", "http://10.0.0.7/v1"}) {
    target_.base_url = url;
    EXPECT_EQ(Probe().fault, Fault::kProvider) << url;
  }
  target_.base_url = "https://llm.internal/v1";
  answer_.tried_address = "192.168.7.7";
  EXPECT_EQ(Probe().fault, Fault::kProvider);
  EXPECT_EQ(canaries_asked_, 0);
}

TEST_F(ProberFaultTest, ARefusedKeyThatWorkedAndListsModelsIsTheProviders) {
  answer_ = AnswerAfter(absl::Milliseconds(500), 200, HealthyChatBody());
  EXPECT_EQ(Probe().outcome, Outcome::kOk);
  clock_.Advance(absl::Hours(23));
  answer_ = AnswerAfter(absl::Milliseconds(500), 401, R"({"error":{"code":"invalid_api_key"}})");
  const ProbeResult result = Probe();
  EXPECT_EQ(result.reason, Reason::kAuthInconsistent);
  EXPECT_EQ(result.error_type, ErrorType::kAuth);
  EXPECT_EQ(result.fault, Fault::kProvider);
  EXPECT_EQ(lists_asked_, 1);
  Probe();
  EXPECT_EQ(lists_asked_, 1) << "once per interval";
}

TEST_F(ProberFaultTest, ARefusedKeyThatTheListRefusesTooIsTheAccounts) {
  answer_ = AnswerAfter(absl::Milliseconds(500), 200, HealthyChatBody());
  Probe();
  answer_ = AnswerAfter(absl::Milliseconds(500), 401, R"({"error":{"code":"invalid_api_key"}})");
  list_status_ = 401;
  const ProbeResult result = Probe();
  EXPECT_EQ(result.reason, Reason::kInvalidKey);
  EXPECT_EQ(result.fault, Fault::kAccount);
  EXPECT_EQ(lists_asked_, 1);
}

TEST_F(ProberFaultTest, AKeyThatNeverWorkedOrNotForADayIsTheAccounts) {
  answer_ = AnswerAfter(absl::Milliseconds(500), 401, R"({"error":{"code":"invalid_api_key"}})");
  EXPECT_EQ(Probe().fault, Fault::kAccount);
  answer_ = AnswerAfter(absl::Milliseconds(500), 200, HealthyChatBody());
  Probe();
  clock_.Advance(absl::Hours(25));
  answer_ = AnswerAfter(absl::Milliseconds(500), 401, R"({"error":{"code":"invalid_api_key"}})");
  EXPECT_EQ(Probe().fault, Fault::kAccount);
  EXPECT_EQ(lists_asked_, 0);
}

TEST_F(ProberFaultTest, AnEmptyAccountOrAMissingRightIsTheAccounts) {
  answer_ = AnswerAfter(absl::Milliseconds(500), 200, HealthyChatBody());
  Probe();
  for (const auto& [status, code] : {std::pair(429, "insufficient_quota"), {403, "no_rights"}}) {
    answer_ = AnswerAfter(absl::Milliseconds(500), status,
                          std::string(R"({"error":{"code":")") + code + "\"}}");
    EXPECT_EQ(Probe().fault, Fault::kAccount) << code;
  }
  EXPECT_EQ(lists_asked_, 0);
}

TEST_F(ProberFaultTest, ARateLimitSaysHowLongToWait) {
  answer_ = AnswerAfter(absl::Milliseconds(500), 429, "{}");
  answer_.headers.emplace_back("retry-after", "17");
  const ProbeResult limited = Probe();
  EXPECT_EQ(limited.retry_after, absl::Seconds(17));
  EXPECT_THAT(AdviceFor(limited), ::testing::HasSubstr("asks to wait for 17s."));
  answer_ = AnswerAfter(absl::Milliseconds(500), 503, "{}");
  answer_.headers.emplace_back("retry-after", "17");
  EXPECT_EQ(Probe().retry_after, std::nullopt);
}

TEST_F(ProberFaultTest, AStandstillDisturbsAProbe) {
  const auto disturbed = [this](HttpExchange exchange, absl::Duration stalled) {
    answer_ = std::move(exchange);
    answer_.stalled = stalled;
    return Probe().disturbed;
  };
  const HttpExchange quick = AnswerAfter(absl::Milliseconds(1500), 200, HealthyChatBody());
  EXPECT_FALSE(disturbed(quick, absl::Milliseconds(999)));
  EXPECT_TRUE(disturbed(quick, absl::Seconds(1))) << "its time is not the provider's";
  const HttpExchange slow = AnswerAfter(absl::Milliseconds(3100), 200, HealthyChatBody());
  EXPECT_FALSE(disturbed(slow, absl::Milliseconds(90)));
  EXPECT_TRUE(disturbed(slow, absl::Milliseconds(110))) << "without it, it were not slow";
  EXPECT_FALSE(disturbed(AnswerAfter(absl::Seconds(1), 500, "{}"), absl::Milliseconds(900)));
  EXPECT_FALSE(
      disturbed(FailureAfter(absl::Seconds(1), Reason::kConnRefused), absl::Milliseconds(900)));
  const HttpExchange timeout = FailureAfter(absl::Seconds(20), Reason::kTtfb);
  EXPECT_FALSE(disturbed(timeout, absl::Milliseconds(4900))) << "it had fifteen seconds";
  EXPECT_TRUE(disturbed(timeout, absl::Seconds(5)));
}

}  // namespace
}  // namespace heyhi
