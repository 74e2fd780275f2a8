#include "probes/curl_transport.h"

#include <ares.h>
#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "probes/curl_exchange.h"
#include "probes/dns_lookup.h"

namespace heyhi {
namespace {

enum class Watcher : std::uint32_t { kWake, kCurl, kDns };

std::uint64_t Tag(Watcher watcher, int fd) {
  return (static_cast<std::uint64_t>(watcher) << 32) | static_cast<std::uint32_t>(fd);
}

class CurlTransport : public HttpTransport {
 public:
  CurlTransport(const Clock& clock, CurlTransportOptions options)
      : clock_(clock), options_(std::move(options)) {}
  ~CurlTransport() override;

  absl::Status Open();

  void Start(HttpRequest request, Done done) override;
  void RunUntil(MonotonicTime deadline) override;
  void Wake() override;
  std::size_t in_flight() const override { return flights_.size() + ended_.size(); }

 private:
  // libcurl keeps one parsed certificate bundle per multi handle, so every bundle
  // gets a handle of its own: alternating on one would parse 145 certificates
  // per probe, and charge the time to the provider's handshake.
  struct Multi {
    CURLM* handle = nullptr;
    CurlTransport* transport = nullptr;
    MonotonicTime timer = absl::InfiniteDuration();
  };

  struct Flight {
    std::unique_ptr<CurlExchange> exchange;
    std::unique_ptr<DnsLookup> lookup;  // until the name is resolved
    Multi* multi = nullptr;             // from then on
    Done done;
  };

  static int OnCurlSocket(CURL* easy, curl_socket_t fd, int what, void* multi, void* known);
  static int OnCurlTimer(CURLM* handle, long timeout_ms, void* multi);

  void Watch(int fd, Watcher watcher, bool readable, bool writable);
  void Unwatch(int fd);
  Multi* MultiFor(const std::string& ca_file);
  void BeginLookup(Flight& flight);
  void Connect(Flight& flight, const std::vector<std::string>& addresses);
  void HandleEvent(const epoll_event& event);
  void RunTimers();
  void CollectResults(Multi& multi);
  void End(Flight& flight);
  absl::Duration UntilNextTimer() const;

  const Clock& clock_;
  const CurlTransportOptions options_;
  int epoll_ = -1;
  int wake_ = -1;
  std::map<std::string, std::unique_ptr<Multi>> multis_;  // by certificate bundle
  std::unordered_map<int, Multi*> curl_sockets_;
  std::unordered_map<CurlExchange*, std::unique_ptr<Flight>> flights_;
  std::unordered_map<int, DnsLookup*> dns_sockets_;
  // Flights and look-ups that have ended; destroyed when no callback is on the stack.
  std::vector<std::unique_ptr<Flight>> ended_;
  std::vector<std::unique_ptr<DnsLookup>> ended_lookups_;
};

CurlTransport::~CurlTransport() {
  for (auto& [exchange, flight] : flights_) {
    if (flight->multi != nullptr) {
      curl_multi_remove_handle(flight->multi->handle, exchange->handle());
    }
  }
  ended_lookups_.clear();  // their watches refer to flights
  flights_.clear();
  ended_.clear();
  for (const auto& [ca_file, multi] : multis_) curl_multi_cleanup(multi->handle);
  if (wake_ >= 0) close(wake_);
  if (epoll_ >= 0) close(epoll_);
}

absl::Status CurlTransport::Open() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll_ < 0 || wake_ < 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot start the network loop: ", std::strerror(errno)));
  }
  Watch(wake_, Watcher::kWake, true, false);
  return absl::OkStatus();
}

// Null where libcurl has no memory for another.
CurlTransport::Multi* CurlTransport::MultiFor(const std::string& ca_file) {
  std::unique_ptr<Multi>& multi = multis_[ca_file];
  if (multi != nullptr) return multi.get();
  CURLM* handle = curl_multi_init();
  if (handle == nullptr) {
    multis_.erase(ca_file);
    return nullptr;
  }
  multi = std::make_unique<Multi>();
  multi->handle = handle;
  multi->transport = this;
  curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, &OnCurlSocket);
  curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, multi.get());
  curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, &OnCurlTimer);
  curl_multi_setopt(handle, CURLMOPT_TIMERDATA, multi.get());
  return multi.get();
}

void CurlTransport::Start(HttpRequest request, Done done) {
  auto url = ParseUrl(request.url);
  const Url target = url.ok() ? *url : Url();
  auto owned = std::make_unique<Flight>();
  owned->exchange = std::make_unique<CurlExchange>(clock_, options_, std::move(request), target);
  owned->done = std::move(done);
  Flight& flight = *owned;
  flights_[flight.exchange.get()] = std::move(owned);
  if (!url.ok()) {
    flight.exchange->Fail(Reason::kTransportError, std::string(url.status().message()));
    End(flight);
  } else if (target.host_is_address) {
    Connect(flight, {target.host});
  } else {
    BeginLookup(flight);
  }
}

void CurlTransport::BeginLookup(Flight& flight) {
  DnsLookup::Options lookup_options;
  lookup_options.server = options_.dns_server;
  flight.lookup = MakeDnsLookup(
      flight.exchange->url().host, lookup_options,
      [this, &flight](int fd, bool readable, bool writable) {
        if ((readable || writable) && flight.lookup != nullptr) {
          dns_sockets_[fd] = flight.lookup.get();
          Watch(fd, Watcher::kDns, readable, writable);
        } else {
          dns_sockets_.erase(fd);
          Unwatch(fd);
        }
      },
      [this, &flight](const DnsAnswer& answer) {
        ended_lookups_.push_back(std::move(flight.lookup));
        if (!answer.failure.has_value()) {
          Connect(flight, answer.addresses);
          return;
        }
        flight.exchange->Fail(*answer.failure, absl::StrCat("DNS: ", answer.detail));
        End(flight);
      });
  flight.lookup->Start();
}

void CurlTransport::Connect(Flight& flight, const std::vector<std::string>& addresses) {
  if (!flight.exchange->Prepare(addresses)) {
    End(flight);
    return;
  }
  Multi* multi = MultiFor(flight.exchange->ca_file());
  if (multi == nullptr ||
      curl_multi_add_handle(multi->handle, flight.exchange->handle()) != CURLM_OK) {
    flight.exchange->Fail(Reason::kLocalResource, "libcurl takes no more connections");
    End(flight);
    return;
  }
  flight.multi = multi;
}

// Only marks: `done` is called from RunUntil, outside the libraries' callbacks.
void CurlTransport::End(Flight& flight) {
  const auto found = flights_.find(flight.exchange.get());
  ended_.push_back(std::move(found->second));
  flights_.erase(found);
}

void CurlTransport::RunUntil(MonotonicTime deadline) {
  constexpr int kMaxEvents = 64;
  epoll_event events[kMaxEvents];
  bool woken = false;
  while (!woken) {
    const absl::Duration left = deadline - clock_.Monotonic();
    absl::Duration wait = std::min(left, UntilNextTimer());
    if (!ended_.empty()) wait = absl::ZeroDuration();
    // Rounded up: waking early would spin until the timer is due.
    const absl::Duration bounded = std::clamp(wait, absl::ZeroDuration(), absl::Seconds(60));
    const int milliseconds =
        static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(bounded, absl::Milliseconds(1))));
    const int count = epoll_wait(epoll_, events, kMaxEvents, milliseconds);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == Tag(Watcher::kWake, wake_)) woken = true;
      HandleEvent(events[i]);
    }
    RunTimers();
    for (const auto& [ca_file, multi] : multis_) CollectResults(*multi);
    const std::vector<std::unique_ptr<Flight>> ended = std::exchange(ended_, {});
    ended_lookups_.clear();
    for (const auto& flight : ended) {
      flight->done(flight->exchange->TakeResult());
    }
    if (!ended.empty() || clock_.Monotonic() >= deadline) return;
  }
}

void CurlTransport::HandleEvent(const epoll_event& event) {
  const int fd = static_cast<int>(event.data.u64 & 0xffffffffU);
  const bool failed = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
  const bool readable = (event.events & EPOLLIN) != 0 || failed;
  const bool writable = (event.events & EPOLLOUT) != 0 || failed;
  switch (static_cast<Watcher>(event.data.u64 >> 32)) {
    case Watcher::kWake: {
      std::uint64_t count = 0;
      // Non-blocking; only the wake-up matters, not the count.
      static_cast<void>(!read(wake_, &count, sizeof count));
      break;
    }
    case Watcher::kDns: {
      const auto found = dns_sockets_.find(fd);
      if (found != dns_sockets_.end()) found->second->OnReady(fd, readable, writable);
      break;
    }
    case Watcher::kCurl: {
      int running = 0;
      const int mask = (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0);
      if (const auto found = curl_sockets_.find(fd); found != curl_sockets_.end()) {
        curl_multi_socket_action(found->second->handle, fd, mask, &running);
      }
      break;
    }
  }
}

void CurlTransport::RunTimers() {
  const MonotonicTime now = clock_.Monotonic();
  for (const auto& [ca_file, multi] : multis_) {
    if (now < multi->timer) continue;
    multi->timer = absl::InfiniteDuration();
    int running = 0;
    curl_multi_socket_action(multi->handle, CURL_SOCKET_TIMEOUT, 0, &running);
  }
  // Ending a flight changes the table, so the due ones are collected first.
  std::vector<Flight*> resolving;
  for (const auto& [exchange, flight] : flights_) {
    if (flight->lookup != nullptr) resolving.push_back(flight.get());
  }
  for (Flight* flight : resolving) {
    if (now >= flight->exchange->deadline()) {
      flight->exchange->Fail(Reason::kDnsTimeout, "DNS: no answer in time");
      End(*flight);
    } else if (flight->lookup->UntilTimer() <= absl::ZeroDuration()) {
      flight->lookup->OnTimer();
    }
  }
}

absl::Duration CurlTransport::UntilNextTimer() const {
  const MonotonicTime now = clock_.Monotonic();
  absl::Duration until = absl::InfiniteDuration();
  for (const auto& [ca_file, multi] : multis_) until = std::min(until, multi->timer - now);
  for (const auto& [exchange, flight] : flights_) {
    if (flight->lookup == nullptr) continue;
    until = std::min({until, exchange->deadline() - now, flight->lookup->UntilTimer()});
  }
  return until;
}

void CurlTransport::CollectResults(Multi& multi) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi.handle, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    void* owner = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
    auto* exchange = static_cast<CurlExchange*>(owner);
    exchange->Finish(message->data.result);
    curl_multi_remove_handle(multi.handle, exchange->handle());
    End(*flights_.at(exchange));
  }
}

void CurlTransport::Wake() {
  const std::uint64_t one = 1;
  // Fails only when a wake-up is pending already.
  static_cast<void>(!write(wake_, &one, sizeof one));
}

void CurlTransport::Watch(int fd, Watcher watcher, bool readable, bool writable) {
  epoll_event event = {};
  event.events = (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U);
  event.data.u64 = Tag(watcher, fd);
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT) {
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
}

void CurlTransport::Unwatch(int fd) { epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

int CurlTransport::OnCurlSocket(CURL* /*easy*/, curl_socket_t fd, int what, void* multi,
                                void* /*known*/) {
  auto* owner = static_cast<Multi*>(multi);
  CurlTransport& transport = *owner->transport;
  if (what == CURL_POLL_REMOVE) {
    transport.curl_sockets_.erase(fd);
    transport.Unwatch(fd);
  } else {
    transport.curl_sockets_[fd] = owner;
    transport.Watch(fd, Watcher::kCurl, (what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
  }
  return 0;
}

int CurlTransport::OnCurlTimer(CURLM* /*handle*/, long timeout_ms, void* multi) {
  auto* owner = static_cast<Multi*>(multi);
  owner->timer = timeout_ms < 0
                     ? absl::InfiniteDuration()
                     : owner->transport->clock_.Monotonic() + absl::Milliseconds(timeout_ms);
  return 0;
}

// libcurl's built-in path, or where the common distributions keep the bundle.
std::string SystemCaFile() {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  const char* builtin = info->age >= CURLVERSION_SEVENTH ? info->cainfo : nullptr;
  for (const char* path :
       {builtin, "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"}) {
    if (path != nullptr && access(path, R_OK) == 0) return path;
  }
  return "/etc/ssl/certs/ca-certificates.crt";
}

}  // namespace

absl::Status InitNetwork() {
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                           "no_proxy", "NO_PROXY", "HTTP_PROXY", "SSLKEYLOGFILE", "CURL_CA_BUNDLE",
                           "SSL_CERT_FILE", "SSL_CERT_DIR"}) {
    unsetenv(name);
  }
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
      ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
    return absl::InternalError("cannot initialise the network libraries");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<HttpTransport>> MakeCurlTransport(
    const Clock& clock, const CurlTransportOptions& options) {
  CurlTransportOptions filled = options;
  if (filled.ca_file.empty()) filled.ca_file = SystemCaFile();
  auto transport = std::make_unique<CurlTransport>(clock, filled);
  if (absl::Status status = transport->Open(); !status.ok()) return status;
  return transport;
}

}  // namespace heyhi
