#ifndef HEYHI_EXPORTER_MAINTENANCE_SETTINGS_H_
#define HEYHI_EXPORTER_MAINTENANCE_SETTINGS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "exporter/maintenance.h"
#include "serving/yaml_tree.h"

namespace heyhi {

// A window with the line on which its targets are named.
struct MaintenanceSetting {
  MaintenanceWindow window;
  int line = 0;
};

// A window's times and days as `maintenance` takes them; no days where it is not weekly.
struct MaintenanceWords {
  std::string from;
  std::string to;
  std::vector<std::string> days;
};
MaintenanceWords WordsOf(const MaintenanceWindow& window);

// Reads the value of `maintenance`. An error comes without file and line; `*line` is
// then where it is.
absl::StatusOr<std::vector<MaintenanceSetting>> ReadMaintenance(const YamlNode& node, int* line);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_MAINTENANCE_SETTINGS_H_
