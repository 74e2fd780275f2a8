#ifndef HEYHI_EXPORTER_SETTINGS_H_
#define HEYHI_EXPORTER_SETTINGS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "serving/yaml_tree.h"

// The options that may stand at each of the three levels of the configuration:
// defaults, provider, model. The later level wins, option by option.

namespace heyhi {

// A value and the line that set it.
template <typename T>
struct Setting {
  std::optional<T> value;
  int line = 0;
  // It comes from `defaults`, where it may serve some targets and not others.
  bool inherited = false;

  void OverrideWith(const Setting& later) {
    if (later.value.has_value()) *this = later;
  }
};

struct Settings {
  Setting<absl::Duration> interval;
  Setting<absl::Duration> slow_after;
  Setting<absl::Duration> timeout;
  Setting<absl::Duration> latency_objective;
  Setting<std::string> prompt;
  Setting<int> max_tokens;
  Setting<std::vector<std::string>> checks;
  Setting<std::string> api_version;
  Setting<std::string> api_key_env;
  Setting<std::string> api_key_file;
  Setting<std::string> base_url;
  Setting<std::string> dialect;
  Setting<bool> allow_plain_http;
  Setting<std::string> ca_file;
  Setting<std::string> proxy;
  Setting<bool> serves_production;

  // Takes every option that `later` sets.
  void OverrideWith(const Settings& later);
  // Marks the options that need not serve every target.
  void MarkInherited() {
    allow_plain_http.inherited = ca_file.inherited = api_version.inherited = true;
  }
};

struct SettingInfo {
  std::string_view key;
  std::string_view expected;  // "a duration from 1s to 24h"
  std::string_view unset;     // what holds where nothing sets it: "2m"
  std::string_view meaning;   // in a phrase
  // Of the value: JSON Schema. It allows what ReadSetting does, in its usual form: no number
  // in quotes, 1s and not 1000ms for an edge of the histogram.
  std::string_view schema;
};
// All options in the order of the documentation.
std::vector<SettingInfo> AllSettings();

// Reads the option `key` from `value` into `settings`. Returns false for a key
// that is no such option. Errors say what was expected, without file and line.
absl::StatusOr<bool> ReadSetting(const std::string& key, const YamlNode& value, Settings* settings);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_SETTINGS_H_
