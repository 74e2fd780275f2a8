#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "exporter/config.h"
#include "exporter/config_text.h"

// A configuration is read whole, or refused with a message that names the file. What is
// said of it in full is the same configuration.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const heyhi::ConfigSources sources = {
      [](const std::string& /*name*/) { return std::optional<std::string>("sk-fuzz"); },
      [](const std::string& path) -> absl::StatusOr<std::string> {
        return absl::NotFoundError(path + ": No such file or directory");
      }};
  const auto config = heyhi::ParseConfig(
      "fuzz.yml", std::string(reinterpret_cast<const char*>(data), size), sources);
  if (!config.ok()) {
    if (!absl::StartsWith(config.status().message(), "fuzz.yml:")) std::abort();
    return 0;
  }
  if (config->targets.empty()) std::abort();
  const std::string text = heyhi::ConfigText(*config);
  if (text.find("[key]") != std::string::npos) return 0;
  if (text.find("\xef\xbf\xbd") != std::string::npos) return 0;  // for what is no character
  const auto again = heyhi::ParseConfig("text.yml", text, sources);
  if (!again.ok() || !(*again == *config)) std::abort();
  return 0;
}
