#include "probes/curl_exchange.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace heyhi {
namespace {

// X509_V_ERR_* of OpenSSL, by their stable numbers: this file does not need the
// rest of that library.
constexpr long kCertNotYetValid = 9;
constexpr long kCertHasExpired = 10;
constexpr long kHostnameMismatch = 62;

bool IsResourceError(long error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// Collects the first refusal of curl_easy_setopt, so that options read as a list.
class OptionSetter {
 public:
  explicit OptionSetter(CURL* handle) : handle_(handle) {}

  template <typename Value>
  OptionSetter& Set(CURLoption option, Value value) {
    if (code_ == CURLE_OK) code_ = curl_easy_setopt(handle_, option, value);
    return *this;
  }
  CURLcode code() const { return code_; }

 private:
  CURL* handle_;
  CURLcode code_ = CURLE_OK;
};

}  // namespace

CurlExchange::CurlExchange(const Clock& clock, const CurlTransportOptions& options,
                           HttpRequest request, Url url)
    : clock_(clock),
      options_(options),
      request_(std::move(request)),
      url_(std::move(url)),
      started_(clock.Monotonic()),
      handle_(curl_easy_init()) {}

CurlExchange::~CurlExchange() {
  if (handle_ != nullptr) curl_easy_cleanup(handle_);
  curl_slist_free_all(header_list_);
  curl_slist_free_all(resolve_list_);
}

bool CurlExchange::Prepare(const std::vector<std::string>& addresses) {
  if (handle_ == nullptr) {
    Fail(Reason::kLocalResource, "no memory for a connection");
    return false;
  }
  result_.times.dns = Elapsed();
  if (!SetOptions(addresses)) {
    Fail(Reason::kLocalResource, "libcurl refuses an option");
    return false;
  }
  return true;
}

bool CurlExchange::SetOptions(const std::vector<std::string>& addresses) {
  for (const auto& [name, value] : request_.headers) {
    header_list_ = curl_slist_append(header_list_, absl::StrCat(name, ": ", value).c_str());
  }
  if (!url_.host_is_address) {
    resolve_list_ = curl_slist_append(
        nullptr,
        absl::StrCat(url_.host, ":", url_.port, ":", absl::StrJoin(addresses, ",")).c_str());
  }
  const auto left = absl::ToInt64Milliseconds(request_.timeout - Elapsed());
  const std::string& ca_file = request_.ca_file.empty() ? options_.ca_file : request_.ca_file;
  OptionSetter set(handle_);
  set.Set(CURLOPT_URL, request_.url.c_str())
      .Set(CURLOPT_PROTOCOLS_STR, "http,https")
      .Set(CURLOPT_FOLLOWLOCATION, 0L)  // libcurl would forward x-api-key to the other host
      .Set(CURLOPT_PROXY, "")
      .Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED))
      .Set(CURLOPT_NOSIGNAL, 1L)
      .Set(CURLOPT_FRESH_CONNECT, 1L)
      .Set(CURLOPT_FORBID_REUSE, 1L)
      .Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS))
      .Set(CURLOPT_USERAGENT, options_.user_agent.c_str())
      .Set(CURLOPT_HTTPHEADER, header_list_)
      .Set(CURLOPT_RESOLVE, resolve_list_)
      .Set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(left, 1)))
      .Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2))
      // A directory of certificates (Debian's default) switches libcurl's cache
      // of the parsed store off: 26 ms of CPU a probe instead of 1.
      .Set(CURLOPT_CAPATH, static_cast<char*>(nullptr))
      .Set(CURLOPT_CAINFO, ca_file.c_str())
      .Set(CURLOPT_SSL_CTX_FUNCTION, &OnTcpConnected)
      .Set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(this))
      .Set(CURLOPT_PREREQFUNCTION, &OnReadyToSend)
      .Set(CURLOPT_PREREQDATA, static_cast<void*>(this))
      .Set(CURLOPT_HEADERFUNCTION, &OnHeader)
      .Set(CURLOPT_HEADERDATA, static_cast<void*>(this))
      .Set(CURLOPT_WRITEFUNCTION, &OnBody)
      .Set(CURLOPT_WRITEDATA, static_cast<void*>(this))
      .Set(CURLOPT_ERRORBUFFER, error_text_)
      .Set(CURLOPT_PRIVATE, static_cast<void*>(this))
      .Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (request_.method == "POST") {
    set.Set(CURLOPT_POST, 1L)
        .Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()))
        .Set(CURLOPT_POSTFIELDS, request_.body.c_str());
  }
  return set.code() == CURLE_OK;
}

void CurlExchange::Fail(Reason reason, const std::string& detail) {
  result_.failure = reason;
  result_.failure_detail = detail;
  result_.times.total = Elapsed();
}

void CurlExchange::Finish(CURLcode code) {
  result_.times.total = Elapsed();
  const char* address = nullptr;
  if (curl_easy_getinfo(handle_, CURLINFO_PRIMARY_IP, &address) == CURLE_OK && address != nullptr) {
    result_.remote_address = address;
  }
  if (code == CURLE_OK) return;
  result_.failure = ReasonOf(code);
  result_.failure_detail =
      absl::StrCat(error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(code), " (curl ",
                   static_cast<int>(code), ")");
}

// libcurl builds the TLS context as soon as TCP stands: the only hook there.
CURLcode CurlExchange::OnTcpConnected(CURL* /*handle*/, void* /*context*/, void* self) {
  auto* exchange = static_cast<CurlExchange*>(self);
  if (exchange->requests_sent_ > 0) {
    // libcurl connects anew to resend what an HTTP/2 server refused; a probe is
    // one request, so the refusal is the result.
    exchange->abort_reason_ = Reason::kH2Goaway;
    return CURLE_ABORTED_BY_CALLBACK;
  }
  exchange->result_.times.connect = exchange->Elapsed();
  return CURLE_OK;
}

int CurlExchange::OnReadyToSend(void* self, char* /*remote*/, char* /*local*/, int /*remote_port*/,
                                int /*local_port*/) {
  auto* exchange = static_cast<CurlExchange*>(self);
  if (++exchange->requests_sent_ > 1) {  // as above, on the same connection
    exchange->abort_reason_ = Reason::kH2Goaway;
    return CURL_PREREQFUNC_ABORT;
  }
  HttpTimes& times = exchange->result_.times;
  const absl::Duration now = exchange->Elapsed();
  if (exchange->url_.https) {
    times.tls = now;
  } else {
    times.connect = now;
  }
  times.request_sent = now;
  return CURL_PREREQFUNC_OK;
}

std::size_t CurlExchange::OnHeader(char* data, std::size_t size, std::size_t count, void* self) {
  auto* exchange = static_cast<CurlExchange*>(self);
  HttpTimes& times = exchange->result_.times;
  if (!times.first_byte.has_value()) times.first_byte = exchange->Elapsed();
  const std::size_t bytes = size * count;
  exchange->header_bytes_ += bytes;
  if (exchange->header_bytes_ > exchange->options_.max_header_bytes) {
    exchange->abort_reason_ = Reason::kHeaderTooLarge;
    return 0;
  }
  exchange->AddHeaderLine(std::string(data, bytes));
  return bytes;
}

void CurlExchange::AddHeaderLine(const std::string& line) {
  if (absl::StartsWith(line, "HTTP/")) {
    // A new status line: what came before it was an interim answer (1xx).
    result_.headers.clear();
    const auto space = line.find(' ');
    result_.status = 0;
    if (space != std::string::npos) {
      // A status that is no number stays 0.
      static_cast<void>(absl::SimpleAtoi(line.substr(space + 1, 3), &result_.status));
    }
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string::npos) return;
  result_.headers.emplace_back(absl::AsciiStrToLower(line.substr(0, colon)),
                               std::string(absl::StripAsciiWhitespace(line.substr(colon + 1))));
}

std::size_t CurlExchange::OnBody(char* data, std::size_t size, std::size_t count, void* self) {
  auto* exchange = static_cast<CurlExchange*>(self);
  const std::size_t bytes = size * count;
  if (exchange->result_.body.size() + bytes > exchange->options_.max_body_bytes) {
    exchange->abort_reason_ = Reason::kBodyTooLarge;
    return 0;
  }
  exchange->result_.body.append(data, bytes);
  return bytes;
}

Reason CurlExchange::ReasonOf(CURLcode code) const {
  if (abort_reason_.has_value()) return *abort_reason_;
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return TimeoutReason();
    case CURLE_COULDNT_CONNECT:
      return ConnectReason();
    case CURLE_SSL_CONNECT_ERROR:
      return TlsReason();
    case CURLE_PEER_FAILED_VERIFICATION:
      return VerifyReason();
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return ReceiveReason();
    case CURLE_GOT_NOTHING:
      return Reason::kConnClosed;
    case CURLE_PARTIAL_FILE:
      // Without an answer only HTTP/2 ends so: the server said GOAWAY and closed.
      return result_.times.first_byte.has_value() ? Reason::kShortBody : Reason::kH2Goaway;
    case CURLE_BAD_CONTENT_ENCODING:
      return Reason::kDecodeError;
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return result_.times.first_byte.has_value() ? Reason::kTransportError : Reason::kH2Goaway;
    case CURLE_OUT_OF_MEMORY:
      // libcurl's word for one header line over its own limit of 100 KB.
      return result_.times.request_sent.has_value() ? Reason::kHeaderTooLarge
                                                    : Reason::kLocalResource;
    case CURLE_FAILED_INIT:
    case CURLE_SSL_CACERT_BADFILE:
      return Reason::kLocalResource;
    default:
      return Reason::kTransportError;
  }
}

Reason CurlExchange::TimeoutReason() const {
  const HttpTimes& times = result_.times;
  if (times.first_byte.has_value()) return Reason::kTotal;
  if (times.request_sent.has_value()) return Reason::kTtfb;
  return times.connect.has_value() ? Reason::kTls : Reason::kConnect;
}

Reason CurlExchange::ConnectReason() const {
  long error = 0;
  curl_easy_getinfo(handle_, CURLINFO_OS_ERRNO, &error);
  if (IsResourceError(error)) return Reason::kLocalResource;
  switch (error) {
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

// libcurl gives one code for all that can go wrong in a handshake, and OS_ERRNO
// stays 0 there: its error text is all there is.
Reason CurlExchange::TlsReason() const {
  if (ErrorTextHas("reset by peer") || ErrorTextHas("Broken pipe")) return Reason::kConnReset;
  if (ErrorTextHas("SSL_ERROR_SYSCALL") || ErrorTextHas("unexpected eof")) {
    return Reason::kConnClosed;
  }
  return Reason::kTlsProtocol;
}

Reason CurlExchange::VerifyReason() const {
  long verdict = 0;
  curl_easy_getinfo(handle_, CURLINFO_SSL_VERIFYRESULT, &verdict);
  if (verdict == kCertHasExpired || verdict == kCertNotYetValid) return Reason::kTlsExpired;
  // The chain is good and libcurl's own comparison of names failed.
  if (verdict == kHostnameMismatch || ErrorTextHas("subject name") || ErrorTextHas("host name")) {
    return Reason::kTlsHostname;
  }
  return Reason::kTlsCa;
}

Reason CurlExchange::ReceiveReason() const {
  if (ErrorTextHas("unexpected eof") || ErrorTextHas("SSL_ERROR_SYSCALL")) {
    return result_.times.first_byte.has_value() ? Reason::kShortBody : Reason::kConnClosed;
  }
  return Reason::kConnReset;
}

bool CurlExchange::ErrorTextHas(const char* text) const {
  return absl::StrContains(error_text_, text);
}

}  // namespace heyhi
