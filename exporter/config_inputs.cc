#include "exporter/config_inputs.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "probes/ca_bundle.h"

namespace heyhi {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  constexpr std::size_t kMaxSize = 16 << 20;
  std::error_code ignored;  // what cannot be looked at cannot be opened either
  if (std::filesystem::is_directory(path, ignored)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": Is a directory"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int error = errno;
    return absl::Status(
        error == ENOENT ? absl::StatusCode::kNotFound : absl::StatusCode::kPermissionDenied,
        absl::StrCat(path, ": ", std::strerror(error)));
  }
  std::string text;
  char buffer[65536];
  while (file.read(buffer, sizeof buffer) || file.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxSize) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": larger than 16 MiB"));
    }
  }
  if (file.bad()) return absl::UnavailableError(absl::StrCat(path, ": cannot be read"));
  return text;
}

}  // namespace

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
