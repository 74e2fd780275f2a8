#ifndef HEYHI_TOOLS_PROBE_TARGET_H_
#define HEYHI_TOOLS_PROBE_TARGET_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "exporter/config_inputs.h"
#include "probes/network_watch.h"
#include "probes/price_table.h"
#include "probes/target.h"

namespace heyhi {

// The configuration that is looked into where none is named.
inline constexpr char kUsualConfig[] = "heyhi.yml";

// What a command line says of one target.
struct TargetRequest {
  // PROVIDER[/MODEL][/CHECK]. Models may contain "/": the last part is a check
  // where it is the name of one and, with a configuration, where what stands
  // before it is configured.
  std::string name;
  std::string check;  // "" where no flag names one
  // The configuration that must have the target; "" for none, and absent for
  // kUsualConfig, if it has it.
  std::optional<std::string> config_file;
  // Options by their name in the configuration, with their text: base_url, timeout, ….
  // All but timeout describe an endpoint of its own, to which no configuration applies.
  std::vector<std::pair<std::string, std::string>> options;
};

// A probe that may begin.
struct PlannedProbe {
  std::shared_ptr<const Target> target;
  PriceTable prices;
  NetworkWatch::Options network;  // whom to ask where it fails on the way
  std::string origin;             // where the target comes from, for people: "as in heyhi.yml"
};

// The name of the flag that sets an option: "--base-url" for "base_url".
std::string FlagOfOption(std::string_view option);

// Finds or makes the target. From a configuration it is the one that the exporter
// probes, with its key and prices; no other target's key needs to be there. A check
// that is not configured is made with the options of one that is. Without a model it
// is the first configured one, else the provider's default. Errors are one line with
// the remedy, and repeat nothing that may be a key.
absl::StatusOr<PlannedProbe> PlanProbe(const TargetRequest& request, const ConfigSources& sources);

}  // namespace heyhi

#endif  // HEYHI_TOOLS_PROBE_TARGET_H_
