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
#include "absl/time/time.h"

// The HTTP/1.1 server that every program of ours uses at its edge. It walls in
// libmicrohttpd: no other file includes that library.

namespace heyhi {

// A request as received in full. Header names are in lower case.
struct ServerRequest {
  std::string method;                          // as sent: GET, HEAD, POST, …
  std::string path;                            // percent-decoded, without the query
  std::map<std::string, std::string> query;    // percent-decoded; the last of equal names wins
  std::map<std::string, std::string> headers;  // the last of equal names wins
  std::string body;

  // The header's value, or "" where it was not sent. `name` in lower case.
  std::string Header(const std::string& name) const;
};

struct ServerResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // For the provider emulator: announce the whole body, then cut the connection
  // after this many bytes of it.
  std::optional<std::size_t> truncate_after;
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
  // PEM texts; both set means HTTPS, both empty means HTTP, one alone is refused.
  std::string tls_certificate_chain;
  std::string tls_private_key;
  unsigned connection_limit = 512;
  // A connection without activity for this long is closed.
  absl::Duration idle_timeout = absl::Seconds(30);
  std::size_t max_body_bytes = 1 << 20;
};

// A running server; listens on one address with one thread of its own.
class HttpServer {
 public:
  // Stops: pending requests are cut, and no handler runs after it returns.
  virtual ~HttpServer() = default;

  // The address in force, with the real port: "127.0.0.1:40123".
  virtual std::string address() const = 0;
  virtual int port() const = 0;
};

// Starts to listen. `handler` must stay callable until the server is destroyed.
// Errors name the address and the cause ("address already in use").
absl::StatusOr<std::unique_ptr<HttpServer>> StartHttpServer(const HttpServerOptions& options,
                                                            HttpHandler handler);

}  // namespace heyhi

#endif  // HEYHI_SERVING_HTTP_SERVER_H_
