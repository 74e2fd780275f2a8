#include "tools/certificate.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "tools/openssl_handles.h"

namespace heyhi {
namespace {

using Extension = std::unique_ptr<X509_EXTENSION, OpensslDeleter<X509_EXTENSION_free>>;
using BigNumber = std::unique_ptr<BIGNUM, OpensslDeleter<BN_free>>;

// A certificate and its key.
struct Identity {
  X509Handle certificate;
  KeyHandle key;
};

struct Validity {
  absl::Time from;
  absl::Time until;
};

struct ExtensionText {
  int nid;
  std::string value;
};

absl::Status OpenSslError(const std::string& step) {
  char reason[256] = "unknown reason";
  if (const unsigned long code = ERR_get_error(); code != 0) {
    ERR_error_string_n(code, reason, sizeof reason);
  }
  ERR_clear_error();
  return absl::InternalError(absl::StrCat("certificate: cannot ", step, ": ", reason));
}

bool SetRandomSerial(X509* certificate) {
  const BigNumber number(BN_new());
  return number != nullptr &&
         BN_rand(number.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetValidity(X509* certificate, const Validity& validity) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), absl::ToTimeT(validity.from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), absl::ToTimeT(validity.until)) != nullptr;
}

bool SetSubject(X509* certificate, const std::string& common_name) {
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, text,
                                    -1, -1, 0) == 1;
}

bool AddExtension(X509* certificate, X509* issuer, const ExtensionText& text) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_nconf_nid(nullptr, &context, text.nid, text.value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Makes a key and a certificate for it, signed by `issuer`, or by itself where
// there is none.
absl::StatusOr<Identity> MakeIdentity(const std::string& common_name, const Validity& validity,
                                      const std::vector<ExtensionText>& extensions,
                                      const Identity* issuer) {
  Identity made{X509Handle(X509_new()), KeyHandle(EVP_EC_gen("P-256"))};
  if (made.certificate == nullptr || made.key == nullptr) return OpenSslError("make a key");
  X509* certificate = made.certificate.get();
  X509* signer = issuer == nullptr ? certificate : issuer->certificate.get();
  EVP_PKEY* signing_key = issuer == nullptr ? made.key.get() : issuer->key.get();
  if (X509_set_version(certificate, X509_VERSION_3) != 1 || !SetRandomSerial(certificate) ||
      !SetValidity(certificate, validity) || !SetSubject(certificate, common_name) ||
      X509_set_issuer_name(certificate, X509_get_subject_name(signer)) != 1 ||
      X509_set_pubkey(certificate, made.key.get()) != 1) {
    return OpenSslError("fill in the certificate");
  }
  for (const ExtensionText& extension : extensions) {
    if (!AddExtension(certificate, signer, extension)) {
      return OpenSslError(absl::StrCat("add \"", extension.value, "\""));
    }
  }
  if (X509_sign(certificate, signing_key, EVP_sha256()) == 0) return OpenSslError("sign");
  return made;
}

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

absl::StatusOr<std::string> CertificatePem(const Identity& identity) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_X509(bio.get(), identity.certificate.get()) != 1) {
    return OpenSslError("write the certificate");
  }
  return Contents(bio.get());
}

absl::StatusOr<std::string> KeyPem(const Identity& identity) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_PrivateKey(bio.get(), identity.key.get(), nullptr, nullptr, 0,
                                                 nullptr, nullptr) != 1) {
    return OpenSslError("write the key");
  }
  return Contents(bio.get());
}

}  // namespace

absl::StatusOr<Certificate> MakeCertificate(const CertificateOptions& options) {
  const absl::Time now = absl::Now();
  const CertificateOptions defaults;
  const auto ca =
      MakeIdentity("HeyHi throw-away CA", {now + defaults.valid_since, now + defaults.valid_for},
                   {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                    {NID_key_usage, "critical,keyCertSign,cRLSign"},
                    {NID_subject_key_identifier, "hash"}},
                   nullptr);
  if (!ca.ok()) return ca.status();
  const auto server =
      MakeIdentity("HeyHi local server", {now + options.valid_since, now + options.valid_for},
                   {{NID_basic_constraints, "critical,CA:FALSE"},
                    {NID_key_usage, "critical,digitalSignature"},
                    {NID_ext_key_usage, "serverAuth"},
                    {NID_subject_key_identifier, "hash"},
                    {NID_authority_key_identifier, "keyid"},
                    {NID_subject_alt_name, absl::StrJoin(options.names, ",")}},
                   &*ca);
  if (!server.ok()) return server.status();
  const auto ca_pem = CertificatePem(*ca);
  const auto server_pem = CertificatePem(*server);
  const auto key_pem = KeyPem(*server);
  for (const auto* pem : {&ca_pem, &server_pem, &key_pem}) {
    if (!pem->ok()) return pem->status();
  }
  return Certificate{absl::StrCat(*server_pem, *ca_pem), *key_pem, *ca_pem};
}

}  // namespace heyhi
