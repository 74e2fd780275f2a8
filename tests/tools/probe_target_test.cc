#include "tools/probe_target.h"

#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace heyhi {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kConfig[] = R"(region: eu-1
defaults: {timeout: 30s}
prices: [{provider: acme, model: live/chat, input: 2, output: 4}]
providers:
  - name: openai
    models: [gpt-6-luna, {name: gpt-5-nano, checks: [stream]}]
  - name: groq
  - name: acme
    base_url: https://acme.example/v1
    models: [live, live/chat, other]
)";

// An outside with one key, and one configuration by two names.
class ProbeTargetTest : public testing::Test {
 protected:
  ProbeTargetTest() {
    sources_.environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
    sources_.file = [this](const std::string& path) -> absl::StatusOr<std::string> {
      const auto found = files_.find(path);
      if (found != files_.end()) return found->second;
      return absl::NotFoundError(absl::StrCat(path, ": No such file or directory"));
    };
  }

  absl::StatusOr<PlannedProbe> Plan(const std::string& name) {
    request_.name = name;
    return PlanProbe(request_, sources_);
  }
  // The target's name and where it comes from, or the error.
  std::string Planned(const std::string& name) {
    const auto plan = Plan(name);
    if (!plan.ok()) return std::string(plan.status().message());
    return absl::StrCat(plan->target->id.Name(), " ", plan->origin);
  }
  void Configure(const std::string& file) {
    files_[file] = kConfig;
    if (file != kUsualConfig) request_.config_file = file;
  }

  std::map<std::string, std::string> variables_ = {{"OPENAI_API_KEY", "sk-openai"}};
  std::map<std::string, std::string> files_;
  ConfigSources sources_;
  TargetRequest request_;
};

TEST_F(ProbeTargetTest, ReadsNamesWithoutAConfiguration) {
  variables_ = {{"OPENAI_API_KEY", "k"}, {"OPENROUTER_API_KEY", "k"}};
  const struct {
    const char* name;
    const char* target;
  } cases[] = {
      {"openai", "openai/gpt-6-luna/chat"},
      {"openai/stream", "openai/gpt-6-luna/stream"},
      {"openai/gpt-5-nano", "openai/gpt-5-nano/chat"},
      {"openai/gpt-5-nano/stream", "openai/gpt-5-nano/stream"},
      {"openrouter/openai/gpt-6-luna", "openrouter/openai/gpt-6-luna/chat"},
      {"openrouter/openai/gpt-6-luna/chat", "openrouter/openai/gpt-6-luna/chat"},
      {"openrouter/acme/chat/chat", "openrouter/acme/chat/chat"},
      {"openrouter/stream/big", "openrouter/stream/big/chat"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Planned(c.name), absl::StrCat(c.target, " with HeyHi's defaults"));
  }
}

TEST_F(ProbeTargetTest, TakesTheDefaultsOfAKnownProvider) {
  const auto plan = Plan("openai");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->target->base_url, "https://api.openai.com/v1");
  EXPECT_EQ(plan->target->api_key.Reveal(), "sk-openai");
  EXPECT_EQ(plan->target->call.cap_field, "max_completion_tokens");
  EXPECT_EQ(plan->target->timeout, absl::Seconds(20));
  EXPECT_TRUE(plan->prices.Find("openai", "gpt-6-luna", absl::Now()).has_value());
}

TEST_F(ProbeTargetTest, TakesAnEndpointFromFlags) {
  variables_ = {{"ACME_KEY", "acme-secret"}};
  request_.options = {{"base_url", "http://acme.example/v1"},
                      {"allow_plain_http", "true"},
                      {"dialect", "anthropic_messages"},
                      {"api_key_env", "ACME_KEY"},
                      {"timeout", "1500ms"}};
  const auto plan = Plan("acme/live/stream");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->target->id.Name(), "acme/live/stream");
  EXPECT_EQ(plan->target->dialect, "anthropic_messages");
  EXPECT_EQ(plan->target->api_key.Reveal(), "acme-secret");
  EXPECT_EQ(plan->target->timeout, absl::Milliseconds(1500));
  EXPECT_EQ(plan->origin, "");
}

TEST_F(ProbeTargetTest, NeedsNoKeyForAnEndpointOfOnesOwn) {
  request_.options = {{"base_url", "https://acme.example/v1"}};
  const auto plan = Plan("acme/live");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_TRUE(plan->target->api_key.empty());
}

TEST_F(ProbeTargetTest, TakesAConfiguredTargetWithoutOthersKeys) {
  Configure("/etc/prod.yml");  // groq has no key
  request_.options = {{"timeout", "5s"}};
  const auto plan = Plan("acme/live/chat/stream");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->target->base_url, "https://acme.example/v1");
  EXPECT_EQ(plan->target->id.region, "eu-1");
  EXPECT_EQ(plan->target->timeout, absl::Seconds(5));
  EXPECT_EQ(plan->origin, "as in /etc/prod.yml, but for the check");
  EXPECT_EQ(plan->prices.Find("acme", "live/chat", absl::Now()), (Price{2, 4}));
  request_.options.clear();
  EXPECT_EQ(Plan("openai")->target->timeout, absl::Seconds(30));
}

TEST_F(ProbeTargetTest, ReadsNamesByTheConfiguration) {
  Configure("prod.yml");
  const struct {
    const char* name;
    const char* target;
  } cases[] = {
      {"openai", "openai/gpt-6-luna/chat as in prod.yml"},
      {"openai/chat", "openai/gpt-6-luna/chat as in prod.yml"},
      {"openai/stream", "openai/gpt-6-luna/stream as in prod.yml, but for the check"},
      {"openai/gpt-5-nano", "openai/gpt-5-nano/stream as in prod.yml"},
      {"openai/gpt-5-nano/chat", "openai/gpt-5-nano/chat as in prod.yml, but for the check"},
      {"acme/live/chat", "acme/live/chat as in prod.yml"},
      {"acme/live/chat/chat", "acme/live/chat/chat as in prod.yml"},
      {"acme/live/stream", "acme/live/stream as in prod.yml, but for the check"},
      {"acme/nope/chat",
       "prod.yml has no model \"nope/chat\" of acme: it has live, live/chat, other"},
      {"openai/gpt-5-nanu",
       "prod.yml has no model \"gpt-5-nanu\" of openai (did you mean \"gpt-5-nano\"?): it has "
       "gpt-6-luna, gpt-5-nano"},
      {"acne/live",
       "prod.yml has no provider \"acne\" (did you mean \"acme\"?): it has openai, groq, acme"},
      {"groq",
       "prod.yml:7: environment variable GROQ_API_KEY is not set: it should hold the key of "
       "provider \"groq\"; set it, or name another with api_key_env or api_key_file"},
  };
  for (const auto& c : cases) EXPECT_EQ(Planned(c.name), c.target);
}

TEST_F(ProbeTargetTest, LooksIntoTheUsualConfiguration) {
  Configure(kUsualConfig);
  EXPECT_EQ(Planned("acme"), "acme/live/chat as in heyhi.yml");
  EXPECT_EQ(Planned("openai/gpt-6-lunar"),
            "openai/gpt-6-lunar/chat with HeyHi's defaults: heyhi.yml has no model "
            "\"gpt-6-lunar\" of openai (did you mean \"gpt-6-luna\"?): it has gpt-6-luna, "
            "gpt-5-nano");
  EXPECT_THAT(Planned("acne/live"),
              HasSubstr("unknown provider \"acne\" (did you mean \"acme\"?)"));
  request_.config_file = "";
  EXPECT_EQ(Planned("openai"), "openai/gpt-6-luna/chat with HeyHi's defaults");
  request_.config_file.reset();
  files_[kUsualConfig] = "providers: 7\n";
  EXPECT_THAT(Planned("openai"), HasSubstr("heyhi.yml:1: providers: expected a list"));
  EXPECT_THAT(Planned("openai"), HasSubstr("(--config.file= does without it)"));
}

TEST_F(ProbeTargetTest, LooksIntoNoConfigurationForAnEndpointOfItsOwn) {
  Configure(kUsualConfig);
  request_.options = {{"base_url", "https://other.example/v1"}};
  EXPECT_EQ(Planned("acme/nope"), "acme/nope/chat ");
  request_.config_file = kUsualConfig;
  EXPECT_EQ(Planned("acme/live"),
            "flag --base-url describes an endpoint of its own, to which no configuration applies: "
            "remove it, or --config.file");
}

TEST_F(ProbeTargetTest, TakesTheCheckFromAFlag) {
  request_.check = "stream";
  EXPECT_EQ(Planned("openai"), "openai/gpt-6-luna/stream with HeyHi's defaults");
  EXPECT_EQ(Planned("openai/stream"), "openai/gpt-6-luna/stream with HeyHi's defaults");
  EXPECT_EQ(Planned("openai/chat"), "the target says chat, but --check says stream: remove one");
  request_.check = "streem";
  EXPECT_EQ(Planned("openai"), "flag --check: expected chat or stream (did you mean \"stream\"?)");
}

TEST_F(ProbeTargetTest, SaysWhatIsWrongInTheWordsOfTheCommandLine) {
  using Options = std::vector<std::pair<std::string, std::string>>;
  const struct {
    const char* name;
    Options options;
    const char* error;
  } cases[] = {
      {"", {}, "the target: expected PROVIDER, PROVIDER/MODEL or"},
      {"/gpt", {}, "the target: expected"},
      {"openai/", {}, "the target: expected"},
      {"open ai", {}, "the target: expected"},
      {"opnai", {}, "unknown provider \"opnai\" (did you mean \"openai\"?): name one of openai, "},
      {"OpenAI", {}, "(did you mean \"openai\"?)"},
      {"openrouter", {}, "\"openrouter\" has no default model: name one, as in PROVIDER/MODEL"},
      {"acme", {{"base_url", "https://acme.example"}}, "\"acme\" has no default model"},
      {"groq",
       {},
       "environment variable GROQ_API_KEY is not set: it should hold the key of "
       "provider \"groq\"; set it, or name another with --api-key-env or "
       "--api-key-file"},
      {"azure_openai/m", {}, "add --base-url, such as https://RESOURCE.openai.azure.com"},
      {"a/m", {{"base_url", "http://acme.example"}}, "use https, or set --allow-plain-http"},
      {"a/m", {{"base_url", "ftp://acme.example"}}, "--base-url: "},
      {"openai",
       {{"timeout", "5"}},
       "flag --timeout: expected a duration from 100ms to 2m, not "
       "\"5\""},
      {"openai", {{"dialect", "x"}}, "unknown dialect \"x\": this version knows openai_chat, "},
      {"openai", {{"ca_file", "/no.pem"}}, "--ca-file: /no.pem: No such file or directory"},
      {"openai", {{"proxy", "https://proxy.example"}}, "--proxy: expected none or the URL of"},
      {"openai", {{"api_key_env", "OPENAI_API_KEY"}, {"api_key_file", "k"}}, "exclude each other"},
  };
  for (const auto& c : cases) {
    request_.options = c.options;
    EXPECT_THAT(Planned(c.name), HasSubstr(c.error));
  }
}

TEST_F(ProbeTargetTest, RepeatsNothingThatMayBeAKey) {
  const std::string key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEF";
  EXPECT_THAT(Planned(key), Not(HasSubstr("sk-proj")));
  request_.options = {{"api_key_env", key}};
  EXPECT_THAT(Planned("openai"), HasSubstr("flag --api-key-env: expected the name of"));
  EXPECT_THAT(Planned("openai"), Not(HasSubstr("sk-proj")));
}

}  // namespace
}  // namespace heyhi
