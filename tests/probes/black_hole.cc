#include "tests/probes/black_hole.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "serving/listen_socket.h"

namespace heyhi {

BlackHole::BlackHole(const std::string& address) {
  const auto socket_or = OpenListenSocket(address);
  if (!socket_or.ok()) std::abort();
  listen_fd_ = socket_or->fd;
  port_ = socket_or->port;
  address_ = socket_or->address;
  listen(listen_fd_, 0);  // from now on the queue holds one
  sockaddr_storage own = {};
  socklen_t length = sizeof own;
  getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&own), &length);
  fds_.push_back(socket(own.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(fds_.back(), reinterpret_cast<const sockaddr*>(&own), length) != 0) std::abort();
}

BlackHole::~BlackHole() {
  for (const int fd : fds_) close(fd);
  close(listen_fd_);
}

std::string BlackHole::url(const std::string& scheme) const {
  return absl::StrCat(scheme, "://", address_, "/");
}

void BlackHole::Open() {
  listen(listen_fd_, 16);
  fds_.push_back(accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC));
}

}  // namespace heyhi
