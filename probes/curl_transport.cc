#include "probes/curl_transport.h"

#include <ares.h>
#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "probes/arrival.h"
#include "probes/curl_exchange.h"
#include "probes/curl_multis.h"
#include "probes/dns_lookups.h"
#include "probes/event_loop.h"
#include "probes/standstill.h"
#include "probes/start_gate.h"

namespace heyhi {
namespace {

StartGate::Options GateOptions(const CurlTransportOptions& options) {
  StartGate::Options gate;
  gate.limits = options.limits;
  return gate;
}

class CurlTransport : public HttpTransport {
 public:
  CurlTransport(const Clock& clock, CurlTransportOptions options)
      : clock_(clock),
        options_(std::move(options)),
        meter_(clock.Monotonic()),
        multis_(clock, loop_),
        gate_(GateOptions(options_)),
        lookups_(clock, loop_, {options_.dns_server}) {}

  absl::Status Open() { return loop_.Open(); }

  void Start(HttpRequest request, Done done) override;
  void RunUntil(MonotonicTime deadline) override;
  void Wake() override { loop_.Wake(); }
  void SetLimits(const TransportLimits& limits) override {
    options_.limits = limits;
    gate_.SetLimits(limits);
  }
  std::size_t in_flight() const override {
    return waiting_count_ + flights_.size() + ended_.size();
  }

 private:
  // An exchange that waits for its turn.
  struct Waiting {
    HttpRequest request;
    Url url;
    Done done;
    MonotonicTime since;
  };

  struct Host {
    std::deque<Waiting> waiting;
    std::size_t in_flight = 0;
  };

  struct Flight {
    std::unique_ptr<CurlExchange> exchange;
    std::optional<StartGate::Ticket> ticket;
    std::function<void()> late;
    std::uint64_t number = 0;
    Done done;
  };

  // When to look whether an exchange is late.
  struct LateCheck {
    MonotonicTime at;
    CurlExchange* exchange;
    std::uint64_t number;  // of the flight: another may stand at the same address
    bool operator>(const LateCheck& other) const { return at > other.at; }
  };

  void AdmitWaiting();
  void BeginWaiting(Host& host, StartGate::Ticket ticket);
  bool RunLateChecks();
  Flight& AddFlight(HttpRequest request, Url url, Done done);
  void Begin(Flight& flight);
  void Connect(Flight& flight, const std::vector<std::string>& addresses);
  void End(CurlExchange* exchange);
  void WaitForEvents(MonotonicTime deadline);

  const Clock& clock_;
  CurlTransportOptions options_;
  StandstillMeter meter_;
  ArrivalClock arrival_clock_;
  EventLoop loop_;
  CurlMultis multis_;
  StartGate gate_;
  std::unordered_map<std::string, Host> hosts_;  // with something waiting or in flight
  std::deque<std::string> turns_;                // those with something waiting
  std::size_t waiting_count_ = 0;
  bool gate_is_full_ = false;  // as the last who waits found
  std::unordered_map<CurlExchange*, Flight> flights_;
  std::uint64_t flights_begun_ = 0;
  std::priority_queue<LateCheck, std::vector<LateCheck>, std::greater<>> late_checks_;
  std::vector<Flight> ended_;
  DnsLookups lookups_;  // refers to flights
};

void CurlTransport::Start(HttpRequest request, Done done) {
  auto url = ParseUrl(request.url);
  if (!url.ok()) {
    Flight& flight = AddFlight(std::move(request), Url(), std::move(done));
    flight.exchange->Fail(Reason::kTransportError, std::string(url.status().message()));
    End(flight.exchange.get());
  } else if (request.connect_only) {
    if (request.began != nullptr) request.began(absl::ZeroDuration());
    Begin(AddFlight(std::move(request), *std::move(url), std::move(done)));
  } else {
    const std::string name = url->host;
    Host& host = hosts_[name];
    if (host.waiting.empty()) turns_.push_back(name);
    host.waiting.push_back(
        {std::move(request), *std::move(url), std::move(done), clock_.Monotonic()});
    ++waiting_count_;
    AdmitWaiting();
  }
}

void CurlTransport::AdmitWaiting() {
  gate_is_full_ = false;
  // Until each host in turn has as many in flight as it may have.
  for (std::size_t passed = 0; passed < turns_.size();) {
    const std::string name = turns_.front();
    Host& host = hosts_[name];
    std::optional<StartGate::Ticket> ticket;
    if (host.in_flight < options_.limits.max_in_flight_per_host) {
      ticket = gate_.Admit(clock_.Monotonic());
      gate_is_full_ = !ticket.has_value();
      if (gate_is_full_) return;
    }
    turns_.pop_front();
    if (!ticket.has_value() || host.waiting.size() > 1) turns_.push_back(name);
    passed = ticket.has_value() ? 0 : passed + 1;
    if (ticket.has_value()) BeginWaiting(host, *ticket);
  }
}

void CurlTransport::BeginWaiting(Host& host, StartGate::Ticket ticket) {
  Waiting next = std::move(host.waiting.front());
  host.waiting.pop_front();
  --waiting_count_;
  ++host.in_flight;
  const auto began = std::move(next.request.began);
  Flight& flight = AddFlight(std::move(next.request), std::move(next.url), std::move(next.done));
  flight.ticket = ticket;
  const absl::Duration waited = flight.exchange->started() - next.since;
  flight.exchange->set_waited(waited);
  flight.exchange->set_on_request_out([this, ticket] { gate_.HandshakeOver(ticket); });
  if (began != nullptr) began(waited);
  Begin(flight);
}

CurlTransport::Flight& CurlTransport::AddFlight(HttpRequest request, Url url, Done done) {
  const std::function<void()> late = std::move(request.late);
  const absl::Duration late_after = request.late_after;
  auto exchange = std::make_unique<CurlExchange>(
      CurlExchange::Surroundings{clock_, options_, meter_}, std::move(request), std::move(url));
  CurlExchange* key = exchange.get();
  const std::uint64_t number = ++flights_begun_;
  if (late != nullptr) late_checks_.push({key->started() + late_after, key, number});
  return flights_
      .emplace(key, Flight{std::move(exchange), std::nullopt, late, number, std::move(done)})
      .first->second;
}

// True where one was late.
bool CurlTransport::RunLateChecks() {
  const MonotonicTime now = clock_.Monotonic();
  bool late = false;
  while (!late_checks_.empty() && late_checks_.top().at <= now) {
    const LateCheck check = late_checks_.top();
    late_checks_.pop();
    const auto found = flights_.find(check.exchange);
    if (found == flights_.end() || found->second.number != check.number) continue;
    if (check.exchange->request_is_out()) continue;
    late = true;
    found->second.late();
  }
  return late;
}

void CurlTransport::Begin(Flight& flight) {
  const CurlExchange& exchange = *flight.exchange;
  const Url& peer = exchange.peer();
  if (peer.host_is_address) {
    Connect(flight, {peer.host});
    return;
  }
  lookups_.Start(peer.host, exchange.deadline(), [this, &flight](DnsAnswer answer) {
    if (!answer.failure.has_value()) {
      Connect(flight, answer.addresses);
      return;
    }
    // The name of our own proxy is nobody else's.
    const Reason reason = flight.exchange->has_proxy() && *answer.failure != Reason::kLocalResource
                              ? Reason::kProxyUnreachable
                              : *answer.failure;
    flight.exchange->Fail(reason, absl::StrCat("DNS: ", answer.detail));
    End(flight.exchange.get());
  });
}

void CurlTransport::Connect(Flight& flight, const std::vector<std::string>& addresses) {
  if (!flight.exchange->Prepare(addresses)) {
    End(flight.exchange.get());
  } else if (!multis_.Add(*flight.exchange)) {
    flight.exchange->Fail(Reason::kLocalResource, "libcurl takes no more connections");
    End(flight.exchange.get());
  }
}

// Only marks: `done` is called from RunUntil, outside the libraries' callbacks.
void CurlTransport::End(CurlExchange* exchange) {
  const auto found = flights_.find(exchange);
  if (found->second.ticket.has_value()) {
    gate_.End(*found->second.ticket);
    const auto host = hosts_.find(exchange->url().host);
    if (--host->second.in_flight == 0 && host->second.waiting.empty()) hosts_.erase(host);
  }
  ended_.push_back(std::move(found->second));
  flights_.erase(found);
}

void CurlTransport::RunUntil(MonotonicTime deadline) {
  for (;;) {
    AdmitWaiting();  // here, and not before a `done`, which may take its time
    WaitForEvents(deadline);
    const bool woken = loop_.Dispatch();
    multis_.RunTimers();
    lookups_.RunTimers();
    for (CurlExchange* exchange : multis_.TakeEnded()) End(exchange);
    const bool late = RunLateChecks();
    const std::vector<Flight> ended = std::exchange(ended_, {});
    for (const Flight& flight : ended) flight.done(flight.exchange->TakeResult());
    if (woken || late || !ended.empty() || clock_.Monotonic() >= deadline) return;
  }
}

void CurlTransport::WaitForEvents(MonotonicTime deadline) {
  const MonotonicTime now = clock_.Monotonic();
  MonotonicTime until = std::min({deadline, multis_.NextTimer(), lookups_.NextTimer()});
  if (!late_checks_.empty()) until = std::min(until, late_checks_.top().at);
  if (gate_is_full_) until = std::min(until, gate_.NextPlaceAt());
  if (!flights_.empty()) until = std::min(until, now + kLongestUnwatchedWait);
  const absl::Duration wait = ended_.empty() ? until - now : absl::ZeroDuration();
  if (const auto standstill = meter_.BeginWait(now, std::max(wait, absl::ZeroDuration()))) {
    for (auto& [exchange, flight] : flights_) exchange->AddStandstill(*standstill);
  }
  loop_.Wait(wait);
  meter_.EndWait(clock_.Monotonic());
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
