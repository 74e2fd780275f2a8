#include "exporter/config_text.h"

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "exporter/maintenance_settings.h"
#include "serving/yaml_writer.h"

namespace heyhi {
namespace {

void PutText(YamlWriter& out, const char* key, const std::string& text) {
  out.Key(key);
  out.Text(text);
}

void PutTextIfAny(YamlWriter& out, const char* key, const std::string& text) {
  if (!text.empty()) PutText(out, key, text);
}

void PutDuration(YamlWriter& out, const char* key, absl::Duration duration) {
  PutText(out, key, absl::FormatDuration(duration));
}

void PutPlain(YamlWriter& out, const char* key, const std::string& text) {
  out.Key(key);
  out.Plain(text);
}

void PutBool(YamlWriter& out, const char* key, bool value) {
  PutPlain(out, key, value ? "true" : "false");
}

void PutList(YamlWriter& out, const char* key, const std::vector<std::string>& texts) {
  out.Key(key);
  out.BeginListInOneLine();
  for (const std::string& text : texts) out.Text(text);
  out.EndList();
}

void PutMaintenance(YamlWriter& out, const std::vector<MaintenanceWindow>& windows) {
  if (windows.empty()) return;
  out.Key("maintenance");
  out.BeginList();
  for (const MaintenanceWindow& window : windows) {
    const MaintenanceWords words = WordsOf(window);
    out.BeginMapInOneLine();
    PutText(out, "from", words.from);
    PutText(out, "to", words.to);
    if (!words.days.empty()) PutList(out, "days", words.days);
    PutText(out, "zone", window.zone.name());
    if (!window.targets.empty()) PutList(out, "targets", window.targets);
    out.EndMap();
  }
  out.EndList();
}

void PutPrices(YamlWriter& out, const PriceTable& prices) {
  if (prices.overrides().empty()) return;
  out.Key("prices");
  out.BeginList();
  for (const auto& [provider, model, price] : prices.overrides()) {
    out.BeginMapInOneLine();
    PutText(out, "provider", provider);
    PutText(out, "model", model);
    PutPlain(out, "input", absl::StrFormat("%.17g", price.input_usd));
    PutPlain(out, "output", absl::StrFormat("%.17g", price.output_usd));
    out.EndMap();
  }
  out.EndList();
}

// The targets of one model differ by their checks alone.
void PutModel(YamlWriter& out, const Target& target, const std::vector<std::string>& checks) {
  out.BeginMap();
  PutText(out, "name", target.id.model);
  PutList(out, "checks", checks);
  PutDuration(out, "interval", target.interval);
  PutDuration(out, "timeout", target.timeout);
  // Where it has no effect it would be refused.
  if (target.slow_after < target.timeout) PutDuration(out, "slow_after", target.slow_after);
  PutDuration(out, "latency_objective", target.latency_objective);
  // Whoever wrote the key where it does not belong should not see it here.
  const auto redacted = [&target](const std::string& text) { return target.api_key.Redact(text); };
  PutText(out, "prompt", redacted(target.prompt));
  PutPlain(out, "max_tokens", absl::StrCat(target.call.token_cap));
  PutText(out, "dialect", target.dialect);
  if (!target.public_only) PutText(out, "base_url", redacted(target.base_url));
  if (target.allow_plain_http) PutBool(out, "allow_plain_http", true);
  PutTextIfAny(out, "api_version", target.api_version);
  PutTextIfAny(out, "api_key_env", target.api_key_env);
  PutTextIfAny(out, "api_key_file", redacted(target.api_key_file));
  PutTextIfAny(out, "ca_file", target.ca_file);
  PutBool(out, "serves_production", target.serves_production);
  out.EndMap();
}

void PutProviders(YamlWriter& out, const std::vector<std::shared_ptr<const Target>>& targets) {
  out.Key("providers");
  out.BeginList();
  for (std::size_t i = 0; i < targets.size();) {
    const std::string& provider = targets[i]->id.provider;
    out.BeginMap();
    PutText(out, "name", provider);
    out.Key("models");
    out.BeginList();
    while (i < targets.size() && targets[i]->id.provider == provider) {
      const Target& model = *targets[i];
      std::vector<std::string> checks;
      for (; i < targets.size() && targets[i]->id.provider == provider &&
             targets[i]->id.model == model.id.model;
           ++i) {
        checks.push_back(targets[i]->id.check);
      }
      PutModel(out, model, checks);
    }
    out.EndList();
    out.EndMap();
  }
  out.EndList();
}

}  // namespace

std::string ConfigText(const Config& config) {
  YamlWriter out;
  out.Comment(
      "The configuration in effect, every option spelled out. Keys are named, never shown.");
  out.BeginMap();
  PutText(out, "region", config.region);
  PutPlain(out, "max_in_flight", absl::StrCat(config.max_in_flight));
  PutPlain(out, "max_handshakes", absl::StrCat(config.max_handshakes));
  out.Key("network");
  out.BeginMap();
  PutList(out, "canaries", config.network.canaries);
  PutTextIfAny(out, "ca_file", config.network.ca_file);
  out.EndMap();
  PutMaintenance(out, config.maintenance);
  PutPrices(out, config.prices);
  PutProviders(out, config.targets);
  out.EndMap();
  return out.TakeText();
}

}  // namespace heyhi
