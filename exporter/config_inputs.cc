#include "exporter/config_inputs.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "probes/ca_bundle.h"
#include "serving/file.h"

namespace heyhi {
namespace {

// Those that end in .yml or .yaml, by name. Hidden ones are no configuration: editors and
// Kubernetes keep theirs beside it.
std::optional<std::vector<std::string>> ListConfigFolder(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return std::nullopt;
  std::vector<std::string> files;
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end;
       at.increment(error)) {
    const std::filesystem::path& file = at->path();
    const bool is_yaml = file.extension() == ".yml" || file.extension() == ".yaml";
    std::error_code unreadable;  // is told when it is read
    if (is_yaml && file.filename().string()[0] != '.' &&
        !std::filesystem::is_directory(file, unreadable)) {
      files.push_back(file.string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

ConfigSources SystemConfigSources() {
  return {[](const std::string& name) -> std::optional<std::string> {
            // Read before the program starts threads, and nothing here sets variables.
            const char* value = std::getenv(name.c_str());
            return value == nullptr ? std::nullopt : std::optional<std::string>(value);
          },
          &ReadFile, &ListConfigFolder};
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
