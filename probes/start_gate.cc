#include "probes/start_gate.h"

#include <algorithm>

namespace heyhi {

bool StartGate::IsFull() const {
  return in_flight_ >= std::max<std::size_t>(options_.limits.max_in_flight, 1);
}

std::optional<StartGate::Ticket> StartGate::Admit(MonotonicTime now) {
  while (!handshakes_.empty() && handshakes_.begin()->second <= now) {
    handshakes_.erase(handshakes_.begin());
  }
  if (IsFull() || handshakes_.size() >= std::max<std::size_t>(options_.limits.max_handshakes, 1)) {
    return std::nullopt;
  }
  ++in_flight_;
  ++last_ticket_;
  handshakes_.emplace_hint(handshakes_.end(), last_ticket_, now + options_.longest_handshake);
  return last_ticket_;
}

void StartGate::End(Ticket ticket) {
  HandshakeOver(ticket);
  --in_flight_;
}

MonotonicTime StartGate::NextPlaceAt() const {
  return IsFull() || handshakes_.empty() ? absl::InfiniteDuration() : handshakes_.begin()->second;
}

}  // namespace heyhi
