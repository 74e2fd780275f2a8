#include "exporter/settings.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "exporter/latency_buckets.h"
#include "probes/dialect.h"

namespace heyhi {
namespace {

struct Option {
  std::string_view key;
  std::string_view expected;
  std::string_view unset;
  std::string_view meaning;
  std::string_view schema;
  // False where the value is not what `expected` says.
  bool (*read)(const YamlNode& value, Settings* settings);
};

bool ReadScalar(const YamlNode& node, Setting<std::string>* setting, std::size_t max_size) {
  if (node.kind != YamlNode::Kind::kScalar || node.scalar.empty() ||
      node.scalar.size() > max_size) {
    return false;
  }
  *setting = {node.scalar, node.line};
  return true;
}

bool ReadDuration(const YamlNode& node, absl::Duration least, absl::Duration most,
                  Setting<absl::Duration>* setting) {
  absl::Duration duration;
  if (node.kind != YamlNode::Kind::kScalar || !absl::ParseDuration(node.scalar, &duration) ||
      duration < least || duration > most) {
    return false;
  }
  *setting = {duration, node.line};
  return true;
}

bool ReadInteger(const YamlNode& node, int least, int most, Setting<int>* setting) {
  int number = 0;
  if (node.kind != YamlNode::Kind::kScalar || !absl::SimpleAtoi(node.scalar, &number) ||
      number < least || number > most) {
    return false;
  }
  *setting = {number, node.line};
  return true;
}

// YAML 1.2's two words: "yes" and "on" are refused rather than guessed.
bool ReadBool(const YamlNode& node, Setting<bool>* setting) {
  if (node.kind != YamlNode::Kind::kScalar || (node.scalar != "true" && node.scalar != "false")) {
    return false;
  }
  *setting = {node.scalar == "true", node.line};
  return true;
}

bool ReadChecks(const YamlNode& node, Setting<std::vector<std::string>>* setting) {
  if (node.kind != YamlNode::Kind::kSequence || node.items.empty()) return false;
  std::vector<std::string> checks;
  for (const YamlNode& item : node.items) {
    const bool known =
        item.kind == YamlNode::Kind::kScalar &&
        std::find(std::begin(kChecks), std::end(kChecks), item.scalar) != std::end(kChecks);
    if (!known || std::find(checks.begin(), checks.end(), item.scalar) != checks.end()) {
      return false;
    }
    checks.push_back(item.scalar);
  }
  *setting = {checks, node.line};
  return true;
}

bool ReadObjective(const YamlNode& node, Setting<absl::Duration>* setting) {
  if (!ReadDuration(node, absl::ZeroDuration(), absl::Minutes(1), setting)) return false;
  return std::any_of(std::begin(kDurationBuckets), std::end(kDurationBuckets),
                     [&](double bound) { return absl::Seconds(bound) == setting->value.value(); });
}

// Capitals only, though systems allow more: keys pasted here by mistake have
// small letters.
bool ReadVariableName(const YamlNode& node, Setting<std::string>* setting) {
  constexpr std::size_t kMaxName = 128;
  if (!ReadScalar(node, setting, kMaxName)) return false;
  return node.scalar.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
         std::string::npos;
}

bool ReadVersion(const YamlNode& node, Setting<std::string>* setting) {
  constexpr std::size_t kMaxVersion = 40;
  return ReadScalar(node, setting, kMaxVersion) &&
         std::all_of(node.scalar.begin(), node.scalar.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '.' || c == '-';
         });
}

// What was found, for an error message; for keys only its kind, since somebody
// may have written the key itself there.
std::string Describe(const std::string& option, const YamlNode& value) {
  if (absl::StartsWith(option, "api_key_")) {
    return value.kind == YamlNode::Kind::kScalar ? "what stands there (not shown: it may be a key)"
                                                 : value.KindName();
  }
  constexpr std::size_t kShown = 60;
  if (value.kind == YamlNode::Kind::kScalar) {
    const bool cut = value.scalar.size() > kShown;
    return absl::StrCat("\"", value.scalar.substr(0, kShown), cut ? "…" : "", "\"");
  }
  std::vector<std::string> words;
  for (const YamlNode& item : value.items) {
    if (item.kind != YamlNode::Kind::kScalar) return value.KindName();
    words.push_back(item.scalar);
  }
  return words.empty() ? value.KindName() : absl::StrCat("[", absl::StrJoin(words, ", "), "]");
}

constexpr std::size_t kMaxText = 4096;

constexpr char kDurationSchema[] =
    R"({"type": "string", "pattern": "^[+]?(([0-9]+[.]?[0-9]*|[.][0-9]+)(ns|us|ms|s|m|h))+$"})";
constexpr char kTextSchema[] = R"({"type": "string", "minLength": 1, "maxLength": 4096})";
constexpr char kBoolSchema[] = R"({"type": "boolean"})";

constexpr Option kOptions[] = {
    {"interval", "a duration from 1s to 24h", "the profile's",
     "between base ticks; more often while a failure is confirmed", kDurationSchema,
     [](const YamlNode& n, Settings* s) {
       return ReadDuration(n, absl::Seconds(1), absl::Hours(24), &s->interval);
     }},
    {"slow_after", "a duration from 1ms to 2m", "3s", "a right answer after this counts as slow",
     kDurationSchema,
     [](const YamlNode& n, Settings* s) {
       return ReadDuration(n, absl::Milliseconds(1), absl::Minutes(2), &s->slow_after);
     }},
    {"timeout", "a duration from 100ms to 2m", "20s", "no right answer by then is a failure",
     kDurationSchema,
     [](const YamlNode& n, Settings* s) {
       return ReadDuration(n, absl::Milliseconds(100), absl::Minutes(2), &s->timeout);
     }},
    {"latency_objective",
     "an edge of the duration histogram: 100ms, 250ms, 500ms, 750ms, 1s, 1.5s, 2s, 3s, 5s, 7.5s, "
     "10s, 15s or 20s",
     "5s", "the p95 that the target should stay below, for alerts",
     R"({"enum": ["100ms", "250ms", "500ms", "750ms", "1s", "1.5s", "2s", "3s", "5s", "7.5s", "10s", "15s", "20s"]})",
     [](const YamlNode& n, Settings* s) { return ReadObjective(n, &s->latency_objective); }},
    {"prompt", "a text of at most 4096 bytes", "ping", "what is sent", kTextSchema,
     [](const YamlNode& n, Settings* s) { return ReadScalar(n, &s->prompt, kMaxText); }},
    {"max_tokens", "a whole number from 1 to 1024", "the smallest that works",
     "the cap on output tokens", R"({"type": "integer", "minimum": 1, "maximum": 1024})",
     [](const YamlNode& n, Settings* s) { return ReadInteger(n, 1, 1024, &s->max_tokens); }},
    {"checks", "a list of checks, each once; this version knows: chat, stream", "[chat]",
     "what is exercised; each is a target",
     R"({"type": "array", "items": {"enum": ["chat", "stream"]}, "minItems": 1, "uniqueItems": true})",
     [](const YamlNode& n, Settings* s) { return ReadChecks(n, &s->checks); }},
    {"api_version", "a version such as 2026-10-21", "the provider's",
     "the version that the call names, where it names one",
     R"({"type": "string", "pattern": "^[A-Za-z0-9.-]{1,40}$"})",
     [](const YamlNode& n, Settings* s) { return ReadVersion(n, &s->api_version); }},
    {"api_key_env", "the name of an environment variable: capital letters, digits and \"_\"",
     "the provider's", "the environment variable that holds the key",
     R"({"type": "string", "pattern": "^[A-Z0-9_]{1,128}$"})",
     [](const YamlNode& n, Settings* s) { return ReadVariableName(n, &s->api_key_env); }},
    {"api_key_file", "the path of a file that holds the key", "none",
     "the file that holds the key; a line feed at its end is taken off", kTextSchema,
     [](const YamlNode& n, Settings* s) { return ReadScalar(n, &s->api_key_file, kMaxText); }},
    {"base_url", "an http or https URL", "the provider's",
     "the endpoint; private addresses are allowed where it is written here",
     R"({"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://", "maxLength": 4096})",
     [](const YamlNode& n, Settings* s) { return ReadScalar(n, &s->base_url, kMaxText); }},
    {"dialect", "the name of a dialect", "the provider's, else openai_chat", "how to talk to it",
     R"({"enum": ["openai_chat", "openai_responses", "anthropic_messages", "gemini_generate", "cohere_chat"]})",
     [](const YamlNode& n, Settings* s) { return ReadScalar(n, &s->dialect, kMaxText); }},
    {"allow_plain_http", "true or false", "false",
     "let http go beyond this machine: the key is readable on the way", kBoolSchema,
     [](const YamlNode& n, Settings* s) { return ReadBool(n, &s->allow_plain_http); }},
    {"ca_file", "the path of a PEM file", "the system's bundle",
     "the certificates that verify the server", kTextSchema,
     [](const YamlNode& n, Settings* s) { return ReadScalar(n, &s->ca_file, kMaxText); }},
    {"proxy", "an http URL such as http://proxy.example.com:3128, or none", "none",
     "the HTTP proxy that calls go through",
     R"({"type": "string", "pattern": "^(none|[Hh][Tt][Tt][Pp]://[^/?#@\\s]+/?)$", "maxLength": 4096})",
     [](const YamlNode& n, Settings* s) { return ReadScalar(n, &s->proxy, kMaxText); }},
    {"serves_production", "true or false", "false", "a label for your alerts", kBoolSchema,
     [](const YamlNode& n, Settings* s) { return ReadBool(n, &s->serves_production); }},
};

}  // namespace

void Settings::OverrideWith(const Settings& later) {
  interval.OverrideWith(later.interval);
  slow_after.OverrideWith(later.slow_after);
  timeout.OverrideWith(later.timeout);
  latency_objective.OverrideWith(later.latency_objective);
  prompt.OverrideWith(later.prompt);
  max_tokens.OverrideWith(later.max_tokens);
  checks.OverrideWith(later.checks);
  api_version.OverrideWith(later.api_version);
  // A key named at a later level replaces the earlier one, whichever way each is named.
  if (later.api_key_env.value.has_value() || later.api_key_file.value.has_value()) {
    api_key_env = later.api_key_env;
    api_key_file = later.api_key_file;
  }
  base_url.OverrideWith(later.base_url);
  dialect.OverrideWith(later.dialect);
  allow_plain_http.OverrideWith(later.allow_plain_http);
  ca_file.OverrideWith(later.ca_file);
  proxy.OverrideWith(later.proxy);
  serves_production.OverrideWith(later.serves_production);
}

std::vector<SettingInfo> AllSettings() {
  std::vector<SettingInfo> settings;
  for (const Option& option : kOptions)
    settings.push_back({option.key, option.expected, option.unset, option.meaning, option.schema});
  return settings;
}

absl::StatusOr<bool> ReadSetting(const std::string& key, const YamlNode& value,
                                 Settings* settings) {
  for (const Option& option : kOptions) {
    if (option.key != key) continue;
    if (option.read(value, settings)) return true;
    return absl::InvalidArgumentError(absl::StrCat(key, ": expected ", std::string(option.expected),
                                                   ", not ", Describe(key, value)));
  }
  return false;
}

}  // namespace heyhi
