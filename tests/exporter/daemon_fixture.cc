#include "tests/exporter/daemon_fixture.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace heyhi {

std::shared_ptr<const Target> MakeTarget(const std::string& provider, const std::string& model,
                                         const std::string& check) {
  auto target = std::make_shared<Target>();
  target->id = {provider, model, check, "eu-1"};
  target->base_url = "https://" + provider + ".example/v1";
  target->interval = absl::Minutes(1);
  return target;
}

DaemonTest::DaemonTest()
    : clock_(absl::FromUnixSeconds(1790000000)), log_fd_(open("/tmp", O_TMPFILE | O_RDWR, 0600)) {}

DaemonTest::~DaemonTest() { close(log_fd_); }

void DaemonTest::Begin(Config config, ScriptedTransport::Script script, bool demo) {
  transport_.emplace(clock_, [this, script = std::move(script)](const HttpRequest& request) {
    return request.connect_only ? AnswerOfACanary() : script(request);
  });
  logger_.emplace(Logger::Options{LogLevel::kInfo, LogFormat::kLogfmt, log_fd_});
  Daemon::Options options;
  options.version = "0.0.0-test";
  options.revision = "test";
  options.demo = demo;
  options.limits = [](const Config& current) {
    return TransportLimits{current.max_in_flight, current.max_in_flight, current.max_handshakes};
  };
  daemon_.emplace(std::move(config), options, clock_, *transport_, *logger_);
}

HttpExchange DaemonTest::AnswerOfACanary() const {
  if (!network_works_) return FailureAfter(absl::Milliseconds(50), Reason::kConnUnreachable);
  HttpExchange connected;
  connected.times.total = absl::Milliseconds(50);
  return connected;
}

void DaemonTest::RunFor(absl::Duration time) {
  const MonotonicTime end = clock_.Monotonic() + time;
  while (clock_.Monotonic() < end) daemon_->Step(end);
}

std::string DaemonTest::Log() const {
  std::string text(1 << 20, '\0');
  const ssize_t size = pread(log_fd_, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

}  // namespace heyhi
