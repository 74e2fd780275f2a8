#include "probes/curl_reason.h"

#include <curl/curl.h>

#include <cerrno>

#include "absl/strings/match.h"

namespace heyhi {
namespace {

// X509_V_ERR_* of OpenSSL, by their stable numbers: this file does not need the
// rest of that library.
constexpr long kCertNotYetValid = 9;
constexpr long kCertHasExpired = 10;
constexpr long kHostnameMismatch = 62;

bool TextHas(const CurlFailure& failure, const char* text) {
  return absl::StrContains(failure.error_text, text);
}

// OpenSSL's two ways to say that the peer closed without a word.
bool ClosedSilently(const CurlFailure& failure) {
  return TextHas(failure, "unexpected eof") || TextHas(failure, "SSL_ERROR_SYSCALL");
}

Reason TimeoutReason(const HttpTimes& times) {
  if (times.first_byte.has_value()) return Reason::kTotal;
  if (times.request_sent.has_value()) return Reason::kTtfb;
  return times.connect.has_value() ? Reason::kTls : Reason::kConnect;
}

Reason ConnectReason(long os_errno) {
  switch (os_errno) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return Reason::kLocalResource;
    case ECONNREFUSED:
      return Reason::kConnRefused;
    case ETIMEDOUT:
      return Reason::kConnect;
    case ECONNRESET:
      return Reason::kConnReset;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EADDRNOTAVAIL:
      return Reason::kConnUnreachable;
    default:
      return Reason::kTransportError;
  }
}

// OS_ERRNO stays 0 in a handshake: the error text is all there is.
Reason TlsReason(const CurlFailure& failure) {
  if (TextHas(failure, "reset by peer") || TextHas(failure, "Broken pipe")) {
    return Reason::kConnReset;
  }
  return ClosedSilently(failure) ? Reason::kConnClosed : Reason::kTlsProtocol;
}

// libcurl has the code of a reset for broken chunks and broken HTTP/2 too.
Reason ReceiveReason(const CurlFailure& failure) {
  if (TextHas(failure, "CONTINUATION")) return Reason::kHeaderTooLarge;
  for (const char* broken : {"hexadecimal", "chunk", "nghttp2"}) {
    if (TextHas(failure, broken)) return Reason::kTransportError;
  }
  return Reason::kConnReset;
}

// Of a failure before the tunnel stood. A proxy that is there, and cannot reach the server,
// says so by a status of its own, or by silence: it is a way to the server like others.
Reason ProxyReason(const CurlFailure& failure) {
  constexpr long kFirstRefusal = 300;
  constexpr long kFirstServerError = 500;
  if (failure.code == CURLE_OUT_OF_MEMORY || failure.code == CURLE_FAILED_INIT) {
    return Reason::kLocalResource;
  }
  if (failure.proxy_status >= kFirstServerError) return Reason::kConnUnreachable;
  if (failure.proxy_status >= kFirstRefusal) return Reason::kProxyRefused;
  return failure.proxy_connected && failure.code == CURLE_OPERATION_TIMEDOUT
             ? Reason::kConnect
             : Reason::kProxyUnreachable;
}

Reason VerifyReason(const CurlFailure& failure) {
  const long verdict = failure.verify_result;
  if (verdict == kCertHasExpired || verdict == kCertNotYetValid) return Reason::kTlsExpired;
  // Where the chain is good, libcurl compares the names itself.
  if (verdict == kHostnameMismatch || TextHas(failure, "subject name") ||
      TextHas(failure, "host name")) {
    return Reason::kTlsHostname;
  }
  return Reason::kTlsCa;
}

}  // namespace

Reason ReasonOfCurlFailure(const CurlFailure& failure) {
  const bool answered = failure.times.first_byte.has_value();
  if (failure.by_proxy && !failure.times.connect.has_value()) return ProxyReason(failure);
  switch (failure.code) {
    case CURLE_OPERATION_TIMEDOUT:
      return TimeoutReason(failure.times);
    case CURLE_COULDNT_CONNECT:
      return ConnectReason(failure.os_errno);
    case CURLE_SSL_CONNECT_ERROR:
      return TlsReason(failure);
    case CURLE_PEER_FAILED_VERIFICATION:
      return VerifyReason(failure);
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      if (ClosedSilently(failure)) return answered ? Reason::kShortBody : Reason::kConnClosed;
      return ReceiveReason(failure);
    case CURLE_GOT_NOTHING:
      return Reason::kConnClosed;
    case CURLE_PARTIAL_FILE:
      // Without an answer only HTTP/2 ends so: the server closed. Whether it said GOAWAY
      // before, as servers do, libcurl does not tell.
      return answered ? Reason::kShortBody : Reason::kH2Goaway;
    case CURLE_BAD_CONTENT_ENCODING:
      return Reason::kDecodeError;
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return answered ? Reason::kTransportError : Reason::kH2Goaway;
    case CURLE_OUT_OF_MEMORY:
      // libcurl's word for one header line over its own limit of 100 KB.
      return failure.times.request_sent.has_value() ? Reason::kHeaderTooLarge
                                                    : Reason::kLocalResource;
    case CURLE_FAILED_INIT:
    case CURLE_SSL_CACERT_BADFILE:
      return Reason::kLocalResource;
    default:
      return Reason::kTransportError;
  }
}

}  // namespace heyhi
