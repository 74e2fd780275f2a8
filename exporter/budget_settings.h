#ifndef HEYHI_EXPORTER_BUDGET_SETTINGS_H_
#define HEYHI_EXPORTER_BUDGET_SETTINGS_H_

#include "absl/status/statusor.h"
#include "serving/yaml_tree.h"

namespace heyhi {

// Reads the value of `budget`: USD a month. An error comes without file and line; `*line`
// is then where it is.
absl::StatusOr<double> ReadBudget(const YamlNode& node, int* line);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_BUDGET_SETTINGS_H_
