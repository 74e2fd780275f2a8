#include "probes/ca_bundle.h"

#include <gmock/gmock.h>

#include "tools/certificate.h"

namespace heyhi {
namespace {

std::string ErrorOf(const std::string& text) { return std::string(CheckCaBundle(text).message()); }

TEST(CaBundleTest, TakesOneOrMoreCertificates) {
  const auto certificate = MakeCertificate();
  ASSERT_TRUE(certificate.ok());
  EXPECT_TRUE(CheckCaBundle(certificate->ca).ok());
  EXPECT_TRUE(CheckCaBundle("# a comment\n" + certificate->ca + "\n" + certificate->ca).ok());
}

TEST(CaBundleTest, RefusesWhatHoldsNone) {
  for (const char* text : {"", "hello", "-----BEGIN CERTIFICATE"}) {
    EXPECT_EQ(ErrorOf(text), "holds no PEM certificate") << text;
  }
}

TEST(CaBundleTest, NamesADamagedOne) {
  const std::string damaged = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(ErrorOf(damaged), "certificate 1 is damaged");
  EXPECT_EQ(ErrorOf(MakeCertificate()->ca + damaged), "certificate 2 is damaged");
}

}  // namespace
}  // namespace heyhi
