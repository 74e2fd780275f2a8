// A configuration that takes another's place while the daemon runs.
#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/exporter/daemon_fixture.h"

namespace heyhi {
namespace {

using testing::HasSubstr;
using testing::Not;

class DaemonReloadTest : public DaemonTest {
 protected:
  static Config ConfigOf(std::vector<std::shared_ptr<const Target>> targets) {
    Config config;
    config.region = "eu-1";
    config.targets = std::move(targets);
    return config;
  }
  void BeginHealthy(Config config) {
    Begin(std::move(config),
          [](const HttpRequest&) { return AnswerAfter(absl::Seconds(1), 200, HealthyChatBody()); });
  }
  void Replace(Config config) {
    bool in_force = false;
    daemon_->Replace(std::move(config), [&in_force](bool done) { in_force = done; });
    EXPECT_FALSE(in_force) << "only between two steps";
    daemon_->Step(clock_.Monotonic());
    EXPECT_TRUE(in_force);
  }
  // The sample of that name that the target has, or -1.
  double Sample(const std::string& name, const std::string& provider, const std::string& model) {
    const std::string start =
        absl::StrCat(name, "{provider=\"", provider, "\",model=\"", model, "\"");
    for (const absl::string_view line : absl::StrSplit(daemon_->MetricsText({}), '\n')) {
      if (line.substr(0, start.size()) != start) continue;
      return std::stod(std::string(line.substr(line.rfind(' ') + 1)));
    }
    return -1;
  }
  double Attempts(const std::string& provider, const std::string& model) {
    return Sample("heyhi_probe_attempts_total", provider, model);
  }
};

TEST_F(DaemonReloadTest, WhatStaysKeepsItsCountersAndWhatGoesLosesItsSeries) {
  BeginHealthy(ConfigOf({MakeTarget("a", "m"), MakeTarget("b", "m"), MakeTarget("c", "m")}));
  RunFor(absl::Minutes(5));
  const double before = Attempts("b", "m");
  EXPECT_GE(before, 4);
  Replace(ConfigOf({MakeTarget("d", "m"), MakeTarget("b", "m")}));
  EXPECT_EQ(Attempts("b", "m"), before);
  EXPECT_EQ(Attempts("d", "m"), 0);
  EXPECT_THAT(daemon_->MetricsText({}), Not(HasSubstr("provider=\"a\"")));
  EXPECT_THAT(daemon_->MetricsText({}), Not(HasSubstr("provider=\"c\"")));
  RunFor(absl::Minutes(5));
  EXPECT_GE(Attempts("b", "m"), before + 4);
  EXPECT_GE(Attempts("d", "m"), 4);
  const std::vector<TargetStanding> shown = daemon_->Sources().landing_page().targets;
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_EQ(shown[0].target->id.provider, "d");
  EXPECT_EQ(shown[1].target->id.provider, "b");
}

TEST_F(DaemonReloadTest, WhatComesBackStartsAtZero) {
  BeginHealthy(ConfigOf({MakeTarget("a", "m"), MakeTarget("b", "m")}));
  RunFor(absl::Minutes(5));
  Replace(ConfigOf({MakeTarget("a", "m")}));
  EXPECT_EQ(Attempts("b", "m"), -1);
  Replace(ConfigOf({MakeTarget("a", "m"), MakeTarget("b", "m")}));
  EXPECT_EQ(Attempts("b", "m"), 0);
  EXPECT_EQ(Sample("heyhi_probe_success", "b", "m"), -1);
}

TEST_F(DaemonReloadTest, AResultThatComesTooLateIsDropped) {
  Begin(ConfigOf({MakeTarget("a", "m"), MakeTarget("b", "m")}), [](const HttpRequest& request) {
    const bool slow = request.url.find("//b.") != std::string::npos;
    return AnswerAfter(absl::Seconds(slow ? 15 : 1), 200, HealthyChatBody());
  });
  const auto begun = [this] {
    for (const HttpRequest& request : transport_->requests()) {
      if (request.url.find("//b.") != std::string::npos) return true;
    }
    return false;
  };
  while (!begun()) RunFor(absl::Seconds(1));
  Replace(ConfigOf({MakeTarget("a", "m")}));
  RunFor(absl::Seconds(20));
  EXPECT_THAT(daemon_->MetricsText({}), Not(HasSubstr("provider=\"b\"")));
  EXPECT_THAT(daemon_->MetricsText({}), HasSubstr("heyhi_probes_in_flight 0\n"));
  EXPECT_THAT(Log(), Not(HasSubstr("target=b/")));
}

TEST_F(DaemonReloadTest, NewSettingsOfATargetHoldAtOnce) {
  BeginHealthy(ConfigOf({MakeTarget("a", "m")}));
  RunFor(absl::Minutes(2));
  const double before = Attempts("a", "m");
  auto changed = std::make_shared<Target>(*MakeTarget("a", "m"));
  changed->base_url = "https://elsewhere.example/v1";
  changed->latency_objective = absl::Seconds(10);
  changed->serves_production = true;
  changed->interval = absl::Minutes(5);
  Replace(ConfigOf({changed}));
  EXPECT_EQ(Sample("heyhi_probe_latency_objective_seconds", "a", "m"), 10);
  EXPECT_EQ(Sample("heyhi_probe_interval_seconds", "a", "m"), 300);
  const std::string text = daemon_->MetricsText({});
  EXPECT_THAT(text, HasSubstr("serves_production=\"true\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("serves_production=\"false\"")));
  RunFor(absl::Minutes(6));
  EXPECT_GT(Attempts("a", "m"), before);
  EXPECT_THAT(transport_->requests().back().url, HasSubstr("elsewhere.example"));
}

TEST_F(DaemonReloadTest, ALearnedTokenCapStaysLearned) {
  Begin(ConfigOf({MakeTarget("a", "m")}), [](const HttpRequest& request) {
    const bool good = request.body.find("\"max_tokens\":64") != std::string::npos;
    return AnswerAfter(
        absl::Seconds(1), good ? 200 : 400,
        good ? HealthyChatBody() : R"({"error":{"message":"max_tokens must be at least 64"}})");
  });
  RunFor(absl::Minutes(3));
  EXPECT_EQ(Sample("heyhi_probe_token_cap", "a", "m"), 64);
  Replace(ConfigOf({MakeTarget("a", "m")}));
  EXPECT_EQ(Sample("heyhi_probe_token_cap", "a", "m"), 64);
}

TEST_F(DaemonReloadTest, AProviderThatAskedForAWaitIsLeftAloneByItsNewTargetsToo) {
  Begin(ConfigOf({MakeTarget("a", "m")}), [](const HttpRequest&) {
    HttpExchange refused = AnswerAfter(absl::Seconds(1), 429, "{}");
    refused.headers.emplace_back("retry-after", "3600");
    return refused;
  });
  RunFor(absl::Minutes(2));
  const std::size_t calls = transport_->requests().size();
  Replace(ConfigOf({MakeTarget("a", "other")}));
  RunFor(absl::Minutes(30));
  EXPECT_EQ(transport_->requests().size(), calls);
}

TEST_F(DaemonReloadTest, WhatFailedWhileCanariesAreReplacedIsJudgedByTheNewOnes) {
  Begin(ConfigOf({MakeTarget("a", "m")}), [this](const HttpRequest&) {
    return network_works_ ? AnswerAfter(absl::Seconds(1), 200, HealthyChatBody())
                          : FailureAfter(absl::Milliseconds(50), Reason::kConnUnreachable);
  });
  RunFor(absl::Minutes(2));
  network_works_ = false;
  const std::size_t before = transport_->requests().size();
  while (transport_->requests().size() == before) RunFor(absl::Milliseconds(20));
  Config other = ConfigOf({MakeTarget("a", "m")});
  other.network.canaries = {"one.test:443", "two.test:443", "three.test:443"};
  Replace(std::move(other));
  RunFor(absl::Seconds(5));
  EXPECT_THAT(daemon_->MetricsText({}), HasSubstr("error_type=\"other\",fault=\"network\"} 1\n"));
  EXPECT_THAT(daemon_->MetricsText({}), HasSubstr("error_type=\"other\",fault=\"provider\"} 0\n"));
}

TEST_F(DaemonReloadTest, APriceMakesACost) {
  BeginHealthy(ConfigOf({MakeTarget("a", "m")}));
  RunFor(absl::Minutes(2));
  EXPECT_EQ(Sample("heyhi_probe_cost_usd_total", "a", "m"), -1);
  Config priced = ConfigOf({MakeTarget("a", "m")});
  priced.prices.Override("a", "m", {1, 1});
  Replace(std::move(priced));
  EXPECT_EQ(Sample("heyhi_probe_cost_usd_total", "a", "m"), 0);
  RunFor(absl::Minutes(2));
  EXPECT_GT(Sample("heyhi_probe_cost_usd_total", "a", "m"), 0);
}

TEST_F(DaemonReloadTest, WhatIsNoTargetsOwnIsReplacedToo) {
  BeginHealthy(ConfigOf({MakeTarget("a", "m")}));
  RunFor(absl::Minutes(1));
  Config other = ConfigOf({MakeTarget("a", "m")});
  other.region = "us-1";
  other.network.canaries = {"one.test:443", "two.test:443", "three.test:443"};
  other.max_in_flight = 7;
  other.max_handshakes = 3;
  Replace(std::move(other));
  const std::string text = daemon_->MetricsText({});
  EXPECT_THAT(text, HasSubstr("heyhi_network_up{region=\"us-1\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("heyhi_network_up{region=\"eu-1\"}")));
  EXPECT_EQ(daemon_->Sources().landing_page().region, "us-1");
  EXPECT_EQ(transport_->limits().max_in_flight, 7U);
  EXPECT_EQ(transport_->limits().max_handshakes, 3U);
  network_works_ = false;
  RunFor(absl::Hours(2));
  EXPECT_THAT(Log(), HasSubstr("https://one.test:443/"));
}

TEST_F(DaemonReloadTest, AFailureIsShownUntilTheNextOneSucceeds) {
  BeginHealthy(ConfigOf({MakeTarget("a", "m")}));
  RunFor(absl::Minutes(1));
  daemon_->NoteFailedReload();
  EXPECT_THAT(daemon_->MetricsText({}), HasSubstr("heyhi_config_last_reload_successful 0\n"));
  EXPECT_THAT(daemon_->MetricsText({}),
              HasSubstr("heyhi_config_last_reload_success_timestamp_seconds 1790000000\n"));
  Replace(ConfigOf({MakeTarget("a", "m")}));
  EXPECT_THAT(daemon_->MetricsText({}), HasSubstr("heyhi_config_last_reload_successful 1\n"));
  EXPECT_THAT(daemon_->MetricsText({}),
              HasSubstr("heyhi_config_last_reload_success_timestamp_seconds 1790000060\n"));
}

TEST_F(DaemonReloadTest, OneThatComesAfterTheEndIsRefused) {
  BeginHealthy(ConfigOf({MakeTarget("a", "m")}));
  daemon_->Stop();
  daemon_->Run();
  bool refused = false;
  daemon_->Replace(ConfigOf({}), [&refused](bool done) { refused = !done; });
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace heyhi
