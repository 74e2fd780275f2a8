#ifndef HEYHI_EXPORTER_CONFIG_H_
#define HEYHI_EXPORTER_CONFIG_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "exporter/config_inputs.h"
#include "exporter/maintenance.h"
#include "probes/network_watch.h"
#include "probes/price_table.h"
#include "probes/target.h"

namespace heyhi {

// A configuration that has been read and checked in full: immutable values.
struct Config {
  std::string region = "local";
  std::vector<std::shared_ptr<const Target>> targets;  // in the file's order
  PriceTable prices = PriceTable::BuiltIn();           // with the file's own
  NetworkWatch::Options network;
  std::vector<MaintenanceWindow> maintenance;
  // What all probes of a month may cost; nothing: there is no limit.
  std::optional<double> monthly_budget_usd;
  std::size_t max_in_flight = 1000;  // probes at once
  std::size_t max_handshakes = 16;   // of them, those that are connecting
};

// Whether both say the same, down to the last option.
bool operator==(const Config& a, const Config& b);

// Chooses among the targets of a configuration; asked of each, in the file's order.
using TargetFilter = std::function<bool(const TargetId&)>;

// Reads the YAML file `path`, or those in the folder `path`, by name, as if they were one:
// see ConfigTree. Every error names file and line, the thing and the
// remedy; none repeats a key. There is at least one target; those that a filter
// refuses are left out, perhaps all: their keys and certificates are not asked for.
absl::StatusOr<Config> LoadConfig(const std::string& path, const ConfigSources& sources,
                                  const TargetFilter& filter = nullptr);

// The same from a text; `file` is the name that errors carry.
absl::StatusOr<Config> ParseConfig(const std::string& file, const std::string& text,
                                   const ConfigSources& sources,
                                   const TargetFilter& filter = nullptr);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_CONFIG_H_
