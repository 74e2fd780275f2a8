#include "exporter/config_inputs.h"

#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "probes/ca_bundle.h"
#include "serving/file.h"

namespace heyhi {
ConfigSources SystemConfigSources() {
  return {[](const std::string& name) -> std::optional<std::string> {
            // Read before the program starts threads, and nothing here sets variables.
            const char* value = std::getenv(name.c_str());
            return value == nullptr ? std::nullopt : std::optional<std::string>(value);
          },
          &ReadFile};
}

const absl::StatusOr<std::string>& ConfigInputs::File(const std::string& path) {
  const auto known = files_.find(path);
  return known != files_.end() ? known->second
                               : files_.emplace(path, sources_.file(path)).first->second;
}

const absl::Status& ConfigInputs::CertificateBundle(const std::string& path) {
  if (const auto known = bundles_.find(path); known != bundles_.end()) return known->second;
  const absl::StatusOr<std::string>& text = File(path);
  absl::Status verdict = text.status();
  if (text.ok()) {
    verdict = CheckCaBundle(*text);
    if (!verdict.ok()) {
      verdict =
          absl::InvalidArgumentError(absl::StrCat(path, ": ", std::string(verdict.message())));
    }
  }
  return bundles_.emplace(path, std::move(verdict)).first->second;
}

Secret ConfigInputs::Key(const std::string& value) {
  // Not emplace(value, …): it would make the state before it finds a known one.
  return keys_.try_emplace(value, value).first->second;
}

}  // namespace heyhi
