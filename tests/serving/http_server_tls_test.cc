#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "serving/http_server.h"
#include "tests/serving/http_client.h"
#include "tools/certificate.h"

// The server over TLS, and how its identity is replaced.

namespace heyhi {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<HttpServer> Start(HttpHandler handler, const HttpServerOptions& options) {
  auto server = StartHttpServer(options, std::move(handler));
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

class TlsServerTest : public ::testing::Test {
 protected:
  static HttpServerOptions OptionsWith(const Certificate& certificate) {
    HttpServerOptions options;
    options.tls = TlsIdentity{certificate.chain, certificate.private_key};
    return options;
  }
  static absl::Status StartError(const HttpServerOptions& options) {
    return StartHttpServer(options, [](const ServerRequest&, Responder) {}).status();
  }

  ClientReply GetOverTls(const std::string& ca) {
    const auto server =
        Start([](const ServerRequest& /*request*/,
                 Responder responder) { responder.Send(TextResponse(200, "secret")); },
              OptionsWith(certificate_));
    return Send({.url = absl::StrCat("https://", server->address(), "/"), .ca = ca});
  }

  const Certificate certificate_ = *MakeCertificate();
};

TEST_F(TlsServerTest, AnswersAClientThatVerifiesIt) {
  const ClientReply reply = GetOverTls(certificate_.ca);
  EXPECT_EQ(reply.curl_code, CURLE_OK) << reply.error;
  EXPECT_EQ(reply.body, "secret\n");
}

TEST_F(TlsServerTest, IsNotTrustedUnderAnotherCa) {
  EXPECT_EQ(GetOverTls(MakeCertificate()->ca).curl_code, CURLE_PEER_FAILED_VERIFICATION);
}

TEST_F(TlsServerTest, DoesNotStartWithACertificateThatIsNone) {
  HttpServerOptions options = OptionsWith(certificate_);
  options.tls->certificate_chain = "no certificate";
  EXPECT_EQ(StartError(options).message(),
            "cannot start the HTTP server on \"127.0.0.1:0\" (check the certificate and its key)");
}

TEST_F(TlsServerTest, AFailedChangeLeavesNothingBehind) {
  const auto server = Start([](const ServerRequest& /*request*/,
                               Responder responder) { responder.Send(TextResponse(200, "old")); },
                            OptionsWith(certificate_));
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  };
  std::error_code missing;
  if (!std::filesystem::exists("/proc/self/fd", missing)) GTEST_SKIP() << "no /proc here";
  const auto before = descriptors();
  TlsIdentity broken = *OptionsWith(certificate_).tls;
  broken.private_key = "no key";
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(server->Stage(broken, [](const ServerRequest&, Responder) {}).ok());
  }
  EXPECT_EQ(descriptors(), before);
  EXPECT_EQ(
      Send({.url = absl::StrCat("https://", server->address(), "/"), .ca = certificate_.ca}).body,
      "old\n");
}

TEST_F(TlsServerTest, ServesTheNewOneOnceItIsCommitted) {
  const auto server = Start([](const ServerRequest& /*request*/,
                               Responder responder) { responder.Send(TextResponse(200, "old")); },
                            OptionsWith(certificate_));
  const Certificate renewed = *MakeCertificate();
  const auto respond_new = [](const ServerRequest& /*request*/, Responder responder) {
    responder.Send(TextResponse(200, "new"));
  };
  ASSERT_TRUE(server->Stage(OptionsWith(renewed).tls, respond_new).ok());
  server->Commit();
  server->Drain(absl::Seconds(60));
  const ClientRequest request = {.url = absl::StrCat("https://", server->address(), "/"),
                                 .ca = renewed.ca};
  EXPECT_EQ(Send(request).body, "new\n");
}

// Plain HTTP where somebody wanted HTTPS would show what must not be seen.
TEST_F(TlsServerTest, DoesNotStartWithHalfOfAnIdentity) {
  HttpServerOptions without_key = OptionsWith(certificate_);
  without_key.tls->private_key = "";
  EXPECT_THAT(StartError(without_key).message(), HasSubstr("check the certificate and its key"));
  HttpServerOptions without_chain = OptionsWith(certificate_);
  without_chain.tls->certificate_chain = "";
  EXPECT_THAT(StartError(without_chain).message(), HasSubstr("check the certificate and its key"));
}

}  // namespace
}  // namespace heyhi
