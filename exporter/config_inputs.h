#ifndef HEYHI_EXPORTER_CONFIG_INPUTS_H_
#define HEYHI_EXPORTER_CONFIG_INPUTS_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "probes/secret.h"

namespace heyhi {

// The outside that a configuration may refer to; replaced in tests.
struct ConfigSources {
  // The value of an environment variable, if it is set. Asked for keys only.
  std::function<std::optional<std::string>(const std::string& name)> environment;
  // The content of a file.
  std::function<absl::StatusOr<std::string>(const std::string& path)> file;
  // The paths of the files in a folder that are to be read, in order; absent where `path`
  // is no folder, or where this is null.
  std::function<std::optional<std::vector<std::string>>(const std::string& path)> folder = nullptr;
};

// The process's environment and the file system.
ConfigSources SystemConfigSources();

// What one reading of a configuration takes from outside. Each file is read, and
// each certificate bundle checked, once however many targets name it: checking
// the system's takes 16 ms. Thread-compatible.
class ConfigInputs {
 public:
  // `sources` must outlive it.
  explicit ConfigInputs(const ConfigSources& sources) : sources_(sources) {}

  std::optional<std::string> Environment(const std::string& name) const {
    return sources_.environment(name);
  }
  // The content of the file; the reference lasts as long as this object.
  const absl::StatusOr<std::string>& File(const std::string& path);
  // Whether the file is a good certificate bundle; the error names the path.
  const absl::Status& CertificateBundle(const std::string& path);
  // The key of that value; equal values share one state.
  Secret Key(const std::string& value);

 private:
  const ConfigSources& sources_;
  std::map<std::string, absl::StatusOr<std::string>> files_;
  std::map<std::string, absl::Status> bundles_;
  std::map<std::string, Secret> keys_;
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_CONFIG_INPUTS_H_
