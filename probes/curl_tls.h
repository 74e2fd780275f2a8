#ifndef HEYHI_PROBES_CURL_TLS_H_
#define HEYHI_PROBES_CURL_TLS_H_

#include <curl/curl.h>

// What we ask of OpenSSL beyond libcurl's options, to make handshakes cheaper. None of
// it shows on the wire.

namespace heyhi {

// For CURLOPT_SSL_CTX_FUNCTION: `context` is the SSL_CTX of one connection. Reads a
// flight of the handshake at once instead of record by record, in half of the system
// calls, and keeps no session: none is ever resumed.
void SetUpTlsHandshake(void* context);

// For CURLOPT_PREREQFUNCTION: the handshake is over. From here on records are read one
// by one, as libcurl expects: it waits for the socket, and would not see a record that
// OpenSSL has read ahead. Relies on EventLoop being level-triggered: what is left is taken
// with the first record that follows. Does nothing where there is no TLS.
void EndTlsHandshake(CURL* handle);

}  // namespace heyhi

#endif  // HEYHI_PROBES_CURL_TLS_H_
