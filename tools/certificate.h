#ifndef HEYHI_TOOLS_CERTIFICATE_H_
#define HEYHI_TOOLS_CERTIFICATE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

// Throw-away TLS certificates for local servers. No key leaves the process
// unless the caller writes it.

namespace heyhi {

struct CertificateOptions {
  // Subject alternative names as OpenSSL writes them.
  std::vector<std::string> names = {"DNS:localhost", "IP:127.0.0.1", "IP:::1"};
  // Validity of the server's certificate, counted from the call. A negative
  // `valid_for` makes an expired one. The CA is always valid.
  absl::Duration valid_since = absl::Hours(-24);
  absl::Duration valid_for = absl::Hours(24 * 30);
};

// PEM texts.
struct Certificate {
  std::string chain;        // the server's certificate, then its CA
  std::string private_key;  // the server's; ECDSA P-256
  std::string ca;           // what clients must trust
};

// A new CA and a server certificate signed by it. Thread-safe. Errors name the
// step and OpenSSL's reason.
absl::StatusOr<Certificate> MakeCertificate(const CertificateOptions& options = {});

}  // namespace heyhi

#endif  // HEYHI_TOOLS_CERTIFICATE_H_
