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

  // Accepts nothing more, closes connections after the request they are in, and returns
  // when all are closed or after `limit`. From now on another may serve the socket.
  virtual void Drain(absl::Duration limit) = 0;
};

// `fd` listens; the listener does not own it, so it must stay open longer. `handler`
// must outlive the listener, too.
absl::StatusOr<std::unique_ptr<MhdListener>> StartMhdListener(int fd,
                                                              const HttpServerOptions& options,
                                                              const HttpHandler& handler);

}  // namespace heyhi::internal

#endif  // HEYHI_SERVING_MHD_LISTENER_H_
