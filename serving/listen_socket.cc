#include "serving/listen_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

struct HostPort {
  std::string host;
  std::string port;
};

absl::StatusOr<HostPort> SplitAddress(const std::string& address) {
  const auto colon = address.rfind(':');
  HostPort result;
  if (colon != std::string::npos) {
    result.host = address.substr(0, colon);
    result.port = address.substr(colon + 1);
  }
  const bool bracketed =
      result.host.size() >= 2 && result.host.front() == '[' && result.host.back() == ']';
  if (bracketed) result.host = result.host.substr(1, result.host.size() - 2);
  // "[]" would mean every interface, and getaddrinfo takes ports such as "+80".
  const bool valid_host =
      bracketed ? !result.host.empty() : result.host.find(':') == std::string::npos;
  const bool digits = std::all_of(result.port.begin(), result.port.end(), absl::ascii_isdigit);
  int port = -1;
  if (!valid_host || !digits || !absl::SimpleAtoi(result.port, &port) || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("listen address \"", address, "\": expected host:port, [ipv6]:port or :port"));
  }
  return result;
}

std::string FormatAddress(const sockaddr_storage& storage, int* port) {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 in6;
    std::memcpy(&in6, &storage, sizeof in6);
    inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
    *port = ntohs(in6.sin6_port);
    return absl::StrCat("[", text, "]:", *port);
  }
  sockaddr_in in4;
  std::memcpy(&in4, &storage, sizeof in4);
  inet_ntop(AF_INET, &in4.sin_addr, text, sizeof text);
  *port = ntohs(in4.sin_port);
  return absl::StrCat(text, ":", *port);
}

// Returns the listening descriptor, or -1 with errno set.
int BindAndListen(const addrinfo& candidate, bool every_interface) {
  const int fd = socket(candidate.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int on = 1;
  const int off = 0;
  // Left to itself the system keeps up to 4 MiB for each client that does not read.
  const int send_buffer = 128 << 10;
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (candidate.ai_family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, every_interface ? &off : &on, sizeof on);
  }
  if (bind(fd, candidate.ai_addr, candidate.ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0) {
    return fd;
  }
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

}  // namespace

absl::StatusOr<ListenSocket> OpenListenSocket(const std::string& listen_address) {
  auto parts = SplitAddress(listen_address);
  if (!parts.ok()) return parts.status();
  const bool every_interface = parts->host.empty();

  // "localhost" means the loopback addresses even where /etc/hosts is missing, as
  // in bare containers; for the system, no host and no AI_PASSIVE says the same.
  const bool loopback = parts->host == "localhost";
  addrinfo hints = {};
  hints.ai_flags = loopback ? AI_NUMERICSERV : AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int lookup = getaddrinfo(every_interface || loopback ? nullptr : parts->host.c_str(),
                                 parts->port.c_str(), &hints, &found);
  if (lookup != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("listen address \"", listen_address, "\": ", gai_strerror(lookup)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);

  int error = 0;
  // For every interface try IPv6 first: its socket takes IPv4 as well. A name
  // means IPv4 first, which is where clients look for "localhost".
  for (const int family :
       {every_interface ? AF_INET6 : AF_INET, every_interface ? AF_INET : AF_INET6}) {
    for (const addrinfo* candidate = found; candidate != nullptr; candidate = candidate->ai_next) {
      if (candidate->ai_family != family) continue;
      const int fd = BindAndListen(*candidate, every_interface);
      if (fd < 0) {
        error = errno;
        continue;
      }
      ListenSocket result;
      result.fd = fd;
      sockaddr_storage bound = {};
      socklen_t length = sizeof bound;
      getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length);
      result.address = FormatAddress(bound, &result.port);
      return result;
    }
  }
  return absl::UnavailableError(
      absl::StrCat("cannot listen on \"", listen_address, "\": ", std::strerror(error)));
}

}  // namespace heyhi
