#include "exporter/config_reader.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "exporter/budget_settings.h"
#include "exporter/cost_plan.h"
#include "exporter/maintenance_settings.h"
#include "exporter/network_settings.h"
#include "exporter/price_settings.h"
#include "exporter/target_builder.h"
#include "probes/url.h"
#include "serving/suggestion.h"

namespace heyhi {
namespace {

bool IsName(const std::string& text, std::string_view extra, std::size_t max_size) {
  for (const char c : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && extra.find(c) == extra.npos) {
      return false;
    }
  }
  return !text.empty() && text.size() <= max_size;
}

bool Contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

const YamlNode* FindEntry(const YamlNode& map, const std::string& key) {
  for (const auto& [name, value] : map.entries) {
    if (name.scalar == key) return &value;
  }
  return nullptr;
}

}  // namespace

absl::Status ConfigReader::UnknownKey(const YamlNode& key,
                                      const std::vector<std::string>& known) const {
  std::string remedy = DidYouMean(key.scalar, known);
  if (key.scalar == "api_key" || key.scalar == "key") {
    remedy = ": name the key with api_key_env or api_key_file, so that it stays out of this file";
  } else if (key.scalar == "<<") {
    remedy = ": merge keys are not supported; put shared options under \"defaults\"";
  }
  return Error(key.line, absl::StrCat("unknown key \"", key.scalar, "\"", remedy));
}

absl::StatusOr<Settings> ConfigReader::ReadSettings(
    const YamlNode& map, const std::vector<std::string>& own_keys) const {
  Settings settings;
  for (const auto& [key, value] : map.entries) {
    if (Contains(own_keys, key.scalar)) continue;
    const absl::StatusOr<bool> known = ReadSetting(key.scalar, value, &settings);
    if (!known.ok()) return Error(key.line, std::string(known.status().message()));
    if (*known) continue;
    std::vector<std::string> accepted = own_keys;
    for (const SettingInfo& setting : AllSettings()) accepted.emplace_back(setting.key);
    return UnknownKey(key, accepted);
  }
  if (settings.api_key_env.value.has_value() && settings.api_key_file.value.has_value()) {
    return Error(settings.api_key_file.line,
                 "api_key_env and api_key_file exclude each other: remove one");
  }
  return settings;
}

absl::StatusOr<Config> ConfigReader::Read() {
  const YamlNode& root = tree_.root();
  const std::vector<std::string> keys = {
      "region",         "profile",     "defaults", "network", "max_in_flight",
      "max_handshakes", "maintenance", "prices",   "budget",  "providers"};
  if (root.kind != YamlNode::Kind::kMap) {
    return Error(std::max(root.line, 1), "expected a map with the key \"providers\"");
  }
  for (const auto& [key, value] : root.entries) {
    if (!Contains(keys, key.scalar)) return UnknownKey(key, keys);
  }
  struct Step {
    const char* key;
    absl::Status (ConfigReader::*read)(const YamlNode& value);
  };
  const auto read_all = [&](std::initializer_list<Step> steps) -> absl::Status {
    for (const Step& step : steps) {
      const YamlNode* value = FindEntry(root, step.key);
      if (value == nullptr) continue;
      if (absl::Status read = (this->*step.read)(*value); !read.ok()) return read;
    }
    return absl::OkStatus();
  };
  absl::Status status = read_all({{"region", &ConfigReader::ReadRegion},
                                  {"profile", &ConfigReader::ReadProfile},
                                  {"max_in_flight", &ConfigReader::ReadMaxInFlight},
                                  {"max_handshakes", &ConfigReader::ReadMaxHandshakes},
                                  {"defaults", &ConfigReader::ReadDefaults},
                                  {"network", &ConfigReader::ReadNetworkOptions}});
  if (!status.ok()) return status;
  const YamlNode* providers = FindEntry(root, "providers");
  if (providers == nullptr || providers->kind != YamlNode::Kind::kSequence ||
      providers->items.empty()) {
    return Error(providers == nullptr ? root.line : providers->line,
                 "providers: expected a list with at least one provider, such as "
                 "\"- name: openai\"");
  }
  for (const YamlNode& provider : providers->items) {
    if (status = ReadProvider(provider); !status.ok()) return status;
  }
  status = read_all({{"prices", &ConfigReader::OverridePrices},
                     {"maintenance", &ConfigReader::ReadMaintenanceWindows},
                     {"budget", &ConfigReader::ReadBudget}});
  if (!status.ok()) return status;
  return std::move(config_);
}

// A profile is a name for how often to probe; `interval` at any level overrides it.
absl::Status ConfigReader::ReadProfile(const YamlNode& value) {
  const std::map<std::string, absl::Duration> intervals = {
      {"thrifty", absl::Minutes(5)}, {"balanced", absl::Minutes(2)}, {"fast", absl::Minutes(1)}};
  const auto found = intervals.find(value.scalar);
  if (value.kind != YamlNode::Kind::kScalar || found == intervals.end()) {
    return Error(value.line, "profile: expected thrifty (every 5m), balanced (2m) or fast (1m)");
  }
  defaults_.interval = {found->second, value.line};
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadDefaults(const YamlNode& value) {
  if (value.kind != YamlNode::Kind::kMap) {
    return Error(value.line,
                 absl::StrCat("defaults: expected a map of options, not ", value.KindName()));
  }
  auto settings = ReadSettings(value, {});
  if (!settings.ok()) return settings.status();
  defaults_.OverrideWith(*settings);
  defaults_.MarkInherited();
  // Where probes need a proxy, canaries do too.
  auto proxy = ReadProxy(defaults_.proxy.value.value_or("none"));
  if (!proxy.ok()) return Error(defaults_.proxy.line, std::string(proxy.status().message()));
  config_.network.proxy = *std::move(proxy);
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadNetworkOptions(const YamlNode& value) {
  int error_line = value.line;
  const absl::Status read = ReadNetwork(value, inputs_, &error_line, &config_.network);
  if (!read.ok()) return Error(error_line, std::string(read.message()));
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadCount(const char* key, const YamlNode& value, std::size_t most,
                                     std::size_t* count) const {
  std::size_t number = 0;
  if (value.kind == YamlNode::Kind::kScalar && absl::SimpleAtoi(value.scalar, &number) &&
      number >= 1 && number <= most) {
    *count = number;
    return absl::OkStatus();
  }
  return Error(value.line, absl::StrCat(key, ": expected a whole number from 1 to ", most));
}

absl::Status ConfigReader::ReadMaxInFlight(const YamlNode& value) {
  return ReadCount("max_in_flight", value, 10000, &config_.max_in_flight);
}

absl::Status ConfigReader::ReadMaxHandshakes(const YamlNode& value) {
  return ReadCount("max_handshakes", value, 256, &config_.max_handshakes);
}

absl::Status ConfigReader::ReadMaintenanceWindows(const YamlNode& value) {
  int error_line = value.line;
  auto settings = ReadMaintenance(value, &error_line);
  if (!settings.ok()) return Error(error_line, std::string(settings.status().message()));
  for (MaintenanceSetting& setting : *settings) {
    for (const std::string& pattern : setting.window.targets) {
      const bool known =
          std::any_of(all_targets_.begin(), all_targets_.end(),
                      [&](const TargetId& target) { return NamesTarget(pattern, target); });
      if (!known) {
        return Error(setting.line, absl::StrCat("maintenance: no target is called \"", pattern,
                                                "\": expected provider, provider/model or "
                                                "provider/model/check"));
      }
    }
    config_.maintenance.push_back(std::move(setting.window));
  }
  return absl::OkStatus();
}

absl::Status ConfigReader::CheckName(const std::string& key, const YamlNode& value) const {
  if (value.kind == YamlNode::Kind::kScalar && IsName(value.scalar, "._-", 64)) {
    return absl::OkStatus();
  }
  return Error(value.line, absl::StrCat(key,
                                        ": expected a name of letters, digits, \".\", \"_\" "
                                        "and \"-\""));
}

absl::Status ConfigReader::ReadRegion(const YamlNode& value) {
  if (absl::Status status = CheckName("region", value); !status.ok()) return status;
  config_.region = value.scalar;
  return absl::OkStatus();
}

// After the targets and the prices, which say what the plan costs.
absl::Status ConfigReader::ReadBudget(const YamlNode& value) {
  int error_line = value.line;
  const absl::StatusOr<double> usd = heyhi::ReadBudget(value, &error_line);
  if (!usd.ok()) return Error(error_line, std::string(usd.status().message()));
  config_.monthly_budget_usd = *usd;
  const absl::Status within = CheckBudget(config_);
  return within.ok() ? within : Error(error_line, std::string(within.message()));
}

absl::Status ConfigReader::OverridePrices(const YamlNode& value) {
  int error_line = value.line;
  const auto settings = ReadPrices(value, &error_line);
  if (!settings.ok()) return Error(error_line, std::string(settings.status().message()));
  std::map<std::pair<std::string, std::string>, int> lines;
  for (const PriceSetting& setting : *settings) {
    const auto [first, added] = lines.try_emplace({setting.provider, setting.model}, setting.line);
    if (!added) {
      return Error(setting.line,
                   absl::StrCat("prices: ", setting.provider, "/", setting.model,
                                " is listed twice (first on ",
                                tree_.PlaceSeenFrom(first->second, setting.line), "): remove one"));
    }
    if (models_.count({setting.provider, setting.model}) == 0) {
      return Error(setting.line, absl::StrCat("prices: has no effect, since ", setting.provider,
                                              "/", setting.model, " is not probed; remove it"));
    }
    config_.prices.Override(setting.provider, setting.model, setting.price);
  }
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadProvider(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kMap) {
    return Error(node.line, absl::StrCat("providers: expected a map such as \"- name: openai\", "
                                         "not ",
                                         node.KindName()));
  }
  const YamlNode* name = FindEntry(node, "name");
  if (name == nullptr) return Error(node.line, "this provider has no name: add \"name: …\"");
  if (absl::Status status = CheckName("name", *name); !status.ok()) return status;
  if (const auto [known, added] = provider_lines_.emplace(name->scalar, name->line); !added) {
    return Error(
        name->line,
        absl::StrCat("provider \"", name->scalar, "\" is listed twice (first on ",
                     tree_.PlaceSeenFrom(known->second, name->line), "): put its models together"));
  }
  auto own = ReadSettings(node, {"name", "models"});
  if (!own.ok()) return own.status();
  Settings settings = defaults_;
  settings.OverrideWith(*own);

  const YamlNode* models = FindEntry(node, "models");
  if (models == nullptr) {
    const Provider* known = FindProvider(name->scalar);
    if (known == nullptr || known->default_model.empty()) {
      return Error(name->line,
                   absl::StrCat("provider \"", name->scalar, "\"",
                                DidYouMean(absl::AsciiStrToLower(name->scalar), ProviderNames()),
                                " has no default model: add \"models: [...]\""));
    }
    return AddTargets(name->line, name->scalar, std::string(known->default_model), settings);
  }
  if (models->kind != YamlNode::Kind::kSequence || models->items.empty()) {
    return Error(models->line, "models: expected a list with at least one model");
  }
  for (const YamlNode& model : models->items) {
    if (absl::Status status = ReadModel(model, name->scalar, settings); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadModel(const YamlNode& node, const std::string& provider,
                                     const Settings& inherited) {
  const YamlNode* name = node.kind == YamlNode::Kind::kMap ? FindEntry(node, "name") : &node;
  if (name == nullptr || name->kind != YamlNode::Kind::kScalar) {
    return Error(node.line, "models: expected a model's name, or a map with the key \"name\"");
  }
  if (!IsName(name->scalar, "._-/:@+", 200)) {
    return Error(name->line,
                 "model name: expected letters, digits and \". _ - / : @ +\", at most 200");
  }
  Settings settings = inherited;
  if (node.kind == YamlNode::Kind::kMap) {
    auto own = ReadSettings(node, {"name"});
    if (!own.ok()) return own.status();
    settings.OverrideWith(*own);
  }
  return AddTargets(name->line, provider, name->scalar, settings);
}

absl::Status ConfigReader::AddTargets(int line, const std::string& provider,
                                      const std::string& model, const Settings& settings) {
  const std::vector<std::string> checks =
      settings.checks.value.value_or(std::vector<std::string>{"chat"});
  for (const std::string& check : checks) {
    const TargetId id{provider, model, check, config_.region};
    if (const auto [known, added] = target_lines_.emplace(id.Name(), line); !added) {
      return Error(line, absl::StrCat("target ", id.Name(), " is listed twice (first on ",
                                      tree_.PlaceSeenFrom(known->second, line), ")"));
    }
    models_.emplace(provider, model);
    all_targets_.push_back(id);
    if (filter_ != nullptr && !filter_(id)) continue;
    int error_line = line;
    auto target = BuildTarget(id, settings, inputs_, &error_line);
    if (!target.ok()) return Error(error_line, std::string(target.status().message()));
    config_.targets.push_back(std::make_shared<const Target>(*std::move(target)));
  }
  return absl::OkStatus();
}

}  // namespace heyhi
