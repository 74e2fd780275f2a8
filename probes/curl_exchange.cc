#include "probes/curl_exchange.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "probes/arrival.h"
#include "probes/curl_option_setter.h"
#include "probes/curl_reason.h"
#include "probes/curl_tls.h"
#include "probes/dns_lookup.h"
#include "probes/public_address.h"

namespace heyhi {
namespace {

// The address without its port.
std::string TextOf(const curl_sockaddr& address) {
  sockaddr_storage storage = {};
  std::memcpy(&storage, &address.addr, std::min<std::size_t>(address.addrlen, sizeof storage));
  char text[INET6_ADDRSTRLEN] = "";
  if (address.family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr, text,
              sizeof text);
  } else {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr, text,
              sizeof text);
  }
  return text;
}

bool IsWantOfResources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// Whoever configures a proxy has checked it; one that is no URL has no address.
std::optional<Url> ProxyOf(const HttpRequest& request) {
  if (request.proxy.empty()) return std::nullopt;
  return ParseUrl(request.proxy).value_or(Url());
}

}  // namespace

CurlExchange::CurlExchange(const Surroundings& surroundings, HttpRequest request, Url url)
    : clock_(surroundings.clock),
      options_(surroundings.options),
      meter_(surroundings.meter),
      request_(std::move(request)),
      url_(std::move(url)),
      proxy_(ProxyOf(request_)),
      started_(clock_.Monotonic()),
      standstills_(started_, SuspendedTime()),
      handle_(curl_easy_init()),
      recorder_({options_.max_header_bytes, options_.max_body_bytes}, result_) {}

CurlExchange::~CurlExchange() {
  Detach();
  if (handle_ != nullptr) curl_easy_cleanup(handle_);
  curl_slist_free_all(header_list_);
  curl_slist_free_all(resolve_list_);
}

CurlExchange* CurlExchange::Of(CURL* handle) {
  void* self = nullptr;
  curl_easy_getinfo(handle, CURLINFO_PRIVATE, &self);
  return static_cast<CurlExchange*>(self);
}

bool CurlExchange::Prepare(const std::vector<std::string>& addresses) {
  // libcurl takes a list of addresses for a while each, so a long one helps nobody.
  constexpr std::size_t kMostAddresses = 8;
  if (handle_ == nullptr) {
    Fail(Reason::kLocalResource, "no memory for a connection");
    return false;
  }
  std::vector<std::string> usable = addresses;
  if (connects_to_public_only() && !url_.host_is_address) {
    std::erase_if(usable, [](const std::string& address) { return !IsPublicAddress(address); });
    if (usable.empty()) {
      Fail(Reason::kNoAddress, absl::StrCat("DNS: the name resolved to ", addresses.front(),
                                            ", which a public API never has"));
      return false;
    }
  }
  result_.times.dns = Elapsed();
  if (SetOptions(AlternateFamilies(usable, kMostAddresses)) != CURLE_OK || SetHooks() != CURLE_OK) {
    Fail(Reason::kLocalResource, "libcurl refuses an option");
    return false;
  }
  return true;
}

CURLcode CurlExchange::SetOptions(const std::vector<std::string>& addresses) {
  for (const auto& [name, value] : request_.headers) {
    header_list_ = curl_slist_append(header_list_, absl::StrCat(name, ": ", value).c_str());
  }
  header_list_ = curl_slist_append(header_list_, "Accept-Encoding: identity");
  if (!peer().host_is_address) {
    resolve_list_ = curl_slist_append(
        nullptr,
        absl::StrCat(peer().host, ":", peer().port, ":", absl::StrJoin(addresses, ",")).c_str());
  }
  const auto left = absl::ToInt64Milliseconds(request_.timeout - Elapsed());
  CurlOptionSetter set(handle_);
  set.Set(CURLOPT_URL, request_.url.c_str())
      .Set(CURLOPT_PROTOCOLS_STR, "http,https")
      .Set(CURLOPT_FOLLOWLOCATION, 0L)  // libcurl would forward x-api-key to the other host
      .Set(CURLOPT_PROXY, request_.proxy.c_str())
      .Set(CURLOPT_NOPROXY, "")
      .Set(CURLOPT_PROXYPORT, static_cast<long>(peer().port))
      .Set(CURLOPT_HTTPPROXYTUNNEL, has_proxy() ? 1L : 0L)  // the proxy sees no call
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
      // In the order of browsers: AES-128 with SHA-256 is the cheapest.
      .Set(CURLOPT_TLS13_CIPHERS,
           "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256")
      .Set(CURLOPT_SSL_SESSIONID_CACHE, 0L)  // each handshake is a whole one
      // The smallest: 1000 exchanges that wait for their answers hold one each.
      .Set(CURLOPT_BUFFERSIZE, 1024L)
      .Set(CURLOPT_CONNECT_ONLY, request_.connect_only ? 1L : 0L)
      .Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L)
      // We ask for plain bytes, and understand those who pack them all the same.
      .Set(CURLOPT_ACCEPT_ENCODING, "");
  if (request_.method == "POST") {
    set.Set(CURLOPT_POST, 1L)
        .Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()))
        .Set(CURLOPT_POSTFIELDS, request_.body.c_str());
  }
  return set.code();
}

CURLcode CurlExchange::SetHooks() {
  void* self = this;
  return CurlOptionSetter(handle_)
      .Set(CURLOPT_PRIVATE, self)
      .Set(CURLOPT_OPENSOCKETFUNCTION, &OnOpenSocket)
      .Set(CURLOPT_OPENSOCKETDATA, self)
      .Set(CURLOPT_CLOSESOCKETFUNCTION, &OnCloseSocket)
      .Set(CURLOPT_CLOSESOCKETDATA, self)
      .Set(CURLOPT_SSL_CTX_FUNCTION, &OnTcpConnected)
      .Set(CURLOPT_SSL_CTX_DATA, self)
      .Set(CURLOPT_PREREQFUNCTION, &OnReadyToSend)
      .Set(CURLOPT_PREREQDATA, self)
      .Set(CURLOPT_NOPROGRESS, 0L)
      .Set(CURLOPT_XFERINFOFUNCTION, &OnProgress)
      .Set(CURLOPT_XFERINFODATA, self)
      .Set(CURLOPT_HEADERFUNCTION, &OnHeader)
      .Set(CURLOPT_HEADERDATA, self)
      .Set(CURLOPT_WRITEFUNCTION, &OnBody)
      .Set(CURLOPT_WRITEDATA, self)
      .Set(CURLOPT_ERRORBUFFER, error_text_)
      .code();
}

bool CurlExchange::Attach(CURLM* multi) {
  if (curl_multi_add_handle(multi, handle_) != CURLM_OK) return false;
  multi_ = multi;
  return true;
}

void CurlExchange::Detach() {
  if (multi_ != nullptr) curl_multi_remove_handle(std::exchange(multi_, nullptr), handle_);
}

// Any change of what is paused does it; nothing is being received yet.
void CurlExchange::Nudge() {
  curl_easy_pause(handle_, CURLPAUSE_RECV);
  curl_easy_pause(handle_, CURLPAUSE_CONT);
}

void CurlExchange::SayIfEarly() {
  curl_off_t sent = 0;
  curl_easy_getinfo(handle_, CURLINFO_SIZE_UPLOAD_T, &sent);
  is_early_ |= sent < static_cast<curl_off_t>(request_.body.size());
  if (is_early_) on_early_();
}

void CurlExchange::BeginReading(int fd) {
  if (!request_is_out()) return;  // handshakes are our work too
  const Arrival newest = LookAtArrival(fd);
  was_cut_ |= newest.error != 0;  // it came just now, and libcurl will not be told
  if (!newest.age.has_value()) return;
  const absl::Duration now = Elapsed();
  // No answer comes before its request, whatever the wall clock did.
  arrival_ = std::clamp(now - *newest.age, std::min(*result_.times.request_sent, now), now);
}

void CurlExchange::NoteEnd() {
  const MonotonicTime now = clock_.Monotonic();
  result_.times.total = now - started_;
  standstills_.Add({meter_.attended_until(), now});
  result_.stalled = standstills_.Longest(SuspendedTime());
  recorder_.End();
  const char* address = nullptr;
  if (multi_ != nullptr && curl_easy_getinfo(handle_, CURLINFO_PRIMARY_IP, &address) == CURLE_OK &&
      address != nullptr) {
    result_.remote_address = address;
  }
}

void CurlExchange::Fail(Reason reason, const std::string& detail) {
  NoteEnd();
  result_.failure = reason;
  result_.failure_detail = detail;
  Detach();
}

void CurlExchange::Finish(CURLcode code) {
  NoteEnd();
  // Closing TLS and taking the connection down come after the last byte: 0.3 ms that
  // are not the server's.
  if (code == CURLE_OK && progress_at_.has_value()) result_.times.total = *progress_at_;
  // To libcurl it looked like the server's end of the connection, which ends some answers.
  const bool looks_whole = code == CURLE_OK && !EndsByClosing();
  if (was_cut_ && !looks_whole && !result_.failure.has_value()) {
    result_.failure = Reason::kConnReset;
    result_.failure_detail = "the connection broke while the answer was awaited";
  } else if (code != CURLE_OK) {
    SetFailure(code);
  }
  Detach();  // closes the connection, where it is open still
}

bool CurlExchange::EndsByClosing() const {
  constexpr long kHttp2 = CURL_HTTP_VERSION_2_0;
  long version = 0;
  curl_off_t length = -1;
  curl_easy_getinfo(handle_, CURLINFO_HTTP_VERSION, &version);
  curl_easy_getinfo(handle_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  const bool is_chunked =
      std::any_of(result_.headers.begin(), result_.headers.end(),
                  [](const auto& header) { return header.first == "transfer-encoding"; });
  return version < kHttp2 && length < 0 && !is_chunked;
}

absl::Duration CurlExchange::ArrivedAt() {
  const absl::Duration at = arrival_.has_value() ? *arrival_ : Elapsed();
  last_arrival_ = std::max(last_arrival_, at);  // time does not go back
  return last_arrival_;
}

void CurlExchange::SetFailure(CURLcode code) {
  if (result_.failure.has_value()) return;  // we ended it ourselves
  if (!connected_ && !refused_address_.empty()) {
    result_.failure = Reason::kNoAddress;
    result_.failure_detail =
        absl::StrCat(refused_address_, " is not a public address: a public API never has it");
    return;
  }
  if (!connected_ && socket_errno_ != 0) {
    result_.failure = Reason::kLocalResource;
    result_.failure_detail = absl::StrCat("no socket: ", std::strerror(socket_errno_));
    return;
  }
  CurlFailure failure;
  failure.code = code;
  failure.error_text = error_text_;
  failure.times = result_.times;
  failure.by_proxy = has_proxy();
  curl_easy_getinfo(handle_, CURLINFO_HTTP_CONNECTCODE, &failure.proxy_status);
  failure.proxy_connected = !result_.remote_address.empty();
  curl_easy_getinfo(handle_, CURLINFO_OS_ERRNO, &failure.os_errno);
  curl_easy_getinfo(handle_, CURLINFO_SSL_VERIFYRESULT, &failure.verify_result);
  result_.failure = ReasonOfCurlFailure(failure);
  const char* text = error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(code);
  if (code == CURLE_ABORTED_BY_CALLBACK) text = "the proxy's answer is endless";  // OnProgress
  result_.failure_detail = absl::StrCat(text, " (curl ", static_cast<int>(code), ")");
}

void CurlExchange::RefuseToRepeat() {
  result_.failure = Reason::kH2Goaway;
  result_.failure_detail = "the server refused the request over HTTP/2, and once is all we ask";
}

// The last guard on where we connect to, after libcurl's own reading of the URL.
curl_socket_t CurlExchange::OnOpenSocket(void* self, curlsocktype /*purpose*/,
                                         curl_sockaddr* address) {
  auto* exchange = static_cast<CurlExchange*>(self);
  if (exchange->connects_to_public_only()) {
    const std::string text = TextOf(*address);
    if (!IsPublicAddress(text)) {
      exchange->refused_address_ = text;
      return CURL_SOCKET_BAD;
    }
  }
  exchange->result_.tried_address = TextOf(*address);
  const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0 && IsWantOfResources(errno)) exchange->socket_errno_ = errno;
  if (fd >= 0) NoteArrivals(fd);
  return fd;
}

int CurlExchange::OnCloseSocket(void* self, curl_socket_t fd) {
  auto* exchange = static_cast<CurlExchange*>(self);
  tcp_info info = {};
  socklen_t length = sizeof info;
  // A socket that never connected is the other one of two that raced.
  if (exchange->connected_ && getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
      info.tcpi_state != TCP_SYN_SENT) {
    int& most = exchange->result_.retransmissions;
    most = std::max(most, static_cast<int>(info.tcpi_total_retrans));
  }
  const bool in_flight = exchange->multi_ != nullptr;
  if (!exchange->connected_ && in_flight && exchange->on_address_lost_ != nullptr) {
    exchange->on_address_lost_();
  }
  return close(fd);
}

// libcurl builds the TLS context as soon as TCP stands: the only hook there.
CURLcode CurlExchange::OnTcpConnected(CURL* /*handle*/, void* context, void* self) {
  auto* exchange = static_cast<CurlExchange*>(self);
  if (exchange->requests_sent_ > 0) {
    // libcurl connects anew to resend what an HTTP/2 server refused; a probe is
    // one request, so the refusal is the result.
    exchange->RefuseToRepeat();
    return CURLE_ABORTED_BY_CALLBACK;
  }
  exchange->connected_ = true;
  exchange->result_.times.connect = exchange->Elapsed();
  SetUpTlsHandshake(context);
  return CURLE_OK;
}

int CurlExchange::OnReadyToSend(void* self, char* /*remote*/, char* /*local*/, int /*remote_port*/,
                                int /*local_port*/) {
  auto* exchange = static_cast<CurlExchange*>(self);
  if (++exchange->requests_sent_ > 1) {  // as above, on the same connection
    exchange->RefuseToRepeat();
    return CURL_PREREQFUNC_ABORT;
  }
  exchange->connected_ = true;
  HttpTimes& times = exchange->result_.times;
  const absl::Duration now = exchange->Elapsed();
  if (exchange->url_.https) {
    times.tls = now;
    EndTlsHandshake(exchange->handle_);
  } else {
    times.connect = now;
  }
  if (!exchange->request_.connect_only) times.request_sent = now;
  if (exchange->on_request_out_ != nullptr) exchange->on_request_out_();
  return CURL_PREREQFUNC_OK;
}

// libcurl calls it last when a transfer is complete, before it closes the connection, and
// for each byte that a proxy answers to CONNECT, which it reads on and on.
int CurlExchange::OnProgress(void* self, curl_off_t /*to_download*/, curl_off_t /*downloaded*/,
                             curl_off_t /*to_upload*/, curl_off_t uploaded) {
  auto* exchange = static_cast<CurlExchange*>(self);
  if (exchange->has_proxy() && !exchange->connected_ &&
      ++exchange->connect_bytes_ > exchange->options_.max_header_bytes) {
    return 1;
  }
  const bool sent_more = uploaded != exchange->uploaded_;
  exchange->uploaded_ = uploaded;
  if (sent_more && exchange->is_early_) exchange->on_early_();
  exchange->progress_at_ = exchange->ArrivedAt();
  return 0;
}

std::size_t CurlExchange::OnHeader(char* data, std::size_t size, std::size_t count, void* self) {
  auto* exchange = static_cast<CurlExchange*>(self);
  const std::string_view line(data, size * count);
  exchange->SayIfEarly();
  return exchange->recorder_.AddHeaderLine(line, exchange->ArrivedAt()) ? line.size() : 0;
}

std::size_t CurlExchange::OnBody(char* data, std::size_t size, std::size_t count, void* self) {
  auto* exchange = static_cast<CurlExchange*>(self);
  const std::string_view bytes(data, size * count);
  exchange->SayIfEarly();
  return exchange->recorder_.AddBody(bytes, exchange->ArrivedAt()) ? bytes.size() : 0;
}

}  // namespace heyhi
