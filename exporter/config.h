#ifndef HEYHI_EXPORTER_CONFIG_H_
#define HEYHI_EXPORTER_CONFIG_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "exporter/config_inputs.h"
#include "probes/target.h"

namespace heyhi {

// A configuration that has been read and checked in full: immutable values.
struct Config {
  std::string region = "local";
  std::vector<std::shared_ptr<const Target>> targets;  // at least one, in the file's order
};

// Reads the YAML file `path`. Every error names file and line, the thing and the
// remedy; none repeats a key.
absl::StatusOr<Config> LoadConfig(const std::string& path, const ConfigSources& sources);

// The same from a text; `file` is the name that errors carry.
absl::StatusOr<Config> ParseConfig(const std::string& file, const std::string& text,
                                   const ConfigSources& sources);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_CONFIG_H_
