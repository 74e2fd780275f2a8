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
    Prober prober(transport, clock_, prices_);
    std::optional<ProbeResult> result;
    prober.Start(target_, [&](const ProbeResult& r) { result = r; });
    transport.RunUntil(absl::InfiniteDuration());
    return result.value();
  }

  ProbeResult ProbeOnce(int status, const std::string& body) {
    return ProbeOnce(AnswerAfter(absl::Seconds(1), status, body));
  }

  SimulatedClock clock_{kStart};
  PriceTable prices_;
  std::shared_ptr<Target> target_ = [] {
    auto target = std::make_shared<Target>();
    target->id = {"openai", "gpt-6-luna", "chat", "local"};
    target->base_url = "https://api.openai.com/v1";
    target->api_key = Secret("sk-canary-1");
    return target;
  }();
};

TEST_F(ProberTest, ARightAnswerInTimeIsOk) {
  const ProbeResult result = ProbeOnce(200, HealthyChatBody());
  EXPECT_EQ(result.outcome, Outcome::kOk);
  EXPECT_FALSE(result.reason.has_value());
  EXPECT_EQ(result.rule, "");
  EXPECT_EQ(result.started_at, kStart);
  EXPECT_EQ(result.completed_at, kStart + absl::Seconds(1));
  EXPECT_EQ(result.usage->output, 1);
  EXPECT_FALSE(result.sample.has_value());
  EXPECT_FALSE(result.time_to_first_token.has_value());
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
  EXPECT_EQ(result.rule, "F10");
  EXPECT_EQ(result.fault, Fault::kProvider);
  EXPECT_EQ(result.http_status, 500);
  EXPECT_EQ(result.detail, "HTTP status 500");
}

TEST_F(ProberTest, ATransportFailureKeepsItsReasonAndDetail) {
  const ProbeResult result = ProbeOnce(FailureAfter(absl::Seconds(20), Reason::kTtfb));
  EXPECT_EQ(result.reason, Reason::kTtfb);
  EXPECT_EQ(result.error_type, ErrorType::kTimeout);
  EXPECT_EQ(result.fault, Fault::kProvider);
  EXPECT_EQ(result.rule, "");
  EXPECT_EQ(result.detail, "scripted");
  EXPECT_EQ(result.http_status, 0);
  EXPECT_FALSE(result.sample.has_value()) << "no answer began";
}

TEST_F(ProberTest, AFailureAfterTheStatusLineIsStillAFailure) {
  HttpExchange exchange = AnswerAfter(absl::Seconds(1), 200, HealthyChatBody());
  exchange.failure = Reason::kShortBody;
  const ProbeResult result = ProbeOnce(exchange);
  EXPECT_EQ(result.reason, Reason::kShortBody);
  EXPECT_TRUE(result.sample.has_value());
}

TEST_F(ProberTest, TakesTheRulesOfTheTarget) {
  const std::string credits = R"({"error":"You have used all credits"})";
  EXPECT_EQ(ProbeOnce(429, credits).rule, "O14");
  target_->error_rules = ErrorRules::kXai;
  EXPECT_EQ(ProbeOnce(429, credits).rule, "X2");
  target_->error_rules = ErrorRules::kAnthropic;
  target_->dialect = "anthropic_messages";
  EXPECT_EQ(ProbeOnce(429, credits).rule, "A9");
  EXPECT_EQ(ProbeOnce(200, HealthyChatBody()).rule, "H7");
}

TEST_F(ProberTest, KnowsWhetherAKeyWasSent) {
  EXPECT_EQ(ProbeOnce(401, "{}").reason, Reason::kInvalidKey);
  target_->api_key = Secret();
  EXPECT_EQ(ProbeOnce(401, "{}").reason, Reason::kMissingKey);
}

// --- what the answer says besides ----------------------------------------------

TEST_F(ProberTest, TellsWhenAnotherModelAnswered) {
  const auto answer_of = [](const std::string& model) {
    return R"({"choices":[{"message":{},"finish_reason":"stop"}],"model":")" + model + "\"}";
  };
  EXPECT_EQ(ProbeOnce(200, answer_of("gpt-6-luna")).rerouted, false);
  EXPECT_EQ(ProbeOnce(200, answer_of("gpt-6-luna-2026-09-22")).rerouted, false);
  const ProbeResult other = ProbeOnce(200, answer_of("gpt-6-nova"));
  EXPECT_EQ(other.rerouted, true);
  EXPECT_EQ(other.served_model, "gpt-6-nova");
  EXPECT_EQ(other.outcome, Outcome::kOk);
}

TEST_F(ProberTest, CannotTellWhereNoModelIsNamed) {
  const std::string unnamed = R"({"choices":[{"message":{},"finish_reason":"stop"}]})";
  EXPECT_FALSE(ProbeOnce(200, unnamed).rerouted.has_value());
  EXPECT_FALSE(ProbeOnce(500, "{}").rerouted.has_value());
  target_->call.names_served_model = false;  // a deployment's name is its owner's choice
  const ProbeResult result = ProbeOnce(200, HealthyChatBody());
  EXPECT_FALSE(result.rerouted.has_value());
  EXPECT_EQ(result.served_model, "m");
}

TEST_F(ProberTest, CleansTheServedModel) {
  const ProbeResult result = ProbeOnce(200, R"({"choices":[{"message":{},"finish_reason":"stop"}],)"
                                            R"("model":"a\u001b[31m b sk-canary-1\n"})");
  EXPECT_EQ(result.served_model, "ab[key]");
}

TEST_F(ProberTest, KeepsTheTokenCapThatARefusalNames) {
  const ProbeResult result = ProbeOnce(
      400, R"({"error":{"message":"Invalid 'max_output_tokens': Expected a value >= 16"}})");
  EXPECT_EQ(result.reason, Reason::kBadRequestParam);
  EXPECT_EQ(result.named_token_cap, 16);
  EXPECT_FALSE(ProbeOnce(400, "{}").named_token_cap.has_value());
}

TEST_F(ProberTest, NamesTheSuccessorOfARetiredModel) {
  const std::string gone = R"({"error":{"code":"model_not_found"}})";
  target_->id.model = "gpt-4o-mini";
  EXPECT_EQ(ProbeOnce(404, gone).reason, Reason::kModelNotFound);
  clock_.AdvanceTo(absl::Hours(24 * 365));  // after its last day
  const ProbeResult result = ProbeOnce(404, gone);
  EXPECT_EQ(result.reason, Reason::kModelRetired);
  EXPECT_EQ(result.replacement, "gpt-6-luna");
  EXPECT_THAT(AdviceFor(result), testing::EndsWith(" Its successor is gpt-6-luna."));
  target_->id.model = "gpt-4";
  EXPECT_EQ(AdviceFor(ProbeOnce(404, gone)), ReasonAdvice(Reason::kModelRetired));
}

TEST_F(ProberTest, AdvisesByTheInnerCodeOfAnError) {
  const auto advice = [this](const char* code) {
    return AdviceFor(ProbeOnce(200, std::string(R"({"error":{"code":)") + code + "}}"));
  };
  EXPECT_EQ(advice("401"), ReasonAdvice(Reason::kInvalidKey));
  EXPECT_EQ(advice("429"), ReasonAdvice(Reason::kRpm));
  EXPECT_EQ(advice("502"), ReasonAdvice(Reason::kErrorIn200));
}

TEST_F(ProberTest, KnowsRetiredModelsOnlyByTheirProviders) {
  const std::string gone = R"({"error":{"code":"model_not_found"}})";
  target_->id.model = "gpt-4";
  clock_.AdvanceTo(absl::Hours(24 * 365));  // after its last day
  EXPECT_EQ(ProbeOnce(404, gone).reason, Reason::kModelRetired);
  target_->id.provider = "gateway";
  EXPECT_EQ(ProbeOnce(404, gone).reason, Reason::kModelNotFound);
}

TEST_F(ProberTest, KeepsASampleOfAFailureWithoutTheKey) {
  HttpExchange exchange =
      AnswerAfter(absl::Seconds(1), 401, R"({"error":"no such key: sk-canary-1"})");
  exchange.headers.emplace_back("x-echo", "Bearer sk-canary-1");
  exchange.headers.emplace_back("set-cookie", "session=1");
  const ProbeResult result = ProbeOnce(exchange);
  ASSERT_TRUE(result.sample.has_value());
  EXPECT_EQ(result.sample->body, R"({"error":"no such key: [key]"})");
  EXPECT_THAT(result.sample->headers,
              testing::ElementsAre(testing::Pair("content-type", "application/json"),
                                   testing::Pair("x-echo", "Bearer [key]"),
                                   testing::Pair("set-cookie", "[hidden]")));
}

TEST_F(ProberTest, ReadsTheHeadroomOfHealthyAndFailedAnswers) {
  for (const int status : {200, 429}) {
    HttpExchange exchange = AnswerAfter(absl::Seconds(1), status, HealthyChatBody());
    exchange.headers.emplace_back("x-ratelimit-limit-requests", "10");
    exchange.headers.emplace_back("x-ratelimit-remaining-requests", "4");
    EXPECT_EQ(ProbeOnce(exchange).headroom.requests, 0.4) << status;
  }
}

// --- cost ----------------------------------------------------------------------

TEST_F(ProberTest, CountsWhatTheCallCost) {
  prices_.Override("openai", "gpt-6-luna", {1.0, 10.0});
  // Seven tokens in, one out.
  EXPECT_DOUBLE_EQ(ProbeOnce(200, HealthyChatBody()).cost_usd.value(), 17e-6);
  prices_.Override("openai", "gpt-6-luna", {0, 0});
  EXPECT_EQ(ProbeOnce(200, HealthyChatBody()).cost_usd, 0.0);
}

TEST_F(ProberTest, AFailureCostsWhatItUsed) {
  prices_.Override("openai", "gpt-6-luna", {1.0, 10.0});
  const ProbeResult result =
      ProbeOnce(200, R"({"error":{"code":502},"usage":{"prompt_tokens":7,"completion_tokens":0}})");
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_DOUBLE_EQ(result.cost_usd.value(), 7e-6);
}

TEST_F(ProberTest, CostsNothingKnownWithoutPriceOrUsage) {
  EXPECT_FALSE(ProbeOnce(200, HealthyChatBody()).cost_usd.has_value());
  prices_.Override("openai", "gpt-6-luna", {1.0, 10.0});
  EXPECT_FALSE(ProbeOnce(500, "{}").cost_usd.has_value());
  EXPECT_FALSE(ProbeOnce(FailureAfter(absl::Seconds(1), Reason::kConnect)).cost_usd.has_value());
}

TEST_F(ProberTest, ThePriceIsThatOfTheDayOfTheProbe) {
  prices_ = PriceTable::BuiltIn();
  const ProbeResult before = ProbeOnce(200, HealthyChatBody());
  EXPECT_FALSE(before.cost_usd.has_value());  // 2026-09-21, a day early
  clock_.AdvanceTo(absl::Hours(48));
  EXPECT_GT(ProbeOnce(200, HealthyChatBody()).cost_usd.value(), 0);
}

// --- request ids ---------------------------------------------------------------

TEST_F(ProberTest, TakesTheRequestIdFromTheHeaderOfTheProvidersRow) {
  for (const Provider& provider : Providers()) {
    if (provider.request_id_header.empty()) continue;
    target_->call.request_id_header = std::string(provider.request_id_header);
    HttpExchange exchange = AnswerAfter(absl::Seconds(1), 200, HealthyChatBody());
    exchange.headers.emplace_back("cf-ray", "edge");
    exchange.headers.emplace_back(target_->call.request_id_header, "own");
    EXPECT_EQ(ProbeOnce(exchange).request_id, "own") << provider.name;
  }
}

TEST_F(ProberTest, TakesTheUsualHeadersElse) {
  HttpExchange exchange = AnswerAfter(absl::Seconds(1), 200, HealthyChatBody());
  EXPECT_EQ(ProbeOnce(exchange).request_id, "");
  target_->call.request_id_header = "x-own";
  for (const char* name : {"cf-ray", "request-id", "x-request-id"}) {
    exchange.headers.emplace_back(name, std::string("from-") + name);
    EXPECT_EQ(ProbeOnce(exchange).request_id, std::string("from-") + name);
  }
  exchange.headers.emplace_back("x-own", " \x01");
  EXPECT_EQ(ProbeOnce(exchange).request_id, "from-x-request-id");
}

TEST_F(ProberTest, KeepsOnlyVisibleCharactersOfTheRequestId) {
  HttpExchange exchange = AnswerAfter(absl::Seconds(1), 500, "{}");
  exchange.headers.emplace_back("x-request-id", "req_1\x1b[31m \xff" + std::string(500, 'x'));
  const ProbeResult result = ProbeOnce(exchange);
  EXPECT_THAT(result.request_id, testing::StartsWith("req_1xx"));
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

// --- clocks --------------------------------------------------------------------

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
