#include "serving/web_config.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "serving/suggestion.h"
#include "serving/yaml_tree.h"

namespace heyhi {
namespace {

// What exporter-toolkit has and this server has not, and what to do about it.
struct Refused {
  const char* key;
  const char* reason;
};
constexpr Refused kRefusedTls[] = {
    {"cert", "give the certificate as a file, with cert_file"},
    {"key", "give the key as a file, with key_file, so that it stays out of this one"},
    {"client_ca", "give the authority as a file, with client_ca_file"},
    {"client_allowed_sans", "names in client certificates are not looked at; let a proxy do it"},
    {"cipher_suites", "cipher suites cannot be chosen; set min_version: TLS13 instead"},
    {"curve_preferences", "curves cannot be chosen; remove it"},
    {"prefer_server_cipher_suites", "cipher suites cannot be chosen; remove it"},
};
constexpr Refused kRefusedTop[] = {
    {"rate_limit", "requests are limited per client address already; remove it"},
};
constexpr const char* kHeaders[] = {"Content-Security-Policy", "Strict-Transport-Security",
                                    "X-Content-Type-Options", "X-Frame-Options",
                                    "X-XSS-Protection"};

constexpr std::pair<const char*, ClientAuth> kClientAuths[] = {
    {"NoClientCert", ClientAuth::kNone},
    {"RequestClientCert", ClientAuth::kRequest},
    {"RequireAnyClientCert", ClientAuth::kRequireAny},
    {"VerifyClientCertIfGiven", ClientAuth::kVerifyIfGiven},
    {"RequireAndVerifyClientCert", ClientAuth::kRequireAndVerify},
};

bool IsBcrypt(const std::string& hash, int* cost) {
  constexpr std::size_t kSize = 60;
  if (hash.size() != kSize || hash[0] != '$' || hash[1] != '2' || hash[3] != '$' ||
      hash[6] != '$' || std::string_view("aby").find(hash[2]) == std::string_view::npos) {
    return false;
  }
  for (std::size_t i = 7; i < kSize; ++i) {
    const auto c = static_cast<unsigned char>(hash[i]);
    if (!absl::ascii_isalnum(c) && c != '.' && c != '/') return false;
  }
  if (!absl::ascii_isdigit(static_cast<unsigned char>(hash[4])) ||
      !absl::ascii_isdigit(static_cast<unsigned char>(hash[5]))) {
    return false;
  }
  *cost = (hash[4] - '0') * 10 + (hash[5] - '0');
  return true;
}

class WebConfigReader {
 public:
  WebConfigReader(const std::string& path, const WebFileReader& read) : path_(path), read_(read) {}

  absl::StatusOr<WebConfig> Read(const YamlNode& root);

 private:
  absl::Status Error(int line, const std::string& message) const {
    return absl::InvalidArgumentError(absl::StrCat(path_, ":", line, ": ", message));
  }
  absl::Status Expect(const YamlNode& node, YamlNode::Kind kind, const std::string& key,
                      const char* expected) const;
  template <std::size_t n>
  absl::Status Unknown(const YamlNode& key, const std::vector<std::string>& known,
                       const Refused (&refused)[n]) const;
  absl::Status ReadTls(const YamlNode& map);
  absl::Status ReadTlsKey(const YamlNode& key, const YamlNode& value, TlsIdentity* tls);
  absl::Status ReadPem(const YamlNode& key, const YamlNode& value, std::string* content) const;
  absl::Status ReadVersion(const YamlNode& value, int* version) const;
  absl::Status CheckTls(int line, const TlsIdentity& tls) const;
  absl::Status ReadHttp(const YamlNode& map);
  absl::Status ReadHeaders(const YamlNode& map);
  absl::Status ReadUsers(const YamlNode& map);

  const std::string path_;
  const WebFileReader& read_;
  WebConfig config_;
};

absl::Status WebConfigReader::Expect(const YamlNode& node, YamlNode::Kind kind,
                                     const std::string& key, const char* expected) const {
  if (node.kind == kind) return absl::OkStatus();
  return Error(node.line,
               absl::StrCat("\"", key, "\" must be ", expected, ", not ", node.KindName()));
}

template <std::size_t n>
absl::Status WebConfigReader::Unknown(const YamlNode& key, const std::vector<std::string>& known,
                                      const Refused (&refused)[n]) const {
  for (const Refused& entry : refused) {
    if (key.scalar == entry.key) {
      return Error(key.line, absl::StrCat("\"", key.scalar, "\" is not supported: ", entry.reason));
    }
  }
  return Error(key.line,
               absl::StrCat("unknown key \"", key.scalar, "\"", DidYouMean(key.scalar, known)));
}

absl::StatusOr<WebConfig> WebConfigReader::Read(const YamlNode& root) {
  if (root.kind == YamlNode::Kind::kNull) return config_;  // as exporter-toolkit takes it
  if (auto status = Expect(root, YamlNode::Kind::kMap, "the file", "a map"); !status.ok()) {
    return status;
  }
  for (const auto& [key, value] : root.entries) {
    absl::Status status;
    if (key.scalar == "tls_server_config") {
      status = ReadTls(value);
    } else if (key.scalar == "http_server_config") {
      status = ReadHttp(value);
    } else if (key.scalar == "basic_auth_users") {
      status = ReadUsers(value);
    } else {
      status = Unknown(key, {"tls_server_config", "http_server_config", "basic_auth_users"},
                       kRefusedTop);
    }
    if (!status.ok()) return status;
  }
  return std::move(config_);
}

absl::Status WebConfigReader::ReadTls(const YamlNode& map) {
  if (auto status = Expect(map, YamlNode::Kind::kMap, "tls_server_config", "a map"); !status.ok()) {
    return status;
  }
  TlsIdentity tls;
  for (const auto& [key, value] : map.entries) {
    if (auto status = ReadTlsKey(key, value, &tls); !status.ok()) return status;
  }
  if (auto status = CheckTls(map.line, tls); !status.ok()) return status;
  config_.tls = std::move(tls);
  return absl::OkStatus();
}

absl::Status WebConfigReader::ReadTlsKey(const YamlNode& key, const YamlNode& value,
                                         TlsIdentity* tls) {
  if (key.scalar == "cert_file") return ReadPem(key, value, &tls->certificate_chain);
  if (key.scalar == "key_file") return ReadPem(key, value, &tls->private_key);
  if (key.scalar == "client_ca_file") return ReadPem(key, value, &tls->client_ca);
  if (key.scalar == "min_version") return ReadVersion(value, &tls->min_version);
  if (key.scalar == "max_version") return ReadVersion(value, &tls->max_version);
  if (key.scalar == "client_auth_type") {
    std::vector<std::string> names;
    for (const auto& [name, auth] : kClientAuths) {
      if (value.scalar == name) {
        tls->client_auth = auth;
        return absl::OkStatus();
      }
      names.emplace_back(name);
    }
    return Error(value.line,
                 absl::StrCat("client_auth_type must be one of ", absl::StrJoin(names, ", "),
                              ", not \"", value.scalar, "\""));
  }
  return Unknown(
      key,
      {"cert_file", "key_file", "client_ca_file", "client_auth_type", "min_version", "max_version"},
      kRefusedTls);
}

absl::Status WebConfigReader::ReadPem(const YamlNode& key, const YamlNode& value,
                                      std::string* content) const {
  if (value.kind != YamlNode::Kind::kScalar || value.scalar.empty()) {
    return Error(key.line, absl::StrCat("\"", key.scalar, "\" must name a file"));
  }
  if (absl::StrContains(value.scalar, "-----BEGIN") || absl::StrContains(value.scalar, "\n")) {
    return Error(key.line,
                 absl::StrCat("\"", key.scalar, "\" must be the name of a file, not its content"));
  }
  std::filesystem::path file(value.scalar);
  if (file.is_relative()) file = std::filesystem::path(path_).parent_path() / file;
  auto text = read_(file.string(), /*is_private=*/key.scalar == "key_file");
  if (!text.ok()) {
    return Error(key.line, absl::StrCat(key.scalar, ": ", text.status().message()));
  }
  if (!absl::StrContains(*text, "-----BEGIN ")) {
    return Error(key.line, absl::StrCat(key.scalar, ": \"", file.string(), "\" is no PEM file"));
  }
  *content = *std::move(text);
  return absl::OkStatus();
}

absl::Status WebConfigReader::ReadVersion(const YamlNode& value, int* version) const {
  if (value.scalar == "TLS12" || value.scalar == "TLS13") {
    *version = value.scalar == "TLS12" ? 12 : 13;
    return absl::OkStatus();
  }
  if (value.scalar == "TLS10" || value.scalar == "TLS11") {
    return Error(value.line, absl::StrCat(value.scalar, " is not safe; use TLS12 or TLS13"));
  }
  return Error(value.line,
               absl::StrCat("a TLS version must be TLS12 or TLS13, not \"", value.scalar, "\""));
}

absl::Status WebConfigReader::CheckTls(int line, const TlsIdentity& tls) const {
  if (tls.certificate_chain.empty() || tls.private_key.empty()) {
    return Error(line, "tls_server_config needs both cert_file and key_file");
  }
  if (tls.min_version > tls.max_version) {
    return Error(line, "min_version is above max_version");
  }
  const bool verifies = tls.client_auth == ClientAuth::kVerifyIfGiven ||
                        tls.client_auth == ClientAuth::kRequireAndVerify;
  if (verifies && tls.client_ca.empty()) {
    return Error(line, "this client_auth_type needs client_ca_file: whom else should it trust?");
  }
  if (!verifies && !tls.client_ca.empty()) {
    return Error(line,
                 "client_ca_file has no effect without client_auth_type: "
                 "RequireAndVerifyClientCert or VerifyClientCertIfGiven");
  }
  return absl::OkStatus();
}

absl::Status WebConfigReader::ReadHttp(const YamlNode& map) {
  if (auto status = Expect(map, YamlNode::Kind::kMap, "http_server_config", "a map");
      !status.ok()) {
    return status;
  }
  for (const auto& [key, value] : map.entries) {
    if (key.scalar == "http2") {
      if (value.scalar != "false") {
        return Error(key.line, "HTTP/2 is not supported: set http2: false, or remove it");
      }
    } else if (key.scalar == "headers") {
      if (auto status = ReadHeaders(value); !status.ok()) return status;
    } else {
      constexpr Refused kNone[] = {{"", ""}};
      return Unknown(key, {"http2", "headers"}, kNone);
    }
  }
  return absl::OkStatus();
}

absl::Status WebConfigReader::ReadHeaders(const YamlNode& map) {
  if (auto status = Expect(map, YamlNode::Kind::kMap, "headers", "a map"); !status.ok()) {
    return status;
  }
  for (const auto& [key, value] : map.entries) {
    if (std::find(std::begin(kHeaders), std::end(kHeaders), key.scalar) == std::end(kHeaders)) {
      return Error(key.line,
                   absl::StrCat("header \"", key.scalar, "\" cannot be set; those that can are ",
                                absl::StrJoin(kHeaders, ", ")));
    }
    if (value.kind != YamlNode::Kind::kScalar ||
        value.scalar.find_first_of("\r\n") != std::string::npos) {
      return Error(key.line, absl::StrCat("header \"", key.scalar, "\" must be one line of text"));
    }
    config_.headers.emplace_back(key.scalar, value.scalar);
  }
  return absl::OkStatus();
}

absl::Status WebConfigReader::ReadUsers(const YamlNode& map) {
  // Above, one try costs more than 3 s of a core.
  constexpr int kMostCost = 15;
  if (auto status = Expect(map, YamlNode::Kind::kMap, "basic_auth_users", "a map"); !status.ok()) {
    return status;
  }
  for (const auto& [key, value] : map.entries) {
    int cost = 0;
    if (key.scalar.empty() || key.scalar.find(':') != std::string::npos) {
      return Error(key.line, "a user's name must not be empty or hold a colon");
    }
    if (value.kind != YamlNode::Kind::kScalar || !IsBcrypt(value.scalar, &cost)) {
      return Error(key.line, absl::StrCat("the password of user \"", key.scalar,
                                          "\" must be a bcrypt hash; make one with: htpasswd -nBC "
                                          "10 \"\" | tr -d ':\\n'"));
    }
    if (cost > kMostCost || cost < 4) {
      return Error(key.line,
                   absl::StrCat("the bcrypt hash of user \"", key.scalar, "\" has cost ", cost,
                                "; use 10 to 12 (4 to ", kMostCost, " are accepted)"));
    }
    config_.users[key.scalar] = value.scalar;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<WebConfig> LoadWebConfig(const std::string& path, const WebFileReader& read) {
  auto text = read(path, /*is_private=*/false);
  if (!text.ok()) return text.status();
  auto root = ParseYaml(path, *text);
  if (!root.ok()) return root.status();
  return WebConfigReader(path, read).Read(*root);
}

}  // namespace heyhi
