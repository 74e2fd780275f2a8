#ifndef HEYHI_PROBES_CURL_REASON_H_
#define HEYHI_PROBES_CURL_REASON_H_

#include <string>

#include "probes/http_transport.h"
#include "probes/reason.h"

namespace heyhi {

// What libcurl tells of a failed exchange. Its result code alone is too coarse:
// one code stands for all that can go wrong in a handshake.
struct CurlFailure {
  int code = 0;            // CURLcode
  std::string error_text;  // of CURLOPT_ERRORBUFFER
  long os_errno = 0;       // CURLINFO_OS_ERRNO
  long verify_result = 0;  // CURLINFO_SSL_VERIFYRESULT: OpenSSL's X509_V_ERR_*
  HttpTimes times;         // how far it came
  bool by_proxy = false;
  bool proxy_connected = false;  // TCP to it stands
  long proxy_status = 0;         // what it answered to CONNECT; 0: nothing
};

// The transport reason of a failure. Pure.
Reason ReasonOfCurlFailure(const CurlFailure& failure);

}  // namespace heyhi

#endif  // HEYHI_PROBES_CURL_REASON_H_
