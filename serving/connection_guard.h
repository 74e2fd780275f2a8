#ifndef HEYHI_SERVING_CONNECTION_GUARD_H_
#define HEYHI_SERVING_CONNECTION_GUARD_H_

#include <sys/socket.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace heyhi {

// Limits of a server for clients that mean harm, or are broken.
struct ConnectionLimits {
  std::size_t total = 512;
  // Of one address (IPv6: of one /64 network).
  std::size_t per_address = 64;
  // The last ones of the total are kept for addresses with fewer than `few`, so that
  // whoever fills the rest does not lock a scraper out.
  std::size_t reserved = 64;
  std::size_t few = 4;

  // Absolute: however many bytes come meanwhile.
  absl::Duration header_deadline = absl::Seconds(5);  // handshake included
  absl::Duration body_deadline = absl::Seconds(10);
  absl::Duration write_deadline = absl::Seconds(10);
  // Between two requests of one connection. Scrapers keep theirs for a minute or two.
  absl::Duration idle_deadline = absl::Minutes(2);
};

// Who may connect, and until when each connection may do what it is doing. Knows
// connections by their socket; times are of one monotonic clock, from any beginning.
// Thread-compatible; does no I/O.
class ConnectionGuard {
 public:
  enum class Phase {
    kHeader,    // a request is arriving: its first line and headers, or the handshake
    kBody,      // its body is arriving
    kHandling,  // we are thinking: no deadline
    kWriting,   // the answer is leaving
    kIdle,      // between requests
  };

  explicit ConnectionGuard(const ConnectionLimits& limits) : limits_(limits) {}

  // Whether one more connection from there is within the limits.
  bool Admits(const sockaddr* address) const;

  // A connection was opened: it begins with kHeader. Returns its deadline.
  absl::Duration Open(int fd, const sockaddr* address, absl::Duration now);
  // It does something else now. kHeader counts from its beginning: entered again, its
  // deadline stays. Returns the deadline.
  absl::Duration Enter(int fd, Phase phase, absl::Duration now);
  void Close(int fd);

  // Those whose deadline has passed; each is named once, and stays until Close.
  std::vector<int> TakeOverdue(absl::Duration now);
  // When TakeOverdue should be asked next; infinite where nothing is to come.
  absl::Duration NextDeadline() const;

  // The sockets of those that are in that phase.
  std::vector<int> In(Phase phase) const;
  std::size_t size() const { return connections_.size(); }

 private:
  struct Connection {
    std::string network;
    Phase phase = Phase::kIdle;
    absl::Duration deadline = absl::InfiniteDuration();
  };

  absl::Duration AllowedIn(Phase phase) const;

  const ConnectionLimits limits_;
  std::map<int, Connection> connections_;
  std::map<std::string, std::size_t> count_by_network_;
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_CONNECTION_GUARD_H_
