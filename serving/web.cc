#include "serving/web.h"

#include <utility>

namespace heyhi {

Web::Web(HttpHandler handler, Logger& logger)
    : logger_(logger), gate_(std::move(handler), logger) {}

absl::Status Web::LoadConfig(const std::string& file) {
  watch_ = std::make_unique<WebConfigWatch>(file, logger_);
  auto config = watch_->Load();
  if (!config.ok()) return config.status();
  tls_ = config->tls;
  gate_.SetConfig(*std::move(config));
  return absl::OkStatus();
}

absl::Status Web::Start(const std::vector<std::string>& addresses) {
  if (watch_ != nullptr) {  // else nobody asks for passwords
    if (absl::Status status = gate_.Start(); !status.ok()) return status;
  }
  HttpServerOptions options;
  options.tls = tls_;
  for (const std::string& address : addresses) {
    options.listen_address = address;
    auto server = StartHttpServer(options, [this](const ServerRequest& request, Responder reply) {
      gate_.Handle(request, std::move(reply));
    });
    if (!server.ok()) return server.status();
    servers_.push_back(*std::move(server));
  }
  for (const auto& server : servers_) {
    logger_.Info("listening", {{"address", server->address()},
                               {"tls", options.tls.has_value() ? "true" : "false"}});
  }
  if (watch_ == nullptr) return absl::OkStatus();
  return watch_->Start([this](const WebConfig& config) { return Apply(config); });
}

// First the identity: it alone can fail.
absl::Status Web::Apply(const WebConfig& config) {
  if (config.tls != tls_) {
    for (const auto& server : servers_) {
      if (absl::Status status = server->SetTls(config.tls); !status.ok()) return status;
    }
    tls_ = config.tls;
  }
  gate_.SetConfig(config);
  return absl::OkStatus();
}

}  // namespace heyhi
