#include "exporter/config_text.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "exporter/maintenance_settings.h"
#include "probes/secret.h"
#include "serving/yaml_writer.h"

namespace heyhi {
namespace {

// The shortest decimal that is read as this number again.
std::string NumberText(double number) {
  char text[400];
  const auto end =
      std::to_chars(std::begin(text), std::end(text), number, std::chars_format::fixed);
  return std::string(text, end.ptr);
}

// Whether the targets differ by their checks alone.
bool HaveTheSameOptions(const Target& a, const Target& b) {
  if (a.id.provider != b.id.provider || a.id.model != b.id.model) return false;
  Target other = b;
  other.id.check = a.id.check;
  return a == other;
}

class ConfigWriter {
 public:
  explicit ConfigWriter(const Config& config) : config_(config) {
    for (const auto& target : config.targets) {
      constexpr std::size_t kShort = 8;  // it may be a word of everyday
      const Secret& key = target->api_key;
      models_.emplace(target->id.provider, target->id.model);
      if (key.Reveal().size() >= kShort &&
          std::find(keys_.begin(), keys_.end(), key) == keys_.end()) {
        keys_.push_back(key);
      }
    }
  }

  std::string Write() {
    out_.Comment(
        "The configuration in effect, every option spelled out. Keys are named, never shown.");
    out_.BeginMap();
    PutText("region", config_.region);
    PutPlain("max_in_flight", absl::StrCat(config_.max_in_flight));
    PutPlain("max_handshakes", absl::StrCat(config_.max_handshakes));
    out_.Key("network");
    out_.BeginMap();
    PutList("canaries", config_.network.canaries);
    PutTextIfAny("ca_file", config_.network.ca_file);
    PutText("proxy", ProxyText(config_.network.proxy));
    out_.EndMap();
    PutMaintenance();
    PutBudget();
    PutPrices();
    PutProviders();
    out_.EndMap();
    return out_.TakeText();
  }

 private:
  // Whoever wrote a key where it does not belong should not see it here.
  std::string WithoutKeys(std::string text) const {
    for (const Secret& key : keys_) text = key.RedactWhole(text);
    return text;
  }

  void PutText(const char* key, const std::string& text) {
    out_.Key(key);
    out_.Text(WithoutKeys(text));
  }
  void PutTextIfAny(const char* key, const std::string& text) {
    if (!text.empty()) PutText(key, text);
  }
  void PutDuration(const char* key, absl::Duration duration) {
    PutText(key, absl::FormatDuration(duration));
  }
  void PutPlain(const char* key, const std::string& text) {
    out_.Key(key);
    out_.Plain(text);
  }
  void PutBool(const char* key, bool value) { PutPlain(key, value ? "true" : "false"); }
  void PutList(const char* key, const std::vector<std::string>& texts) {
    out_.Key(key);
    out_.BeginListInOneLine();
    for (const std::string& text : texts) out_.Text(WithoutKeys(text));
    out_.EndList();
  }

  // Of other shards' targets the reader would know nothing.
  bool HasTarget(const std::string& pattern) const {
    return std::any_of(config_.targets.begin(), config_.targets.end(),
                       [&](const auto& target) { return NamesTarget(pattern, target->id); });
  }

  void PutMaintenance() {
    bool begun = false;
    for (const MaintenanceWindow& window : config_.maintenance) {
      std::vector<std::string> targets;
      std::copy_if(window.targets.begin(), window.targets.end(), std::back_inserter(targets),
                   [this](const std::string& pattern) { return HasTarget(pattern); });
      if (targets.empty() && !window.targets.empty()) continue;
      if (!begun) BeginListOf("maintenance");
      begun = true;
      const MaintenanceWords words = WordsOf(window);
      out_.BeginMapInOneLine();
      PutText("from", words.from);
      PutText("to", words.to);
      if (!words.days.empty()) PutList("days", words.days);
      PutText("zone", window.zone.name());
      if (!targets.empty()) PutList("targets", targets);
      out_.EndMap();
    }
    if (begun) out_.EndList();
  }

  void PutBudget() {
    if (!config_.monthly_budget_usd.has_value()) return;
    out_.Key("budget");
    out_.BeginMap();
    PutPlain("monthly_usd", NumberText(*config_.monthly_budget_usd));
    out_.EndMap();
  }

  void PutPrices() {
    bool begun = false;
    for (const auto& [provider, model, price] : config_.prices.overrides()) {
      if (models_.count({provider, model}) == 0) continue;
      if (!begun) BeginListOf("prices");
      begun = true;
      out_.BeginMapInOneLine();
      PutText("provider", provider);
      PutText("model", model);
      PutPlain("input", NumberText(price.input_usd));
      PutPlain("output", NumberText(price.output_usd));
      out_.EndMap();
    }
    if (begun) out_.EndList();
  }

  void PutProviders() {
    const auto& targets = config_.targets;
    BeginListOf("providers");
    for (std::size_t i = 0; i < targets.size();) {
      const std::string& provider = targets[i]->id.provider;
      out_.BeginMap();
      PutText("name", provider);
      BeginListOf("models");
      while (i < targets.size() && targets[i]->id.provider == provider) {
        const Target& model = *targets[i];
        std::vector<std::string> checks;
        for (; i < targets.size() && HaveTheSameOptions(model, *targets[i]); ++i) {
          checks.push_back(targets[i]->id.check);
        }
        PutModel(model, checks);
      }
      out_.EndList();
      out_.EndMap();
    }
    out_.EndList();
  }

  void PutModel(const Target& target, const std::vector<std::string>& checks) {
    out_.BeginMap();
    PutText("name", target.id.model);
    PutList("checks", checks);
    PutDuration("interval", target.interval);
    PutDuration("timeout", target.timeout);
    // Where it has no effect it would be refused.
    if (target.slow_after < target.timeout) PutDuration("slow_after", target.slow_after);
    PutDuration("latency_objective", target.latency_objective);
    PutText("prompt", target.prompt);
    PutPlain("max_tokens", absl::StrCat(target.call.token_cap));
    PutText("dialect", target.dialect);
    if (!target.public_only) PutText("base_url", target.base_url);
    if (target.allow_plain_http) PutBool("allow_plain_http", true);
    PutTextIfAny("api_version", target.api_version);
    PutTextIfAny("api_key_env", target.api_key_env);
    PutTextIfAny("api_key_file", target.api_key_file);
    PutTextIfAny("ca_file", target.ca_file);
    PutText("proxy", ProxyText(target.proxy));
    PutBool("serves_production", target.serves_production);
    out_.EndMap();
  }

  static std::string ProxyText(const std::string& proxy) { return proxy.empty() ? "none" : proxy; }

  void BeginListOf(const char* key) {
    out_.Key(key);
    out_.BeginList();
  }

  const Config& config_;
  std::vector<Secret> keys_;
  std::set<std::pair<std::string, std::string>> models_;  // with their providers
  YamlWriter out_;
};

}  // namespace

std::string ConfigText(const Config& config) { return ConfigWriter(config).Write(); }

}  // namespace heyhi
