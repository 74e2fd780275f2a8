#include "serving/connection_guard.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace heyhi {
namespace {

// What counts as one client: an IPv4 address, also where it comes mapped into IPv6,
// or an IPv6 /64, the least that a customer gets.
std::string NetworkOf(const sockaddr* address) {
  if (address == nullptr) return "";
  if (address->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    return std::string(reinterpret_cast<const char*>(&v4.sin_addr), sizeof v4.sin_addr);
  }
  if (address->sa_family != AF_INET6) return "";
  sockaddr_in6 v6;
  std::memcpy(&v6, address, sizeof v6);
  const std::string bytes(reinterpret_cast<const char*>(&v6.sin6_addr), sizeof v6.sin6_addr);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) return bytes.substr(12);
  return bytes.substr(0, 8);
}

}  // namespace

bool ConnectionGuard::Admits(const sockaddr* address) const {
  if (connections_.size() >= limits_.total) return false;
  const auto found = count_by_network_.find(NetworkOf(address));
  const std::size_t held = found == count_by_network_.end() ? 0 : found->second;
  if (held < limits_.few) return true;
  return held < limits_.per_address && connections_.size() + limits_.reserved < limits_.total;
}

absl::Duration ConnectionGuard::Open(int fd, const sockaddr* address, absl::Duration now) {
  Close(fd);
  Connection& connection = connections_[fd];
  connection.network = NetworkOf(address);
  ++count_by_network_[connection.network];
  return Enter(fd, Phase::kHeader, now);
}

absl::Duration ConnectionGuard::Enter(int fd, Phase phase, absl::Duration now) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return absl::InfiniteDuration();
  Connection& connection = found->second;
  if (phase != Phase::kHeader || connection.phase != Phase::kHeader) {
    connection.phase = phase;
    connection.deadline = now + AllowedIn(phase);
  }
  return connection.deadline;
}

void ConnectionGuard::Close(int fd) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  const auto count = count_by_network_.find(found->second.network);
  if (--count->second == 0) count_by_network_.erase(count);
  connections_.erase(found);
}

std::vector<int> ConnectionGuard::TakeOverdue(absl::Duration now) {
  std::vector<int> overdue;
  for (auto& [fd, connection] : connections_) {
    if (connection.deadline > now) continue;
    connection.deadline = absl::InfiniteDuration();
    overdue.push_back(fd);
  }
  return overdue;
}

absl::Duration ConnectionGuard::NextDeadline() const {
  absl::Duration next = absl::InfiniteDuration();
  for (const auto& [fd, connection] : connections_) next = std::min(next, connection.deadline);
  return next;
}

std::vector<int> ConnectionGuard::In(Phase phase) const {
  std::vector<int> sockets;
  for (const auto& [fd, connection] : connections_) {
    if (connection.phase == phase) sockets.push_back(fd);
  }
  return sockets;
}

absl::Duration ConnectionGuard::AllowedIn(Phase phase) const {
  switch (phase) {
    case Phase::kHeader:
      return limits_.header_deadline;
    case Phase::kBody:
      return limits_.body_deadline;
    case Phase::kWriting:
      return limits_.write_deadline;
    case Phase::kIdle:
      return limits_.idle_deadline;
    case Phase::kHandling:
      break;
  }
  return absl::InfiniteDuration();
}

}  // namespace heyhi
