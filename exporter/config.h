#ifndef HEYHI_EXPORTER_CONFIG_H_
#define HEYHI_EXPORTER_CONFIG_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "exporter/config_inputs.h"
#include "probes/price_table.h"
#include "probes/target.h"

namespace heyhi {

// A configuration that has been read and checked in full: immutable values.
struct Config {
  std::string region = "local";
  std::vector<std::shared_ptr<const Target>> targets;  // at least one, in the file's order
  PriceTable prices = PriceTable::BuiltIn();           // with the file's own
};

// Chooses among the targets of a configuration; asked of each, in the file's order.
using TargetFilter = std::function<bool(const TargetId&)>;

// Reads the YAML file `path`. Every error names file and line, the thing and the
// remedy; none repeats a key.
absl::StatusOr<Config> LoadConfig(const std::string& path, const ConfigSources& sources);

// The same from a text; `file` is the name that errors carry. Targets that a filter
// refuses are left out, perhaps all: their keys and certificates are not asked for.
absl::StatusOr<Config> ParseConfig(const std::string& file, const std::string& text,
                                   const ConfigSources& sources,
                                   const TargetFilter& filter = nullptr);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_CONFIG_H_
