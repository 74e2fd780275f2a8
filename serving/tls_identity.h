#ifndef HEYHI_SERVING_TLS_IDENTITY_H_
#define HEYHI_SERVING_TLS_IDENTITY_H_

#include <string>

namespace heyhi {

// Whether clients must show a certificate; the names are Go's, as in exporter-toolkit.
enum class ClientAuth {
  kNone,              // NoClientCert
  kRequest,           // RequestClientCert: asked for, not looked at
  kRequireAny,        // RequireAnyClientCert: of whatever origin
  kVerifyIfGiven,     // VerifyClientCertIfGiven
  kRequireAndVerify,  // RequireAndVerifyClientCert
};

// Who a server is, and whom it lets in, over TLS. PEM texts.
struct TlsIdentity {
  std::string certificate_chain;
  std::string private_key;
  std::string client_ca = {};
  ClientAuth client_auth = ClientAuth::kNone;
  int min_version = 12;  // 12 is TLS 1.2, 13 is TLS 1.3
  int max_version = 13;

  bool operator==(const TlsIdentity&) const = default;
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_TLS_IDENTITY_H_
