#include "serving/web.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace heyhi {

Web::Web(HttpHandler handler, Logger& logger)
    : logger_(logger), gate_(std::move(handler), logger) {}

absl::Status Web::LoadConfig(const std::string& file) {
  watch_ = std::make_unique<WebConfigWatch>(file, logger_);
  auto config = watch_->Load();
  if (!config.ok()) return config.status();
  config_ = *std::move(config);
  return absl::OkStatus();
}

absl::Status Web::Start(const std::vector<std::string>& addresses) {
  if (watch_ != nullptr) {  // else nobody asks for passwords
    if (absl::Status status = gate_.Start(); !status.ok()) return status;
  }
  HttpServerOptions options;
  options.tls = config_.tls;
  for (const std::string& address : addresses) {
    options.listen_address = address;
    auto server = StartHttpServer(options, gate_.HandlerFor(config_));
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

// All addresses or none; nobody is let in by one part of the old and one of the new.
absl::Status Web::Apply(const WebConfig& config) {
  // Below the 5 s in which a program must end: its end waits for this.
  constexpr absl::Duration kDrain = absl::Seconds(3);
  if (config_.tls.has_value() && !config.tls.has_value()) {
    return absl::FailedPreconditionError(
        "TLS would end, which a change does not do: restart to serve without it");
  }
  if (!config_.users.empty() && config.users.empty()) {
    return absl::FailedPreconditionError(
        "passwords would end, which a change does not do: restart to serve without them");
  }
  for (const auto& server : servers_) {
    if (absl::Status status = server->Stage(config.tls, gate_.HandlerFor(config)); !status.ok()) {
      for (const auto& other : servers_) other->Discard();
      return status;
    }
  }
  for (const auto& server : servers_) server->Commit();
  config_ = config;
  const absl::Time end = absl::Now() + kDrain;
  for (const auto& server : servers_) {
    server->Drain(std::max(end - absl::Now(), absl::ZeroDuration()));
  }
  return absl::OkStatus();
}

}  // namespace heyhi
