#ifndef HEYHI_SERVING_MHD_LISTENER_H_
#define HEYHI_SERVING_MHD_LISTENER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "serving/http_server.h"

namespace heyhi::internal {

// Serves one listening socket through libmicrohttpd, until it is destroyed. Part of the
// wall around that library.
class MhdListener {
 public:
  virtual ~MhdListener() = default;

  // Accepts nothing more, and closes each connection after the request it is in. Another
  // may serve the socket meanwhile.
  virtual void StopAccepting() = 0;
  // Returns when all connections are closed, or after `limit`.
  virtual void WaitUntilEmpty(absl::Duration limit) = 0;
};

// `fd` listens; the listener does not own it, so it must stay open longer.
absl::StatusOr<std::unique_ptr<MhdListener>> StartMhdListener(int fd,
                                                              const HttpServerOptions& options,
                                                              HttpHandler handler);

}  // namespace heyhi::internal

#endif  // HEYHI_SERVING_MHD_LISTENER_H_
