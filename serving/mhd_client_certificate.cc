#include "serving/mhd_client_certificate.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>

namespace heyhi::internal {
namespace {

gnutls_session_t SessionOf(MHD_Connection* connection) {
  const MHD_ConnectionInfo* info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  return info == nullptr ? nullptr : static_cast<gnutls_session_t>(info->tls_session);
}

bool IsVerified(gnutls_session_t session) {
  unsigned problems = 0;
  gnutls_typed_vdata_st purpose = {};
  purpose.type = GNUTLS_DT_KEY_PURPOSE_OID;
  purpose.data = reinterpret_cast<unsigned char*>(const_cast<char*>(GNUTLS_KP_TLS_WWW_CLIENT));
  return gnutls_certificate_verify_peers(session, &purpose, 1, &problems) == 0 && problems == 0;
}

}  // namespace

void AskForClientCertificate(MHD_Connection* connection, ClientAuth client_auth) {
  gnutls_session_t session = SessionOf(connection);
  if (session == nullptr) return;
  gnutls_certificate_server_set_request(
      session, client_auth == ClientAuth::kNone ? GNUTLS_CERT_IGNORE : GNUTLS_CERT_REQUEST);
}

bool HasClientCertificate(MHD_Connection* connection, ClientAuth client_auth) {
  if (client_auth == ClientAuth::kNone || client_auth == ClientAuth::kRequest) return true;
  gnutls_session_t session = SessionOf(connection);
  if (session == nullptr) return false;
  unsigned count = 0;
  const bool given = gnutls_certificate_get_peers(session, &count) != nullptr && count > 0;
  if (client_auth == ClientAuth::kRequireAny) return given;
  if (!given) return client_auth == ClientAuth::kVerifyIfGiven;
  return IsVerified(session);
}

}  // namespace heyhi::internal
