#ifndef HEYHI_SERVING_LISTEN_SOCKET_H_
#define HEYHI_SERVING_LISTEN_SOCKET_H_

#include <string>

#include "absl/status/statusor.h"

namespace heyhi {

// A bound and listening TCP socket; the caller owns `fd`.
struct ListenSocket {
  int fd = -1;
  int port = 0;
  std::string address;  // "127.0.0.1:40123", "[::1]:40123"
};

// Binds "host:port", "[v6]:port" or ":port" (every interface, both families
// where the machine has IPv6). Names such as "localhost" are resolved by the
// system. Errors: InvalidArgument for a malformed address, otherwise the
// system's word for why it cannot be bound.
absl::StatusOr<ListenSocket> OpenListenSocket(const std::string& listen_address);

}  // namespace heyhi

#endif  // HEYHI_SERVING_LISTEN_SOCKET_H_
