#ifndef HEYHI_EXPORTER_CONFIG_H_
#define HEYHI_EXPORTER_CONFIG_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "probes/target.h"

namespace heyhi {

// A configuration that has been read and checked in full: immutable values.
struct Config {
  std::string region = "local";
  std::vector<std::shared_ptr<const Target>> targets;  // at least one, in the file's order
};

// The outside that a configuration may refer to; replaced in tests.
struct ConfigSources {
  // The value of an environment variable, if it is set. Asked for keys only.
  std::function<std::optional<std::string>(const std::string& name)> environment;
  // The content of a file.
  std::function<absl::StatusOr<std::string>(const std::string& path)> file;
};

// The process's environment and the file system.
ConfigSources SystemConfigSources();

// Reads the YAML file `path`. Every error names file and line, the thing and the
// remedy; none repeats a key.
absl::StatusOr<Config> LoadConfig(const std::string& path, const ConfigSources& sources);

// The same from a text; `file` is the name that errors carry.
absl::StatusOr<Config> ParseConfig(const std::string& file, const std::string& text,
                                   const ConfigSources& sources);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_CONFIG_H_
