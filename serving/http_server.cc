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
  MicrohttpdServer(HttpServerOptions options, ListenSocket socket)
      : options_(std::move(options)), socket_(std::move(socket)) {}
  ~MicrohttpdServer() override {
    retired_.reset();
    staged_.reset();
    serving_.reset();
    close(socket_.fd);
  }

  std::string address() const override { return socket_.address; }
  int port() const override { return socket_.port; }

  absl::Status Stage(const std::optional<TlsIdentity>& tls, HttpHandler handler) override;
  void Commit() override;
  void Discard() override { staged_.reset(); }
  void Drain(absl::Duration limit) override;

 private:
  const HttpServerOptions options_;
  const ListenSocket socket_;
  std::unique_ptr<internal::MhdListener> serving_;
  std::unique_ptr<internal::MhdListener> staged_;
  std::unique_ptr<internal::MhdListener> retired_;
};

absl::Status MicrohttpdServer::Stage(const std::optional<TlsIdentity>& tls, HttpHandler handler) {
  HttpServerOptions options = options_;
  options.tls = tls;
  auto listener = internal::StartMhdListener(socket_.fd, options, std::move(handler));
  if (!listener.ok()) return listener.status();
  staged_ = *std::move(listener);
  return absl::OkStatus();
}

void MicrohttpdServer::Commit() {
  retired_ = std::move(serving_);
  serving_ = std::move(staged_);
  if (retired_ != nullptr) retired_->StopAccepting();
}

void MicrohttpdServer::Drain(absl::Duration limit) {
  if (retired_ == nullptr) return;
  retired_->WaitUntilEmpty(limit);
  retired_.reset();
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
  auto server = std::make_unique<MicrohttpdServer>(options, *std::move(socket));
  if (absl::Status status = server->Stage(options.tls, std::move(handler)); !status.ok()) {
    return status;
  }
  server->Commit();
  return server;
}

}  // namespace heyhi
