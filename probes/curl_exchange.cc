#include "probes/curl_exchange.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "probes/curl_reason.h"

namespace heyhi {
namespace {

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

constexpr char kRefused[] = "the server refused the request over HTTP/2, and once is all we ask";

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
  header_list_ = curl_slist_append(header_list_, "Accept-Encoding: identity");
  if (!url_.host_is_address) {
    resolve_list_ = curl_slist_append(
        nullptr,
        absl::StrCat(url_.host, ":", url_.port, ":", absl::StrJoin(addresses, ",")).c_str());
  }
  const auto left = absl::ToInt64Milliseconds(request_.timeout - Elapsed());
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
      .Set(CURLOPT_CAINFO, ca_file().c_str())
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
      .Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L)
      // We ask for plain bytes, and understand those who pack them all the same.
      .Set(CURLOPT_ACCEPT_ENCODING, "");
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
  if (awaits_status_) result_.status = 0;  // of an interim answer, if of any
  if (code == CURLE_OK) return;
  result_.failure = ReasonOf(code);
  if (abort_reason_.has_value()) {
    result_.failure_detail = abort_detail_;
    return;
  }
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
    exchange->Abort(Reason::kH2Goaway, kRefused);
    return CURLE_ABORTED_BY_CALLBACK;
  }
  exchange->result_.times.connect = exchange->Elapsed();
  return CURLE_OK;
}

int CurlExchange::OnReadyToSend(void* self, char* /*remote*/, char* /*local*/, int /*remote_port*/,
                                int /*local_port*/) {
  auto* exchange = static_cast<CurlExchange*>(self);
  if (++exchange->requests_sent_ > 1) {  // as above, on the same connection
    exchange->Abort(Reason::kH2Goaway, kRefused);
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
  const std::size_t bytes = size * count;
  exchange->header_bytes_ += bytes;
  if (exchange->header_bytes_ > exchange->options_.max_header_bytes) {
    exchange->Abort(
        Reason::kHeaderTooLarge,
        absl::StrCat("headers of more than ", exchange->options_.max_header_bytes, " bytes"));
    return 0;
  }
  exchange->AddHeaderLine(std::string(data, bytes));
  return bytes;
}

void CurlExchange::AddHeaderLine(const std::string& line) {
  if (awaits_status_ && absl::StartsWith(line, "HTTP/")) {
    // What came before it was an interim answer (1xx).
    result_.headers.clear();
    const auto space = line.find(' ');
    result_.status = 0;
    if (space != std::string::npos) {
      // A status that is no number stays 0.
      static_cast<void>(absl::SimpleAtoi(line.substr(space + 1, 3), &result_.status));
    }
    // An interim answer (1xx) is no first byte of the answer.
    const bool is_final = result_.status < 100 || result_.status >= 200;
    awaits_status_ = !is_final;
    if (is_final && !result_.times.first_byte.has_value()) result_.times.first_byte = Elapsed();
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
    exchange->Abort(
        Reason::kBodyTooLarge,
        absl::StrCat("a body of more than ", exchange->options_.max_body_bytes, " bytes"));
    return 0;
  }
  exchange->AddBodyPiece(std::string_view(data, bytes));
  return bytes;
}

void CurlExchange::AddBodyPiece(std::string_view bytes) {
  constexpr std::size_t kMostPieces = 4096;
  result_.body.append(bytes);
  if (result_.pieces.size() >= kMostPieces) result_.pieces.pop_back();
  result_.pieces.push_back({result_.body.size(), Elapsed()});
}

Reason CurlExchange::ReasonOf(CURLcode code) const {
  if (abort_reason_.has_value()) return *abort_reason_;
  CurlFailure failure;
  failure.code = code;
  failure.error_text = error_text_;
  failure.times = result_.times;
  curl_easy_getinfo(handle_, CURLINFO_OS_ERRNO, &failure.os_errno);
  curl_easy_getinfo(handle_, CURLINFO_SSL_VERIFYRESULT, &failure.verify_result);
  return ReasonOfCurlFailure(failure);
}

}  // namespace heyhi
