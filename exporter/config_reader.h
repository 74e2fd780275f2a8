#ifndef HEYHI_EXPORTER_CONFIG_READER_H_
#define HEYHI_EXPORTER_CONFIG_READER_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "exporter/config.h"
#include "exporter/config_inputs.h"
#include "exporter/config_tree.h"
#include "exporter/settings.h"
#include "serving/yaml_tree.h"

namespace heyhi {

// Makes a configuration of a tree that has been parsed: LoadConfig's other half. One Read
// each.
class ConfigReader {
 public:
  // All must outlive the reader.
  ConfigReader(const ConfigTree& tree, const ConfigSources& sources, const TargetFilter& filter)
      : tree_(tree), inputs_(sources), filter_(filter) {}

  absl::StatusOr<Config> Read();

 private:
  absl::Status Error(int line, const std::string& message) const {
    return absl::InvalidArgumentError(absl::StrCat(tree_.Place(line), ": ", message));
  }
  absl::Status UnknownKey(const YamlNode& key, const std::vector<std::string>& known) const;

  // Reads the settings among a map's entries; `own_keys` are left to the caller.
  absl::StatusOr<Settings> ReadSettings(const YamlNode& map,
                                        const std::vector<std::string>& own_keys) const;
  absl::Status CheckName(const std::string& key, const YamlNode& value) const;
  absl::Status ReadRegion(const YamlNode& value);
  absl::Status ReadProfile(const YamlNode& value);
  absl::Status ReadDefaults(const YamlNode& value);
  absl::Status ReadNetworkOptions(const YamlNode& value);
  absl::Status ReadMaxInFlight(const YamlNode& value);
  absl::Status ReadMaxHandshakes(const YamlNode& value);
  absl::Status ReadCount(const char* key, const YamlNode& value, std::size_t most,
                         std::size_t* count) const;
  absl::Status ReadMaintenanceWindows(const YamlNode& value);
  absl::Status OverridePrices(const YamlNode& value);
  absl::Status ReadBudget(const YamlNode& value);
  absl::Status ReadProvider(const YamlNode& node);
  absl::Status ReadModel(const YamlNode& node, const std::string& provider,
                         const Settings& inherited);
  absl::Status AddTargets(int line, const std::string& provider, const std::string& model,
                          const Settings& settings);

  const ConfigTree& tree_;
  ConfigInputs inputs_;
  const TargetFilter& filter_;
  Settings defaults_;
  Config config_;
  std::map<std::string, int> provider_lines_;
  std::map<std::string, int> target_lines_;
  std::set<std::pair<std::string, std::string>> models_;  // with their providers; filtered too
  std::vector<TargetId> all_targets_;                     // filtered ones too
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_CONFIG_READER_H_
