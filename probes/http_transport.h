#ifndef HEYHI_PROBES_HTTP_TRANSPORT_H_
#define HEYHI_PROBES_HTTP_TRANSPORT_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "probes/clock.h"
#include "probes/reason.h"

namespace heyhi {

struct HttpRequest {
  std::string method = "POST";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // From the beginning of the exchange to the last byte; DNS counts.
  absl::Duration timeout = absl::Seconds(20);
  // PEM bundle to verify the server with; "" means the system's.
  std::string ca_file;
  // The HTTP proxy that tunnels it, as "http://host:port"; "" for none. Times and addresses
  // of the connection are then the proxy's, and its tunnel is part of connecting.
  std::string proxy;
  // Ends once the connection stands (with TLS for https): no request is sent. Does
  // not wait for its turn among the handshakes.
  bool connect_only = false;
  // Connects to public addresses only, whatever the resolver says. No proxy is asked for
  // that.
  bool public_only = false;

  // Both optional, called at most once each, from within Start or RunUntil.
  // The exchange begins now, after having waited for its turn so long.
  std::function<void(absl::Duration waited)> began;
  // `late_after` since it began the request is not out: no connection stands yet.
  absl::Duration late_after = absl::Seconds(1);
  std::function<void()> late;
};

// When each step of an exchange ended, counted from when it began: the call of
// Start, or later where it had to wait for its turn. A step that did not end, or
// does not apply (tls on plain http), is absent.
struct HttpTimes {
  std::optional<absl::Duration> dns;
  std::optional<absl::Duration> connect;
  std::optional<absl::Duration> tls;
  std::optional<absl::Duration> request_sent;
  std::optional<absl::Duration> first_byte;
  absl::Duration total = absl::ZeroDuration();  // always set, failures too
};

// A piece of the body as it came in.
struct BodyPiece {
  std::size_t end = 0;                       // its last byte stands before this offset of the body
  absl::Duration at = absl::ZeroDuration();  // when it arrived, counted as HttpTimes are
};

// What went over the wire: facts, no verdict on the content.
struct HttpExchange {
  // Set where no whole answer arrived: one of the transport reasons.
  std::optional<Reason> failure;
  // The cause in our words and the library's, for logs. Holds no header values.
  std::string failure_detail;

  int status = 0;  // 0 where no status line arrived
  // Of the final answer, names in lower case, in the order received.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // decoded, where it came compressed
  // In order, the last one ends with the body. Past the first 4096 the last one
  // grows, so that a body of single bytes costs no more than itself.
  std::vector<BodyPiece> pieces;
  std::string remote_address;  // "" where there was no connection
  // The address that was last connected to, or tried; "" where none was known.
  std::string tried_address;
  HttpTimes times;
  // How long it waited for its turn before it began: our doing, in no time above.
  absl::Duration waited = absl::ZeroDuration();
  // The longest time that this process stood still in its course (suspended,
  // starved), from 100 ms on: then the times above are not the server's.
  absl::Duration stalled = absl::ZeroDuration();
  // Segments that this machine had to send again on the connection: loss on the way.
  int retransmissions = 0;

  // The value of the first header of that name (lower case), or "".
  std::string Header(const std::string& name) const;
};

// How much a transport does at once.
struct TransportLimits {
  // Exchanges beyond these wait for their turn, hosts by turns and each in the order of
  // Start.
  std::size_t max_in_flight = 4096;
  // One host may not take more of them: it must not keep the others out when it hangs.
  std::size_t max_in_flight_per_host = 4096;
  // Of the exchanges in flight, those that are connecting. A handshake holds its place
  // until the request is out, or for 50 ms at most: then it waits for the network and costs
  // us nothing.
  std::size_t max_handshakes = 16;
};

// The seam between probing and the network. One thread at a time may use it,
// except for Wake.
class HttpTransport {
 public:
  using Done = std::function<void(HttpExchange)>;

  // Exchanges in flight are given up; their `done` is not called.
  virtual ~HttpTransport() = default;

  // Begins one exchange: a fresh connection, exactly one request, no redirects.
  // `done` is called once, from within RunUntil.
  virtual void Start(HttpRequest request, Done done) = 0;

  // Moves all exchanges on; returns at `deadline` (on the transport's clock), or
  // sooner after a `done` or `late` was called or Wake.
  virtual void RunUntil(MonotonicTime deadline) = 0;

  // Makes RunUntil return. Any thread, and async-signal-safe.
  virtual void Wake() = 0;

  // From now on; what is in flight stays.
  virtual void SetLimits(const TransportLimits& limits) = 0;

  virtual std::size_t in_flight() const = 0;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_HTTP_TRANSPORT_H_
