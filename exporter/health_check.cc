#include "exporter/health_check.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "probes/clock.h"
#include "probes/curl_transport.h"

namespace heyhi {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(5);

// What listens on every interface listens on this machine's own.
constexpr std::pair<const char*, const char*> kEverywhere[] = {
    {":", "127.0.0.1:"}, {"0.0.0.0:", "127.0.0.1:"}, {"[::]:", "[::1]:"}};

// Where to find on this machine what listens there.
std::string AddressToAsk(const std::string& listen_address) {
  for (const auto& [everywhere, here] : kEverywhere) {
    if (absl::StartsWith(listen_address, everywhere)) {
      return absl::StrCat(here, std::string(absl::StripPrefix(listen_address, everywhere)));
    }
  }
  return listen_address;
}

bool ShowedACertificate(const HttpExchange& exchange) {
  return exchange.failure == Reason::kTlsCa || exchange.failure == Reason::kTlsHostname ||
         exchange.failure == Reason::kTlsExpired;
}

}  // namespace

absl::Status CheckHealth(const std::string& listen_address, bool tls) {
  if (absl::EndsWith(listen_address, ":0")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--healthcheck needs the port: give the --web.listen-address that the exporter was "
        "started with, not \"",
        listen_address, "\""));
  }
  const std::string url =
      absl::StrCat(tls ? "https" : "http", "://", AddressToAsk(listen_address), "/-/healthy");
  HttpRequest request;
  request.method = "GET";
  request.url = url;
  request.timeout = kPatience;
  RealClock clock;
  auto transport = MakeCurlTransport(clock, {});
  if (!transport.ok()) return transport.status();
  std::optional<HttpExchange> ended;
  (*transport)->Start(std::move(request), [&ended](HttpExchange exchange) {
    ended = std::move(exchange);
  });
  while (!ended.has_value()) (*transport)->RunUntil(absl::InfiniteDuration());
  const HttpExchange& exchange = *ended;
  if (tls && ShowedACertificate(exchange)) return absl::OkStatus();
  if (exchange.failure.has_value()) {
    return absl::UnavailableError(absl::StrCat(url, ": ", exchange.failure_detail));
  }
  if (exchange.status == 200 || exchange.status == 401 || exchange.status == 403) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat(url, ": HTTP status ", exchange.status));
}

}  // namespace heyhi
