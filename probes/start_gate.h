#ifndef HEYHI_PROBES_START_GATE_H_
#define HEYHI_PROBES_START_GATE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "absl/time/time.h"
#include "probes/clock.h"
#include "probes/http_transport.h"

namespace heyhi {

// Counts the places that exchanges take: one for as long as they are in flight, and
// one more for their handshakes, which cost processor time and would make each
// other look slow. Who waits, and in which order, is the caller's matter.
// Thread-compatible.
class StartGate {
 public:
  struct Options {
    TransportLimits limits;  // 0 counts as 1
    // After this a handshake waits for the network and costs nothing: hosts that
    // do not answer must not keep others out.
    absl::Duration longest_handshake = absl::Milliseconds(50);
  };
  using Ticket = std::uint64_t;

  explicit StartGate(const Options& options) : options_(options) {}

  // From now on; places that are taken stay so.
  void SetLimits(const TransportLimits& limits) { options_.limits = limits; }

  // Both places for one exchange, or nothing where one of them is lacking.
  std::optional<Ticket> Admit(MonotonicTime now);
  // Its handshake is over. May be said again.
  void HandshakeOver(Ticket ticket) { handshakes_.erase(ticket); }
  // Gives back all that it holds. Once for each ticket.
  void End(Ticket ticket);

  // When a place falls free by the mere passing of time; infinitely far where time
  // alone frees none.
  MonotonicTime NextPlaceAt() const;

 private:
  bool IsFull() const;

  Options options_;
  Ticket last_ticket_ = 0;
  std::size_t in_flight_ = 0;
  // When each place is taken back. Tickets grow, so the oldest comes first.
  std::map<Ticket, MonotonicTime> handshakes_;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_START_GATE_H_
