#ifndef HEYHI_SERVING_WEB_CONFIG_H_
#define HEYHI_SERVING_WEB_CONFIG_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "serving/tls_identity.h"

namespace heyhi {

// What --web.config.file says: the format is exporter-toolkit's, so that `promtool
// check web-config` knows it.
struct WebConfig {
  std::optional<TlsIdentity> tls;
  std::map<std::string, std::string> users;  // name to bcrypt hash; none: no passwords
  std::vector<std::pair<std::string, std::string>> headers;  // on every answer
};

// Reads a file; a private one (a key) must not be open to others.
using WebFileReader =
    std::function<absl::StatusOr<std::string>(const std::string& path, bool is_private)>;

// Reads the file and those that it names; relative paths start at its folder. Errors
// name file and line; none repeats a key or a hash. What cannot be honoured (HTTP/2,
// cipher lists, rate limits) is refused with the reason, never left out in silence.
absl::StatusOr<WebConfig> LoadWebConfig(const std::string& path, const WebFileReader& read);

}  // namespace heyhi

#endif  // HEYHI_SERVING_WEB_CONFIG_H_
