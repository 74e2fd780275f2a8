#include "serving/http_server.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "serving/listen_socket.h"
#include "serving/mhd_listener.h"

namespace heyhi {
namespace {

class MicrohttpdServer : public HttpServer {
 public:
  MicrohttpdServer(HttpServerOptions options, HttpHandler handler, ListenSocket socket)
      : options_(std::move(options)), handler_(std::move(handler)), socket_(std::move(socket)) {}
  ~MicrohttpdServer() override {
    listener_.reset();
    close(socket_.fd);
  }

  absl::Status Start();

  std::string address() const override { return socket_.address; }
  int port() const override { return socket_.port; }
  absl::Status SetTls(const std::optional<TlsIdentity>& tls) override;

 private:
  HttpServerOptions options_;
  const HttpHandler handler_;
  const ListenSocket socket_;
  std::unique_ptr<internal::MhdListener> listener_;
};

absl::Status MicrohttpdServer::Start() {
  auto listener = internal::StartMhdListener(socket_.fd, options_, handler_);
  if (!listener.ok()) return listener.status();
  listener_ = *std::move(listener);
  return absl::OkStatus();
}

// The new listener accepts beside the old one for a moment: no connection is refused.
absl::Status MicrohttpdServer::SetTls(const std::optional<TlsIdentity>& tls) {
  HttpServerOptions options = options_;
  options.tls = tls;
  auto listener = internal::StartMhdListener(socket_.fd, options, handler_);
  if (!listener.ok()) return listener.status();
  options_ = std::move(options);
  std::swap(listener_, *listener);
  (*listener)->Drain(options_.connections.write_deadline);
  return absl::OkStatus();
}

}  // namespace

std::string ServerRequest::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

ServerResponse TextResponse(int status, const std::string& text) {
  ServerResponse response;
  response.status = status;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  response.body = absl::StrCat(text, "\n");
  return response;
}

absl::StatusOr<std::unique_ptr<HttpServer>> StartHttpServer(const HttpServerOptions& options,
                                                            HttpHandler handler) {
  auto socket = OpenListenSocket(options.listen_address);
  if (!socket.ok()) return socket.status();
  auto server = std::make_unique<MicrohttpdServer>(options, std::move(handler), *std::move(socket));
  if (absl::Status status = server->Start(); !status.ok()) return status;
  return server;
}

}  // namespace heyhi
