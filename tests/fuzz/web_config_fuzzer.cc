#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "serving/web_config.h"

// A web configuration is read whole, or refused with a message that names the file. No
// TLS comes out with half of an identity.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto config = heyhi::LoadWebConfig(
      "fuzz.yml",
      [&text](const std::string& path, bool /*is_private*/) -> absl::StatusOr<std::string> {
        if (path == "fuzz.yml") return text;
        if (absl::EndsWith(path, ".pem")) return "-----BEGIN something";
        return absl::NotFoundError(path + ": No such file or directory");
      });
  if (!config.ok()) {
    if (!absl::StartsWith(config.status().message(), "fuzz.yml:")) std::abort();
  } else if (config->tls.has_value() &&
             (config->tls->private_key.empty() || config->tls->certificate_chain.empty())) {
    std::abort();
  }
  return 0;
}
