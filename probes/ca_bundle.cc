#include "probes/ca_bundle.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "absl/strings/str_cat.h"

namespace heyhi {

absl::Status CheckCaBundle(const std::string& text) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> reader(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all);
  int certificates = 0;
  while (X509* certificate = PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr)) {
    X509_free(certificate);
    ++certificates;
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return absl::InvalidArgumentError(
        absl::StrCat("certificate ", certificates + 1, " is damaged"));
  }
  if (certificates == 0) return absl::InvalidArgumentError("holds no PEM certificate");
  return absl::OkStatus();
}

}  // namespace heyhi
