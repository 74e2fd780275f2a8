#include "exporter/config_text.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "exporter/config.h"

namespace heyhi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Config Parse(const std::string& text) {
  const ConfigSources sources = {
      [](const std::string& name) { return std::optional<std::string>("sk-secret-" + name); },
      [](const std::string& /*path*/) -> absl::StatusOr<std::string> { return "sk-secret-file"; }};
  auto config = ParseConfig("heyhi.yml", text, sources);
  EXPECT_TRUE(config.ok()) << config.status() << "\n" << text;
  return config.ok() ? *std::move(config) : Config();
}

// The text of the configuration, which says the same.
std::string TextOf(const std::string& yaml) {
  const Config config = Parse(yaml);
  const std::string text = ConfigText(config);
  EXPECT_TRUE(Parse(text) == config) << text;
  return text;
}

TEST(ConfigTextTest, SpellsEverythingOut) {
  EXPECT_EQ(TextOf("providers: [{name: openai}]\n"),
            R"(# The configuration in effect, every option spelled out. Keys are named, never shown.
region: "local"
max_in_flight: 1000
max_handshakes: 16
network:
  canaries: ["www.wikipedia.org:443", "www.apple.com:443", "deb.debian.org:443"]
  proxy: "none"
providers:
  - name: "openai"
    models:
      - name: "gpt-6-luna"
        checks: ["chat"]
        interval: "2m"
        timeout: "20s"
        slow_after: "3s"
        latency_objective: "5s"
        prompt: "ping"
        max_tokens: 16
        dialect: "openai_chat"
        api_key_env: "OPENAI_API_KEY"
        proxy: "none"
        serves_production: false
)");
}

TEST(ConfigTextTest, HasWhateverAConfigurationMaySay) {
  const std::string text = TextOf(R"(
region: eu-1
profile: fast
max_in_flight: 7
max_handshakes: 2
network: {canaries: [], proxy: "http://canary-proxy:1"}
budget: {monthly_usd: 99999.5}
maintenance:
  - {from: "2026-12-01 02:00", to: "2026-12-01T04:30", zone: Asia/Seoul, targets: [groq, in/a]}
  - {days: [sun, sat], from: "22:00", to: "24:00"}
  - {from: "22:00", to: "02:00"}
prices:
  - {provider: in, model: Qwen/Qwen3, input: 0.1, output: 1e3}
defaults: {api_version: "2026-10-21", allow_plain_http: true}
providers:
  - name: groq
    api_key_file: /run/secrets/groq
    models:
      - {name: m, timeout: 2s, checks: [stream, chat], prompt: "null: [\"ü\"]\n# \t"}
      - n
  - name: in
    base_url: http://llm.example.internal:8000/v1
    models: [{name: Qwen/Qwen3, max_tokens: 1024, interval: 1m30.5s}, a]
    proxy: http://proxy.example.com:3128
  - name: anthropic
)");
  for (const char* line :
       {"region: \"eu-1\"", "canaries: []",
        R"(  - {from: "2026-12-01 02:00", to: "2026-12-01 04:30", zone: "Asia/Seoul")",
        R"(targets: ["groq", "in/a"])",
        "  - {from: \"22:00\", to: \"24:00\", days: [\"sat\", \"sun\"], zone: \"UTC\"}",
        "days: [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]",
        "api_key_file: \"/run/secrets/groq\"", "checks: [\"stream\", \"chat\"]",
        "allow_plain_http: true", "interval: \"1m30.5s\"", "interval: \"1m\"",
        "model: \"Qwen/Qwen3\"", "max_tokens: 1024", "monthly_usd: 99999.5",
        "proxy: \"http://canary-proxy:1\"", "proxy: \"http://proxy.example.com:3128\""}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  const Config again = Parse(text);
  EXPECT_EQ(again.targets[0]->prompt, "null: [\"ü\"]\n# \t");
  EXPECT_EQ(again.targets[0]->timeout, absl::Seconds(2));
  EXPECT_EQ(again.prices.Find("in", "Qwen/Qwen3", absl::Now()), (Price{0.1, 1e3}));
}

TEST(ConfigTextTest, KeepsEntriesOfOneModelApart) {
  const std::string text = TextOf(R"(
providers:
  - name: openai
    models:
      - {name: m, checks: [chat], timeout: 5s, prompt: one}
      - {name: m, checks: [stream], timeout: 50s, prompt: two, serves_production: true}
)");
  EXPECT_THAT(text, HasSubstr("checks: [\"stream\"]"));
}

TEST(ConfigTextTest, OfAShardIsAConfigurationToo) {
  const ConfigSources sources = {[](const std::string&) { return std::optional<std::string>("k"); },
                                 nullptr};
  const std::string yaml = R"(
maintenance:
  - {from: "22:00", to: "02:00", targets: [openai/a]}
  - {from: "0026-12-01 02:00", to: "2026-12-01 04:30", targets: [openai/a, openai/b]}
prices: [{provider: openai, model: a, input: 1, output: 2}]
providers: [{name: openai, models: [a, b]}]
)";
  const auto shard = ParseConfig("heyhi.yml", yaml, sources,
                                 [](const TargetId& target) { return target.model == "b"; });
  ASSERT_TRUE(shard.ok()) << shard.status();
  const Config again = Parse(ConfigText(*shard));
  EXPECT_EQ(again.targets.size(), 1U);
  ASSERT_EQ(again.maintenance.size(), 1U);
  EXPECT_EQ(again.maintenance[0].targets, std::vector<std::string>({"openai/b"}));
  EXPECT_EQ(again.maintenance[0].from, absl::CivilMinute(26, 12, 1, 2, 0));
}

TEST(ConfigTextTest, ShowsNoKeyWhoeverItBelongsTo) {
  const std::string text = ConfigText(Parse(R"(
defaults: {prompt: my key is sk-secret-OPENAI_API_KEY}
providers:
  - {name: openai}
  - {name: groq, models: [m], base_url: "https://example.com/sk-secret-GROQ_API_KEY/v1"}
  - {name: local, models: [sk-secret-OPENAI_API_KEY], base_url: "http://127.0.0.1/v1"}
)"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
  EXPECT_THAT(text, HasSubstr("my key is [key]"));
}

// Keys of some providers begin with words that their addresses have too.
TEST(ConfigTextTest, KeepsWhatAKeyBeginsWith) {
  EXPECT_THAT(TextOf("providers: [{name: openai, prompt: sk-secret-OPENAI}]\n"),
              HasSubstr("prompt: \"sk-secret-OPENAI\""));
}

}  // namespace
}  // namespace heyhi
