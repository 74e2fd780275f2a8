#include "exporter/config.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "exporter/settings.h"
#include "tools/certificate.h"

namespace heyhi {
namespace {

// A real one: the configuration looks inside.
std::string ACertificate() {
  static const auto& pem = *new std::string(MakeCertificate()->ca);
  return pem;
}

// An outside with a few keys and files, and nothing else.
ConfigSources FakeSources() {
  return {[](const std::string& name) -> std::optional<std::string> {
            const std::map<std::string, std::string> variables = {
                {"OPENAI_API_KEY", "sk-openai"},
                {"GROQ_API_KEY", "gsk-groq"},
                {"OTHER_KEY", "sk-other"},
                {"EMPTY_KEY", ""},
                {"KEY_WITH_NEWLINE", "sk-secret\nx-evil: 1"}};
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional(found->second);
          },
          [](const std::string& path) -> absl::StatusOr<std::string> {
            const std::map<std::string, std::string> files = {
                {"/run/secrets/key", "sk-from-file\n"},
                {"/run/secrets/two-lines", "sk-secret\nsk-secret\n"},
                {"/etc/ca.pem", ACertificate()},
                {"/etc/not-ca.pem", "hello"}};
            const auto found = files.find(path);
            if (found != files.end()) return found->second;
            return absl::NotFoundError(absl::StrCat(path, ": No such file or directory"));
          }};
}

absl::StatusOr<Config> Parse(const std::string& text) {
  return ParseConfig("heyhi.yml", text, FakeSources());
}

TEST(ConfigTest, AKnownProviderNeedsOnlyItsName) {
  const auto config = Parse("providers:\n  - name: openai\n");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->targets.size(), 1U);
  const Target& target = *config->targets[0];
  EXPECT_EQ(target.id, (TargetId{"openai", "gpt-6-luna", "chat", "local"}));
  EXPECT_EQ(target.base_url, "https://api.openai.com/v1");
  EXPECT_EQ(target.api_key.Reveal(), "sk-openai");
  EXPECT_EQ(target.call.cap_field, "max_completion_tokens");
  EXPECT_EQ(target.call.token_cap, 16);
  EXPECT_EQ(target.interval, absl::Minutes(2));
  EXPECT_EQ(target.slow_after, absl::Seconds(3));
  EXPECT_EQ(target.timeout, absl::Seconds(20));
  EXPECT_EQ(target.latency_objective, absl::Seconds(5));
  EXPECT_FALSE(target.serves_production);
}

TEST(ConfigTest, LaterLevelsWin) {
  const auto config = Parse(R"(
region: eu-1
defaults: {interval: 2m, timeout: 30s, prompt: one}
providers:
  - name: openai
    interval: 1m
    prompt: two
    models:
      - gpt-6-luna
      - {name: gpt-6-sol, prompt: three, latency_objective: 7.5s, serves_production: true}
)");
  ASSERT_TRUE(config.ok()) << config.status();
  const Target& first = *config->targets[0];
  const Target& second = *config->targets[1];
  EXPECT_EQ(first.id.region, "eu-1");
  EXPECT_EQ(first.timeout, absl::Seconds(30));
  EXPECT_EQ(first.interval, absl::Minutes(1));
  EXPECT_EQ(first.prompt, "two");
  EXPECT_EQ(second.prompt, "three");
  EXPECT_EQ(second.latency_objective, absl::Milliseconds(7500));
  EXPECT_TRUE(second.serves_production);
}

TEST(ConfigTest, AProfileSetsTheIntervalUnlessOneIsGiven) {
  const auto config =
      Parse("profile: thrifty\nproviders:\n  - {name: openai}\n  - {name: groq, interval: 30s}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->targets[0]->interval, absl::Minutes(5));
  EXPECT_EQ(config->targets[1]->interval, absl::Seconds(30));
}

TEST(ConfigTest, DefaultsNeedNotServeEveryTarget) {
  const auto config = Parse(
      "defaults: {ca_file: /etc/ca.pem, allow_plain_http: true}\nproviders:\n  - {name: openai}\n"
      "  - {name: local, base_url: 'http://127.0.0.1:1', models: [m]}\n");
  EXPECT_TRUE(config.ok()) << config.status();
}

TEST(ConfigTest, AnyCompatibleEndpointCanBeNamed) {
  const auto config = Parse(R"(
providers:
  - name: vllm-internal
    dialect: openai_chat
    base_url: https://llm.example.internal/v1
    api_key_file: /run/secrets/key
    ca_file: /etc/ca.pem
    models: [qwen3-4b]
  - name: local
    base_url: http://127.0.0.1:8000/v1
    models: [tiny]
  - name: lan
    base_url: http://10.0.0.5:8000/v1
    allow_plain_http: true
    models: [tiny]
)");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->targets[0]->api_key.Reveal(), "sk-from-file");
  EXPECT_EQ(config->targets[0]->ca_file, "/etc/ca.pem");
  EXPECT_TRUE(config->targets[1]->api_key.empty());
}

TEST(ConfigTest, AKeyNamedLaterReplacesTheOneBefore) {
  const auto config = Parse(
      "defaults: {api_key_env: OTHER_KEY}\nproviders:\n  - {name: openai, api_key_file: "
      "/run/secrets/key}\n  - {name: groq}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->targets[0]->api_key.Reveal(), "sk-from-file");
  EXPECT_EQ(config->targets[1]->api_key.Reveal(), "sk-other");
}

TEST(ConfigTest, CanariesTakeTheProxyOfDefaults) {
  const auto proxies = [](const std::string& text) {
    const auto config = Parse(text);
    EXPECT_TRUE(config.ok()) << config.status();
    return config.ok() ? absl::StrCat(config->targets[0]->proxy, "|", config->network.proxy) : "";
  };
  const std::string end = "\nproviders: [{name: openai}]\n";
  EXPECT_EQ(proxies(end), "|");
  EXPECT_EQ(proxies("defaults: {proxy: 'http://p.test:3128'}" + end),
            "http://p.test:3128|http://p.test:3128");
  EXPECT_EQ(proxies("defaults: {proxy: 'http://p.test:3128'}\nnetwork: {proxy: none}" + end),
            "http://p.test:3128|");
  EXPECT_EQ(proxies("network: {proxy: 'http://[::1]:8080/'}" + end), "|http://[::1]:8080/");
  EXPECT_EQ(proxies("defaults: {proxy: 'http://p.test:3128'}\n"
                    "providers: [{name: openai, proxy: none}]\n"),
            "|http://p.test:3128");
}

TEST(ConfigTest, ReadsNetworkGateAndMaintenance) {
  const auto config = Parse(R"(
network:
  canaries: ["a.test:443", "10.0.0.1:8443", "[2001:db8::1]:443"]
  ca_file: /etc/ca.pem
max_in_flight: 200
max_handshakes: 8
maintenance:
  - {from: "2026-12-01 02:00", to: "2026-12-01T04:30", zone: Asia/Seoul, targets: [openai]}
  - {days: [sat, SUN], from: "22:00", to: "02:00"}
  - {from: "03:00", to: "24:00"}
providers: [{name: openai}]
)");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->network.canaries.size(), 3U);
  EXPECT_EQ(config->network.ca_file, "/etc/ca.pem");
  EXPECT_EQ(config->max_in_flight, 200U);
  EXPECT_EQ(config->max_handshakes, 8U);
  ASSERT_EQ(config->maintenance.size(), 3U);
  EXPECT_EQ(config->maintenance[0].zone.name(), "Asia/Seoul");
  EXPECT_EQ(config->maintenance[0].from, absl::CivilMinute(2026, 12, 1, 2, 0));
  EXPECT_FALSE(config->maintenance[0].weekly);
  EXPECT_EQ(config->maintenance[1].from_minute, 22 * 60);
  EXPECT_TRUE(config->maintenance[1].days[5] && config->maintenance[1].days[6]);
  EXPECT_FALSE(config->maintenance[1].days[0]);
  EXPECT_TRUE(config->maintenance[2].weekly && config->maintenance[2].days[0]);
  EXPECT_EQ(config->maintenance[2].to_minute, 24 * 60);
}

TEST(ConfigTest, CanariesAreKnownWithoutNamingThemAndMayBeLeftOut) {
  EXPECT_EQ(Parse("providers: [{name: openai}]\n")->network.canaries.size(), 3U);
  EXPECT_TRUE(
      Parse("network: {canaries: []}\nproviders: [{name: openai}]\n")->network.canaries.empty());
}

TEST(ConfigTest, AnAddressOfOursIsHeldToPublicAddresses) {
  const auto config = Parse(
      "providers:\n  - name: openai\n  - {name: groq, base_url: 'https://groq.internal/v1'}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->targets[0]->public_only);
  EXPECT_FALSE(config->targets[1]->public_only);
}

TEST(ConfigTest, TheExampleFileIsGood) {
  std::ifstream file(std::string(HEYHI_SOURCE_DIR) + "/heyhi.example.yml");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ConfigSources sources = FakeSources();
  sources.environment = [](const std::string&) { return "key"; };
  sources.file = [](const std::string&) { return std::string("key"); };
  const auto config = ParseConfig("heyhi.example.yml", text, sources);
  EXPECT_TRUE(config.ok()) << config.status();
}

TEST(ConfigTest, EverySettingIsInTheExampleAndTheReadme) {
  const auto read = [](const char* name) {
    std::ifstream file(absl::StrCat(HEYHI_SOURCE_DIR, "/", name));
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  };
  const std::string example = read("heyhi.example.yml");
  std::string row = "| any |";
  for (const SettingInfo& setting : AllSettings()) {
    const std::string key(setting.key);
    EXPECT_THAT(example, testing::HasSubstr(key + ":")) << "heyhi.example.yml lacks it";
    absl::StrAppend(&row, " `", key, "`");
  }
  EXPECT_THAT(read("README.md"), testing::HasSubstr(row + " |\n")) << "README.md lists others";
}

// Each file begins with "# error: " and the exact message without the file's name.
std::vector<std::string> InvalidFiles() {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(absl::StrCat(HEYHI_TESTDATA_DIR, "/config"))) {
    if (absl::StartsWith(entry.path().filename().string(), "invalid_")) {
      files.push_back(entry.path().stem().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

class InvalidConfigTest : public testing::TestWithParam<std::string> {};

TEST_P(InvalidConfigTest, IsRefusedWithItsMessage) {
  std::ifstream file(absl::StrCat(HEYHI_TESTDATA_DIR, "/config/", GetParam(), ".yml"));
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::string prefix = "# error: ";
  ASSERT_TRUE(absl::StartsWith(text, prefix)) << "the first line must name the error";
  const std::string expected = text.substr(prefix.size(), text.find('\n') - prefix.size());

  const auto config = Parse(text);
  ASSERT_FALSE(config.ok()) << "accepted";
  EXPECT_EQ(config.status().message(), absl::StrCat("heyhi.yml:", expected));
  const std::string message(config.status().message());
  EXPECT_THAT(message, testing::Not(testing::HasSubstr("sk-")));
  EXPECT_THAT(message, testing::Not(testing::ContainsRegex("[Ss]ecret|SECRET")));
}

INSTANTIATE_TEST_SUITE_P(All, InvalidConfigTest, testing::ValuesIn(InvalidFiles()),
                         [](const auto& test) { return test.param; });

TEST(ConfigTest, NamesAFileThatIsNotThere) {
  const auto config = LoadConfig("/nowhere/heyhi.yml", SystemConfigSources());
  EXPECT_EQ(config.status().message(), "/nowhere/heyhi.yml: No such file or directory");
}

class ConfigFolderTest : public testing::Test {
 protected:
  // The folder that holds these files, by name.
  absl::StatusOr<Config> Load(const std::map<std::string, std::string>& files) {
    ConfigSources sources = FakeSources();
    sources.folder = [&files](const std::string& path) {
      EXPECT_EQ(path, "conf.d");
      std::vector<std::string> paths;
      for (const auto& [name, text] : files) paths.push_back("conf.d/" + name);
      return paths;
    };
    sources.file = [&files](const std::string& path) { return files.at(path.substr(7)); };
    return LoadConfig("conf.d", sources);
  }
  std::string ErrorOf(const std::map<std::string, std::string>& files) {
    return std::string(Load(files).status().message());
  }
};

TEST_F(ConfigFolderTest, ListsGoOnAndTheRestStandsInAnyFile) {
  const auto config =
      Load({{"10-base.yml", "region: seoul\ndefaults: {interval: 5m}\n"},
            {"20-openai.yml", "providers: [{name: openai}]\n"},
            {"25-empty.yml", "# later\n"},
            {"30-mistral.yml", "providers:\n  - {name: mistral, api_key_env: OPENAI_API_KEY}\n"}});
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->targets.size(), 2U);
  EXPECT_EQ(config->targets[0]->id.Name(), "openai/gpt-6-luna/chat");
  EXPECT_EQ(config->targets[1]->id.provider, "mistral");
  EXPECT_EQ(config->targets[1]->id.region, "seoul");
  EXPECT_EQ(config->targets[1]->interval, absl::Minutes(5));
}

TEST_F(ConfigFolderTest, ErrorsNameFileAndLine) {
  const std::string base = "# one\nregion: a\nproviders:\n  - name: openai\n";
  EXPECT_EQ(
      ErrorOf({{"a.yml", base}, {"b.yml", "\nregion: b\n"}}),
      "conf.d/b.yml:2: \"region\" stands in conf.d/a.yml:2 already: it may be in one file only");
  EXPECT_EQ(
      ErrorOf({{"a.yml", base}, {"b.yml", "providers:\n  - {name: openai}\n"}}),
      "conf.d/b.yml:2: provider \"openai\" is listed twice (first on conf.d/a.yml:4): put its "
      "models together");
  EXPECT_EQ(ErrorOf({{"a.yml", base}, {"b.yml", "\n\nprovidrs: []\n"}}),
            "conf.d/b.yml:3: unknown key \"providrs\" (did you mean \"providers\"?)");
  EXPECT_EQ(ErrorOf({{"a.yml", base}, {"b.yml", "- x\n"}}),
            "conf.d/b.yml:1: expected a map with keys such as \"providers\"");
  EXPECT_EQ(ErrorOf({{"a.yml", base}, {"b.yml", "x: 1\nx: 2\n"}}),
            "conf.d/b.yml:2: duplicate key \"x\" (first on line 1)");
  const std::string price =
      "prices: [{provider: openai, model: gpt-6-luna, input: 1, output: 1}]\n";
  EXPECT_EQ(ErrorOf({{"a.yml", base + price}, {"b.yml", price}}),
            "conf.d/b.yml:1: prices: openai/gpt-6-luna is listed twice (first on conf.d/a.yml:5): "
            "remove one");
  EXPECT_EQ(ErrorOf({}), "conf.d: this folder has no file that ends in .yml or .yaml");
}

TEST_F(ConfigFolderTest, TakesTheYamlFilesOfARealFolder) {
  const std::string folder = testing::TempDir() + "/heyhi_config_folder";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder + "/..data");
  const auto write = [&folder](const char* name, const char* text) {
    std::ofstream(absl::StrCat(folder, "/", name)) << text;
  };
  write("..data/20-b.yaml", "providers: [{name: b, base_url: 'https://b.test', models: [m]}]\n");
  std::filesystem::create_symlink("..data/20-b.yaml", folder + "/20-b.yaml");
  write("10-a.yml", "providers: [{name: a, base_url: 'https://a.test', models: [m]}]\n");
  write(".10-a.yml.swp", "not: read\n");
  write("README.md", "not read");
  const auto config = LoadConfig(folder, SystemConfigSources());
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->targets.size(), 2U);
  EXPECT_EQ(config->targets[0]->id.provider, "a");
  EXPECT_EQ(config->targets[1]->id.provider, "b");
}

}  // namespace
}  // namespace heyhi
