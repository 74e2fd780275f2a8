#include "probes/curl_tls.h"

#include <openssl/ssl.h>

namespace heyhi {

void SetUpTlsHandshake(void* context) {
  auto* ssl_context = static_cast<SSL_CTX*>(context);
  SSL_CTX_set_read_ahead(ssl_context, 1);
  SSL_CTX_set_session_cache_mode(ssl_context, SSL_SESS_CACHE_OFF);
}

void EndTlsHandshake(CURL* handle) {
  const curl_tlssessioninfo* info = nullptr;
  if (curl_easy_getinfo(handle, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == nullptr ||
      info->backend != CURLSSLBACKEND_OPENSSL || info->internals == nullptr) {
    return;
  }
  // What has been read already (settings of an HTTP/2 server, say) is taken with the
  // first record of the answer.
  SSL_set_read_ahead(static_cast<SSL*>(info->internals), 0);
}

}  // namespace heyhi
