#include "tools/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

#include "tools/openssl_handles.h"

namespace heyhi {
namespace {

using ::testing::HasSubstr;

using Store = std::unique_ptr<X509_STORE, OpensslDeleter<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, OpensslDeleter<X509_STORE_CTX_free>>;

BioHandle Reader(const std::string& pem) {
  return BioHandle(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

X509Handle FirstCertificate(const std::string& pem) {
  return X509Handle(PEM_read_bio_X509(Reader(pem).get(), nullptr, nullptr, nullptr));
}

// OpenSSL's verdict on the chain as a TLS client takes it that trusts `ca`.
int Verify(const Certificate& certificate, const std::string& ca) {
  const X509Handle trusted = FirstCertificate(ca);
  const X509Handle leaf = FirstCertificate(certificate.chain);
  const Store store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), trusted.get());
  const StoreContext context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
  X509_STORE_CTX_set_default(context.get(), "ssl_server");
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_X509_STRICT);
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

TEST(CertificateTest, IsSignedByItsCa) {
  const auto certificate = MakeCertificate();
  ASSERT_TRUE(certificate.ok()) << certificate.status();
  EXPECT_EQ(Verify(*certificate, certificate->ca), X509_V_OK);
}

TEST(CertificateTest, IsNotTrustedThroughAnotherCa) {
  EXPECT_NE(Verify(*MakeCertificate(), MakeCertificate()->ca), X509_V_OK);
}

TEST(CertificateTest, ChainEndsWithTheCa) {
  const Certificate certificate = *MakeCertificate();
  EXPECT_THAT(certificate.chain, ::testing::EndsWith(certificate.ca));
  EXPECT_GT(certificate.chain.size(), certificate.ca.size());
}

TEST(CertificateTest, KeyBelongsToTheCertificate) {
  const Certificate certificate = *MakeCertificate();
  const KeyHandle key(
      PEM_read_bio_PrivateKey(Reader(certificate.private_key).get(), nullptr, nullptr, nullptr));
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(X509_check_private_key(FirstCertificate(certificate.chain).get(), key.get()), 1);
}

TEST(CertificateTest, NamesThisMachine) {
  const X509Handle leaf = FirstCertificate(MakeCertificate()->chain);
  EXPECT_EQ(X509_check_host(leaf.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "::1", 0), 1);
  EXPECT_EQ(X509_check_host(leaf.get(), "example.com", 0, 0, nullptr), 0);
}

TEST(CertificateTest, NamesAnotherHostWhenAsked) {
  CertificateOptions options;
  options.names = {"DNS:wrong.example"};
  const X509Handle leaf = FirstCertificate(MakeCertificate(options)->chain);
  EXPECT_EQ(X509_check_host(leaf.get(), "wrong.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(leaf.get(), "localhost", 0, 0, nullptr), 0);
}

TEST(CertificateTest, IsExpiredWhenAsked) {
  CertificateOptions options;
  options.valid_since = absl::Hours(-48);
  options.valid_for = absl::Hours(-24);
  const Certificate certificate = *MakeCertificate(options);
  EXPECT_EQ(Verify(certificate, certificate.ca), X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST(CertificateTest, RefusesABadName) {
  CertificateOptions options;
  options.names = {"IP:nowhere"};
  const auto certificate = MakeCertificate(options);
  ASSERT_FALSE(certificate.ok());
  EXPECT_THAT(certificate.status().message(),
              HasSubstr("certificate: cannot add \"IP:nowhere\": error:"));
}

}  // namespace
}  // namespace heyhi
