#include "exporter/network_settings.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "probes/url.h"

namespace heyhi {
namespace {

constexpr std::size_t kFewest = 3;
constexpr std::size_t kMost = 9;

// "host:port" and nothing more.
bool IsHostAndPort(const std::string& text) {
  const absl::StatusOr<Url> url = ParseUrl(absl::StrCat("https://", text, "/"));
  return url.ok() && text.find_first_of("/?#@ ") == std::string::npos &&
         text.rfind(absl::StrCat(":", url->port)) != std::string::npos;
}

absl::Status ReadCanaries(const YamlNode& node, std::vector<std::string>* canaries) {
  std::set<std::string> seen;
  for (const YamlNode& item : node.items) {
    if (!IsHostAndPort(item.scalar)) {
      return absl::InvalidArgumentError(
          absl::StrCat("network: canaries: expected HOST:PORT, such as www.apple.com:443, not \"",
                       item.scalar, "\""));
    }
    if (!seen.insert(absl::AsciiStrToLower(item.scalar)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("network: canaries: \"", item.scalar, "\" is listed twice"));
    }
    canaries->push_back(item.scalar);
  }
  if (node.kind == YamlNode::Kind::kSequence &&
      (canaries->empty() || (canaries->size() >= kFewest && canaries->size() <= kMost))) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "network: canaries: expected ", kFewest, " to ", kMost, " different endpoints such as [",
      absl::StrJoin(NetworkWatch::DefaultCanaries(), ", "), "], or [] to do without"));
}

}  // namespace

absl::Status ReadNetwork(const YamlNode& node, ConfigInputs& inputs, int* line,
                         NetworkWatch::Options* options) {
  *line = node.line;
  if (node.kind != YamlNode::Kind::kMap) {
    return absl::InvalidArgumentError(
        absl::StrCat("network: expected a map with the key \"canaries\", not ", node.KindName()));
  }
  for (const auto& [key, value] : node.entries) {
    *line = key.line;
    if (key.scalar == "canaries") {
      options->canaries.clear();
      if (auto status = ReadCanaries(value, &options->canaries); !status.ok()) return status;
    } else if (key.scalar == "ca_file" && value.kind == YamlNode::Kind::kScalar) {
      options->ca_file = value.scalar;
      const absl::Status& verdict = inputs.CertificateBundle(options->ca_file);
      if (!verdict.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("network: ca_file: ", std::string(verdict.message())));
      }
    } else if (key.scalar == "proxy" && value.kind == YamlNode::Kind::kScalar) {
      auto proxy = ReadProxy(value.scalar);
      if (!proxy.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("network: ", std::string(proxy.status().message())));
      }
      options->proxy = *std::move(proxy);
    } else if (key.scalar == "ca_file" || key.scalar == "proxy") {
      return absl::InvalidArgumentError(
          absl::StrCat("network: ", key.scalar, ": expected a text, not ", value.KindName()));
    } else {
      return absl::InvalidArgumentError(absl::StrCat("network: unknown key \"", key.scalar,
                                                     "\": expected canaries, ca_file or proxy"));
    }
  }
  return absl::OkStatus();
}

}  // namespace heyhi
