#ifndef HEYHI_PROBES_CURL_TRANSPORT_H_
#define HEYHI_PROBES_CURL_TRANSPORT_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "probes/clock.h"
#include "probes/http_transport.h"

namespace heyhi {

struct CurlTransportOptions {
  std::string user_agent = "heyhi";
  std::size_t max_body_bytes = 1 << 20;
  std::size_t max_header_bytes = 64 << 10;
  // PEM bundle that verifies servers; "" finds the system's.
  std::string ca_file;
  TransportLimits limits;
  // "127.0.0.1:5353": asks this DNS server instead of the system's (for tests).
  std::string dns_server;
};

// Must be called once before the first transport, while the process has one
// thread: initialises libcurl and c-ares, and removes from the environment what
// would let others redirect or read our traffic (proxy variables, SSLKEYLOGFILE).
absl::Status InitNetwork();

// HTTP over libcurl and c-ares in one epoll loop. Each exchange resolves its
// name, opens a fresh connection (HTTP/2 where offered) and sends one request;
// certificates are always verified. Times come from `clock` at the libraries'
// own callbacks, so failed exchanges have them too. `clock` must outlive the
// transport and be real: sockets do not wait for simulated time.
absl::StatusOr<std::unique_ptr<HttpTransport>> MakeCurlTransport(
    const Clock& clock, const CurlTransportOptions& options);

}  // namespace heyhi

#endif  // HEYHI_PROBES_CURL_TRANSPORT_H_
