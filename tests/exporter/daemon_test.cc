#include "exporter/daemon.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "tests/exporter/daemon_fixture.h"
#include "tests/golden_file.h"

namespace heyhi {
namespace {

HttpExchange HealthyStream() {
  return StreamAfter(
      {{absl::Seconds(1), R"(data: {"model":"m-5","choices":[{"delta":{"content":"pong"}}]})"
                          "\n\n"},
       {absl::Seconds(2), R"(data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":)"
                          R"({"prompt_tokens":7,"completion_tokens":1}})"
                          "\n\ndata: [DONE]\n\n"}});
}

// A quarter of an hour in which one target is well (but answered by another
// model), one slow, one fails in many ways, one hangs and one streams.
TEST_F(DaemonTest, WritesTheGoldenMetrics) {
  Config config;
  config.region = "eu-1";
  config.targets = {MakeTarget("well", "m-1"), MakeTarget("slow", "m-2"),
                    MakeTarget("failing", "m-3"), MakeTarget("hanging", "m-4"),
                    MakeTarget("streaming", "m-5", "stream")};
  config.prices.Override("well", "m-1", {0.25, 0.5});
  config.monthly_budget_usd = 5;
  int calls = 0;
  Begin(config, [&calls](const HttpRequest& request) {
    if (request.url.find("well") != std::string::npos) {
      HttpExchange answer = AnswerAfter(absl::Milliseconds(500), 200, HealthyChatBody());
      answer.headers.emplace_back("date", "Mon, 21 Sep 2026 14:13:20 GMT");
      answer.headers.emplace_back("x-ratelimit-limit-requests", "1000");
      answer.headers.emplace_back("x-ratelimit-remaining-requests", "750");
      answer.headers.emplace_back("x-ratelimit-limit-tokens", "800");
      answer.headers.emplace_back("x-ratelimit-remaining-tokens", "800");
      return answer;
    }
    if (request.url.find("slow") != std::string::npos) {
      return AnswerAfter(absl::Seconds(4), 200, HealthyChatBody());
    }
    if (request.url.find("streaming") != std::string::npos) return HealthyStream();
    if (request.url.find("hanging") != std::string::npos) {
      HttpExchange hanging = FailureAfter(absl::Seconds(20), Reason::kTtfb);
      hanging.times.dns = absl::Milliseconds(125);
      hanging.times.connect = absl::Milliseconds(250);
      hanging.times.tls = absl::Milliseconds(500);
      hanging.times.request_sent = absl::Milliseconds(500);
      return hanging;
    }
    switch (++calls % 6) {
      case 0:
        return AnswerAfter(absl::Milliseconds(250), 401, "{}");
      case 1:
        return AnswerAfter(absl::Milliseconds(250), 429, "{}");
      case 2:
        return AnswerAfter(absl::Milliseconds(250), 503, "{}");
      case 3:
        return FailureAfter(absl::Milliseconds(125), Reason::kNxdomain);
      case 4:
        return FailureAfter(absl::Milliseconds(125), Reason::kConnRefused);
      default:
        return FailureAfter(absl::Milliseconds(125), Reason::kTlsExpired);
    }
  });
  RunFor(absl::Minutes(15));
  const std::string text = daemon_->MetricsText(FixedProcess());

  ExpectGoldenFile(std::string(HEYHI_TESTDATA_DIR) + "/metrics.golden", text);
}

// Ten minutes: the own line breaks after two and is mended after four.
TEST_F(DaemonTest, WhatBreaksWithTheOwnNetworkIsTheNetworks) {
  Config config;
  config.targets = {MakeTarget("p", "m")};
  Begin(config, [this](const HttpRequest&) {
    return network_works_ ? AnswerAfter(absl::Seconds(1), 200, HealthyChatBody())
                          : FailureAfter(absl::Milliseconds(50), Reason::kConnUnreachable);
  });
  const std::string labels = R"({provider="p",model="m",check="chat",region="eu-1")";
  RunFor(absl::Minutes(2));
  EXPECT_THAT(daemon_->MetricsText({}),
              testing::HasSubstr("heyhi_network_up{region=\"local\"} 1\n"));
  network_works_ = false;
  RunFor(absl::Minutes(2));
  EXPECT_FALSE(daemon_->Sources().landing_page().network_up);
  EXPECT_THAT(daemon_->MetricsText({}),
              testing::HasSubstr("heyhi_network_up{region=\"local\"} 0\n"));
  network_works_ = true;
  RunFor(absl::Minutes(6));
  const std::string metrics = daemon_->MetricsText({});
  EXPECT_THAT(metrics, testing::HasSubstr("heyhi_network_up{region=\"local\"} 1\n"));
  EXPECT_THAT(metrics, testing::HasSubstr("heyhi_probe_failures_total" + labels +
                                          ",error_type=\"other\",fault=\"provider\"} 0\n"));
  EXPECT_THAT(metrics,
              testing::Not(testing::HasSubstr("heyhi_probe_failures_total" + labels +
                                              ",error_type=\"other\",fault=\"network\"} 0\n")));
  EXPECT_THAT(Log(), testing::HasSubstr("own network is down"));
  EXPECT_THAT(Log(), testing::HasSubstr("own network works again"));
}

// Base ticks and confirming probes are kept apart, and both count once.
TEST_F(DaemonTest, ConfirmsAFailureAndCountsBaseTicksApart) {
  Config config;
  config.targets = {MakeTarget("p", "m")};
  int calls = 0;
  Begin(config, [&calls](const HttpRequest&) {
    return AnswerAfter(absl::Seconds(1), ++calls == 1 ? 500 : 200, HealthyChatBody());
  });
  RunFor(absl::Minutes(10));
  const std::string metrics = daemon_->MetricsText({});
  const std::string labels = R"({provider="p",model="m",check="chat",region="eu-1"} )";
  const auto value = [&](const std::string& name) {
    const std::size_t at = metrics.find("\n" + name + labels);
    return std::atoi(metrics.c_str() + at + 1 + name.size() + labels.size());
  };
  EXPECT_EQ(value("heyhi_probe_attempts_total"), calls);
  EXPECT_NEAR(value("heyhi_scheduled_probe_attempts_total"), 10, 1);
  EXPECT_GE(calls - value("heyhi_scheduled_probe_attempts_total"), 6)
      << "ten looks, some base ticks";
  EXPECT_THAT(
      metrics,
      testing::HasSubstr(R"(heyhi_target_state{provider="p",model="m",check="chat",region="eu-1",)"
                         R"(state="steady"} 1)"));
}

TEST_F(DaemonTest, AProbeDuringWhichThisProcessStoodStillDoesNotCount) {
  Config config;
  config.targets = {MakeTarget("p", "m")};
  Begin(config, [](const HttpRequest&) {
    HttpExchange exchange = FailureAfter(absl::Seconds(20), Reason::kTtfb);
    exchange.stalled = absl::Seconds(15);
    return exchange;
  });
  RunFor(absl::Minutes(5));
  const std::string metrics = daemon_->MetricsText({});
  EXPECT_THAT(metrics, testing::HasSubstr(
                           R"(heyhi_probe_attempts_total{provider="p",model="m",check="chat",)"
                           R"(region="eu-1"} 0)"));
  EXPECT_THAT(metrics, testing::HasSubstr("heyhi_probes_skipped_total{cause=\"disturbed\"} 5"));
  EXPECT_THAT(Log(), testing::HasSubstr("this process stood still during them"));
}

TEST_F(DaemonTest, IsReadyOnceAProbeHasStarted) {
  Config config;
  config.targets = {MakeTarget("well", "m")};
  Begin(config,
        [](const HttpRequest&) { return AnswerAfter(absl::Seconds(1), 200, HealthyChatBody()); });
  const WebSources sources = daemon_->Sources();
  EXPECT_FALSE(sources.ready());
  RunFor(absl::Seconds(30));
  EXPECT_TRUE(sources.ready());
}

TEST_F(DaemonTest, AScrapeStartsNoProbe) {
  Config config;
  config.targets = {MakeTarget("p", "m")};
  Begin(config, [](const HttpRequest&) { return HttpExchange(); });
  RunFor(absl::Minutes(5));
  const std::size_t before = transport_->requests().size();
  const WebSources sources = daemon_->Sources();
  for (int i = 0; i < 100; ++i) {
    daemon_->MetricsText({});
    sources.landing_page();
  }
  EXPECT_GT(before, 0U);
  EXPECT_EQ(transport_->requests().size(), before);
}

TEST_F(DaemonTest, AManualProbeCostsAndChangesNothingElse) {
  Config config;
  config.targets = {MakeTarget("p", "m")};
  config.prices.Override("p", "m", {1, 1});
  int calls = 0;
  Begin(config, [&calls](const HttpRequest&) {
    return AnswerAfter(absl::Seconds(1), ++calls == 1 ? 200 : 500, HealthyChatBody());
  });
  RunFor(absl::Seconds(50));
  const std::string before = daemon_->MetricsText({});
  std::optional<ManualProbe> probe;
  int answers = 0;
  const auto take = [&](std::optional<ManualProbe> made) {
    ++answers;
    probe = std::move(made);
  };
  daemon_->ProbeNow(config.targets[0]->id, take);
  RunFor(absl::Seconds(5));
  ASSERT_TRUE(probe.has_value());
  EXPECT_EQ(probe->result.reason, Reason::kServerError);
  EXPECT_EQ(probe->target, config.targets[0]);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(daemon_->MetricsText({}), before) << "not even confirmed";
  daemon_->ProbeNow({"p", "other", "chat", "eu-1"}, take);
  RunFor(absl::Milliseconds(1));
  EXPECT_EQ(answers, 2);
  EXPECT_FALSE(probe.has_value());
}

TEST_F(DaemonTest, LogsChangesOnceAndWithAdvice) {
  Config config;
  config.targets = {MakeTarget("p", "m")};
  int calls = 0;
  Begin(config, [&calls](const HttpRequest&) {
    const bool down = ++calls > 3 && calls <= 8;
    return AnswerAfter(absl::Seconds(1), down ? 500 : 200, down ? "{}" : HealthyChatBody());
  });
  RunFor(absl::Minutes(15));
  const std::string log = Log();
  EXPECT_THAT(log,
              testing::ContainsRegex(
                  "level=warn msg=\"probe failed\" target=p/m/chat error_type=5xx "
                  "reason=server_error fault=provider took=1000ms detail=\"HTTP status 500\""));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 3) << log;
}

TEST_F(DaemonTest, TheKeyAppearsNowhere) {
  auto target = std::make_shared<Target>(*MakeTarget("p", "m"));
  target->api_key = Secret("sk-canary-7f3a");
  Config config;
  config.targets = {target};
  Begin(config, [](const HttpRequest&) {
    HttpExchange exchange =
        AnswerAfter(absl::Seconds(1), 401, R"({"error":{"message":"bad key sk-canary-7f3a"}})");
    exchange.headers.emplace_back("x-echo", "sk-canary-7f3a");
    return exchange;
  });
  RunFor(absl::Minutes(2));
  const WebSources sources = daemon_->Sources();
  ASSERT_THAT(transport_->requests(), testing::Not(testing::IsEmpty()));
  for (const std::string& text :
       {Log(), daemon_->MetricsText({}), RenderLandingPage(sources.landing_page())}) {
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("canary")));
  }
}

TEST_F(DaemonTest, LearnsTheLeastTokenCapThatTheProviderNames) {
  Config config;
  config.targets = {MakeTarget("p", "m")};
  const auto answer = [](const HttpRequest& request) {
    if (request.body.find("\"max_tokens\":64") != std::string::npos) {
      return AnswerAfter(absl::Seconds(1), 200, HealthyChatBody());
    }
    return AnswerAfter(absl::Seconds(1), 400,
                       R"({"error":{"message":"Invalid 'max_tokens': integer below minimum value. )"
                       R"(Expected a value >= 64, but got 16 instead.","param":"max_tokens"}})");
  };
  Begin(config, answer);
  RunFor(absl::Minutes(5));
  const std::string metrics = daemon_->MetricsText({});
  const std::string labels = R"({provider="p",model="m",check="chat",region="eu-1")";
  EXPECT_THAT(metrics, testing::HasSubstr("heyhi_probe_token_cap" + labels + "} 64\n"));
  EXPECT_THAT(metrics, testing::HasSubstr("heyhi_probe_success" + labels + "} 1\n"));
  EXPECT_THAT(metrics, testing::HasSubstr("heyhi_probe_failure_reasons_total" + labels +
                                          ",reason=\"bad_request_param\"} 1\n"));
  const std::string log = Log();
  const std::size_t first = log.find("max_tokens=64");
  EXPECT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("max_tokens=64", first + 1), std::string::npos) << "logged twice";
}

TEST_F(DaemonTest, ACapThatDoesNotHelpIsNotLearnedAgain) {
  Config config;
  config.targets = {MakeTarget("p", "m")};
  Begin(config, [](const HttpRequest&) {
    return AnswerAfter(absl::Seconds(1), 400,
                       R"({"error":{"message":"max_tokens must be at least 16"}})");
  });
  RunFor(absl::Minutes(5));
  EXPECT_THAT(Log(), testing::Not(testing::HasSubstr("named a least")));
}

TEST_F(DaemonTest, LogsOnceThatAnotherModelAnswers) {
  Config config;
  config.targets = {MakeTarget("p", "asked-model")};
  Begin(config,
        [](const HttpRequest&) { return AnswerAfter(absl::Seconds(1), 200, HealthyChatBody()); });
  RunFor(absl::Minutes(5));
  const std::string log = Log();
  EXPECT_THAT(log, testing::HasSubstr("another model answers"));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2) << log;
}

TEST_F(DaemonTest, NamesTheSuccessorOfARetiredModel) {
  Config config;
  config.targets = {MakeTarget("gemini", "gemini-2.5-pro")};
  clock_.AdvanceTo(clock_.Monotonic() + absl::Hours(24 * 90));  // past its last day
  Begin(config, [](const HttpRequest&) {
    return AnswerAfter(absl::Seconds(1), 404,
                       R"({"error":{"code":"model_not_found","message":"no such model"}})");
  });
  RunFor(absl::Minutes(2));
  EXPECT_THAT(Log(), testing::HasSubstr("reason=model_retired"));
  EXPECT_THAT(Log(), testing::HasSubstr("Its successor is gemini-3.8-flash."));
}

TEST_F(DaemonTest, SaysThatItIsADemo) {
  Config config;
  config.targets = {MakeTarget("p", "m")};
  Begin(
      config, [](const HttpRequest&) { return HttpExchange(); }, /*demo=*/true);
  EXPECT_THAT(daemon_->MetricsText({}), testing::HasSubstr("\nheyhi_demo_mode 1\n"));
  EXPECT_TRUE(daemon_->Sources().landing_page().demo);
}

}  // namespace
}  // namespace heyhi
