#ifndef HEYHI_SERVING_HTTP_SERVER_H_
#define HEYHI_SERVING_HTTP_SERVER_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "serving/connection_guard.h"
#include "serving/tls_identity.h"

// The HTTP/1.1 server that every program of ours uses at its edge. It walls in
// libmicrohttpd: no file but its own includes that library.

namespace heyhi {

// A request as received in full. Header names are in lower case.
struct ServerRequest {
  std::string method;                          // as sent: GET, HEAD, POST, …
  std::string path;                            // percent-decoded once, without the query
  std::map<std::string, std::string> query;    // percent-decoded; the last of equal names wins
  std::map<std::string, std::string> headers;  // the last of equal names wins
  std::string body;
  std::string client;  // the peer's address, without the port

  // The header's value, or "" where it was not sent. `name` in lower case.
  std::string Header(const std::string& name) const;
};

struct ServerResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // For the provider emulator: announce the whole body, then cut the connection
  // after this many bytes of it.
  std::optional<std::size_t> truncate_after = std::nullopt;

  // Sent in place of `body`, where several answers share one text.
  std::shared_ptr<const std::string> shared_body = nullptr;
};

// A plain-text response, with a line feed added.
ServerResponse TextResponse(int status, const std::string& text);

namespace internal {
class PendingReply;
}

// The right to answer one request, once. It may outlive the handler's call and
// be answered from any thread; meanwhile the connection waits without costing a
// thread. If it is destroyed unanswered, the client gets a 500. Movable only.
class Responder {
 public:
  explicit Responder(std::shared_ptr<internal::PendingReply> pending);
  Responder(Responder&&) noexcept;
  Responder& operator=(Responder&&) noexcept;
  ~Responder();

  // To be on the answer, in place of those of the same name that it has itself.
  void AddHeaders(const std::vector<std::pair<std::string, std::string>>& headers);
  void Send(ServerResponse response);
  // Answers with a TCP reset instead of bytes (for the provider emulator).
  void Reset();

 private:
  std::shared_ptr<internal::PendingReply> pending_;
};

// Called on a server thread, one request at a time per listen address. It must
// not block: long work keeps the Responder and answers later.
using HttpHandler = std::function<void(const ServerRequest&, Responder)>;

struct HttpServerOptions {
  // "host:port", "[v6]:port" or ":port" (every interface). Port 0 takes a free one.
  std::string listen_address = "127.0.0.1:0";
  // HTTPS where set, else HTTP.
  std::optional<TlsIdentity> tls;
  ConnectionLimits connections;
  std::size_t max_body_bytes = 64 << 10;
  std::size_t max_headers = 100;
};

// A running server; listens on one address, with a thread for requests and one that
// watches deadlines.
class HttpServer {
 public:
  // Stops: pending requests are cut, and no handler runs after it returns.
  virtual ~HttpServer() = default;

  // The address in force, with the real port: "127.0.0.1:40123".
  virtual std::string address() const = 0;
  virtual int port() const = 0;

  // Replaces identity and handler while it serves, in three steps, so that several
  // servers can change together. One caller at a time, on no server thread.
  // 1. Begins to accept with the new ones, beside what serves now. On an error nothing
  //    has changed.
  virtual absl::Status Stage(const std::optional<TlsIdentity>& tls, HttpHandler handler) = 0;
  // 2. Either keeps the new ones, and what served before accepts no more; or ends them.
  virtual void Commit() = 0;
  virtual void Discard() = 0;
  // 3. Lets connections of before Commit end with the request that they are in, and
  //    cuts those that last longer than `limit`.
  virtual void Drain(absl::Duration limit) = 0;
};

// Starts to listen. Requests that break the limits, name no path or contradict
// themselves never reach the handler: they are refused with a 4xx and the connection is
// closed; a connection that overruns a deadline is closed. `handler` must stay callable until the
// server is destroyed. Errors name the address and the cause ("address already in use").
absl::StatusOr<std::unique_ptr<HttpServer>> StartHttpServer(const HttpServerOptions& options,
                                                            HttpHandler handler);

}  // namespace heyhi

#endif  // HEYHI_SERVING_HTTP_SERVER_H_
