#include "serving/web_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr char kHash[] = "$2y$10$abcdefghijklmnopqrstuuCkEvXIbzqFphb6ELRVVXP4nvKAkBM2u";

absl::StatusOr<WebConfig> Load(const std::string& text) {
  return LoadWebConfig(
      "/etc/heyhi/web.yml",
      [&](const std::string& path, bool is_private) -> absl::StatusOr<std::string> {
        EXPECT_EQ(is_private, path == "/etc/heyhi/key.pem");
        if (path == "/etc/heyhi/web.yml") return text;
        if (path == "/etc/heyhi/cert.pem") return "-----BEGIN CERTIFICATE-----";
        if (path == "/etc/heyhi/key.pem") return "-----BEGIN PRIVATE KEY-----";
        if (path == "/ca.pem") return "-----BEGIN CERTIFICATE----- of a CA";
        if (path == "/etc/heyhi/empty") return "";
        return absl::NotFoundError("cannot read \"" + path + "\": No such file");
      });
}

constexpr char kTls[] = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";

TEST(WebConfigTest, AnEmptyFileAsksForNothing) {
  const auto config = Load("");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_FALSE(config->tls.has_value());
  EXPECT_THAT(config->users, IsEmpty());
}

TEST(WebConfigTest, ReadsAllThatItKnows) {
  const auto config = Load(absl::StrCat(kTls,
                                        "  client_ca_file: /ca.pem\n"
                                        "  client_auth_type: RequireAndVerifyClientCert\n"
                                        "  min_version: TLS13\n"
                                        "http_server_config:\n  http2: false\n"
                                        "  headers:\n    X-Frame-Options: deny\n"
                                        "basic_auth_users:\n  prometheus: ",
                                        kHash, "\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->tls->certificate_chain, "-----BEGIN CERTIFICATE-----");
  EXPECT_EQ(config->tls->private_key, "-----BEGIN PRIVATE KEY-----");
  EXPECT_EQ(config->tls->client_ca, "-----BEGIN CERTIFICATE----- of a CA");
  EXPECT_EQ(config->tls->client_auth, ClientAuth::kRequireAndVerify);
  EXPECT_EQ(config->tls->min_version, 13);
  EXPECT_THAT(config->users, ElementsAre(Pair("prometheus", kHash)));
  EXPECT_THAT(config->headers, ElementsAre(Pair("X-Frame-Options", "deny")));
}

TEST(WebConfigTest, Tls12IsTheLeastByDefault) {
  const auto config = Load(kTls);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->tls->min_version, 12);
  EXPECT_EQ(config->tls->client_auth, ClientAuth::kNone);
}

struct BadConfig {
  const char* name;
  std::string text;
  const char* message;  // after the file's name
};

class BadWebConfigTest : public ::testing::TestWithParam<BadConfig> {};

TEST_P(BadWebConfigTest, IsRefusedWithTheRemedy) {
  const auto config = Load(GetParam().text);
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.status().message(), absl::StrCat("/etc/heyhi/web.yml:", GetParam().message));
}

std::string User(const std::string& hash) {
  return absl::StrCat("basic_auth_users:\n  ann: ", hash, "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Files, BadWebConfigTest,
    ::testing::Values(
        BadConfig{"List", "- a\n", "1: \"the file\" must be a map, not a list"},
        BadConfig{"UnknownKey", "basic_auth_user: {}\n",
                  "1: unknown key \"basic_auth_user\" (did you mean \"basic_auth_users\"?)"},
        BadConfig{"RateLimit", "rate_limit: {burst: 1}\n",
                  "1: \"rate_limit\" is not supported: requests are limited per client address "
                  "already; remove it"},
        BadConfig{"CertificateAlone", "tls_server_config:\n  cert_file: cert.pem\n",
                  "2: tls_server_config needs both cert_file and key_file"},
        BadConfig{"NoSuchFile", "tls_server_config:\n  cert_file: gone.pem\n",
                  "2: cert_file: cannot read \"/etc/heyhi/gone.pem\": No such file"},
        BadConfig{"NoPem", "tls_server_config:\n  cert_file: empty\n",
                  "2: cert_file: \"/etc/heyhi/empty\" is no PEM file"},
        BadConfig{"KeyInPlaceOfItsFile",
                  "tls_server_config:\n  key_file: |\n    -----BEGIN PRIVATE KEY-----\n    MIIB\n",
                  "2: \"key_file\" must be the name of a file, not its content"},
        BadConfig{"InlineKey", "tls_server_config:\n  key: x\n",
                  "2: \"key\" is not supported: give the key as a file, with key_file, so that it "
                  "stays out of this one"},
        BadConfig{"CipherSuites", absl::StrCat(kTls, "  cipher_suites: [x]\n"),
                  "4: \"cipher_suites\" is not supported: cipher suites cannot be chosen; set "
                  "min_version: TLS13 instead"},
        BadConfig{"OldTls", absl::StrCat(kTls, "  min_version: TLS10\n"),
                  "4: TLS10 is not safe; use TLS12 or TLS13"},
        BadConfig{"NoTls", absl::StrCat(kTls, "  min_version: '1.2'\n"),
                  "4: a TLS version must be TLS12 or TLS13, not \"1.2\""},
        BadConfig{"VersionsCrossed",
                  absl::StrCat(kTls, "  min_version: TLS13\n  max_version: TLS12\n"),
                  "2: min_version is above max_version"},
        BadConfig{"VerifyWithoutAuthority",
                  absl::StrCat(kTls, "  client_auth_type: RequireAndVerifyClientCert\n"),
                  "2: this client_auth_type needs client_ca_file: whom else should it trust?"},
        BadConfig{"AuthorityWithoutVerify", absl::StrCat(kTls, "  client_ca_file: /ca.pem\n"),
                  "2: client_ca_file has no effect without client_auth_type: "
                  "RequireAndVerifyClientCert or VerifyClientCertIfGiven"},
        BadConfig{"ClientAuth", absl::StrCat(kTls, "  client_auth_type: Always\n"),
                  "4: client_auth_type must be one of NoClientCert, RequestClientCert, "
                  "RequireAnyClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert, not "
                  "\"Always\""},
        BadConfig{"Http2", "http_server_config:\n  http2: true\n",
                  "2: HTTP/2 is not supported: set http2: false, or remove it"},
        BadConfig{"Header", "http_server_config:\n  headers:\n    Server: x\n",
                  "3: header \"Server\" cannot be set; those that can are Content-Security-Policy, "
                  "Strict-Transport-Security, X-Content-Type-Options, X-Frame-Options, "
                  "X-XSS-Protection"},
        BadConfig{"HeaderOfTwoLines",
                  "http_server_config:\n  headers:\n    X-Frame-Options: \"a\\nb\"\n",
                  "3: header \"X-Frame-Options\" must be one line of text"},
        BadConfig{"PlainPassword", User("hunter2"),
                  "2: the password of user \"ann\" must be a bcrypt hash; make one with: htpasswd "
                  "-nBC 10 \"\" | tr -d ':\\n'"},
        BadConfig{"HashTooDear", User("$2y$31$" + std::string(53, 'a')),
                  "2: the bcrypt hash of user \"ann\" has cost 31; use 10 to 12 (4 to 15 are "
                  "accepted)"},
        BadConfig{"NameWithColon", "basic_auth_users:\n  'a:b': x\n",
                  "2: a user's name must not be empty or hold a colon"}),
    [](const auto& instance) { return instance.param.name; });

TEST(WebConfigTest, ErrorsRepeatNoHash) {
  const auto config = Load(User("$2y$10$short"));
  EXPECT_EQ(std::string(config.status().message()).find("short"), std::string::npos);
}

}  // namespace
}  // namespace heyhi
