#include "tools/emulator.h"

#include <optional>
#include <random>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "serving/http_server.h"
#include "serving/mutex.h"
#include "tools/delay_queue.h"
#include "tools/emulator_admin.h"
#include "tools/emulator_call.h"
#include "tools/emulator_cases.h"
#include "tools/emulator_faults.h"
#include "tools/emulator_replies.h"
#include "tools/emulator_requests.h"

namespace heyhi {
namespace {

// A stalled call holds its connection until kStallLimit, although its client may
// have gone: room for some 60 a second, so that the admin endpoint still answers.
constexpr unsigned kConnectionLimit = 8192;

class ServingEmulator : public Emulator {
 public:
  ServingEmulator(const EmulatorOptions& options, EmulatorReplies replies, Certificate certificate)
      : options_(options),
        replies_(std::move(replies)),
        certificate_(std::move(certificate)),
        random_(options.seed) {}

  // Opens what the options ask for.
  absl::Status Listen();

  std::string https_address() const override { return https_ ? https_->address() : ""; }
  std::string http_address() const override { return http_ ? http_->address() : ""; }
  const std::string& ca_certificate() const override { return certificate_.ca; }
  std::size_t case_count() const override { return replies_.cases().Names().size(); }

 private:
  void Handle(const ServerRequest& request, Responder responder);
  void Answer(const EmulatorCall& call, const std::optional<EmulatorFault>& fault,
              Responder responder);
  absl::Duration DrawDelay(const std::optional<EmulatorFault>& fault);

  const EmulatorOptions options_;
  const EmulatorReplies replies_;
  const Certificate certificate_;
  EmulatorFaults faults_;
  EmulatorRequests requests_;

  Mutex mutex_;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);

  // In this order: the queue must outlive the servers.
  DelayQueue delayed_;
  std::unique_ptr<HttpServer> https_;
  std::unique_ptr<HttpServer> http_;
};

// Its clients are probes under test, all of one address, on lines that may be bad.
ConnectionLimits ConnectionsOfTests() {
  ConnectionLimits limits;
  limits.total = limits.per_address = kConnectionLimit;
  limits.reserved = 0;
  limits.header_deadline = limits.body_deadline = limits.write_deadline = absl::Minutes(2);
  return limits;
}

absl::Status ServingEmulator::Listen() {
  HttpServerOptions server;
  server.connections = ConnectionsOfTests();
  server.max_body_bytes = 1 << 20;
  const auto open = [&](const std::string& address, std::unique_ptr<HttpServer>* opened) {
    if (address.empty()) return absl::OkStatus();
    server.listen_address = address;
    auto started = StartHttpServer(server, [this](const ServerRequest& request, Responder reply) {
      Handle(request, std::move(reply));
    });
    if (!started.ok()) return started.status();
    *opened = *std::move(started);
    return absl::OkStatus();
  };
  server.tls = TlsIdentity{certificate_.chain, certificate_.private_key};
  if (auto status = open(options_.https_address, &https_); !status.ok()) return status;
  server.tls.reset();
  return open(options_.http_address, &http_);
}

void ServingEmulator::Handle(const ServerRequest& request, Responder responder) {
  if (IsAdminPath(request.path)) {
    responder.Send(AnswerAdmin(request, replies_.cases(), requests_, faults_));
    return;
  }
  const EmulatorCall call = ReadCall(request);
  requests_.Record(call, request);
  const auto fault = faults_.Strike(call);
  if (options_.logger != nullptr) {
    options_.logger->Debug("request", {{"provider", call.provider},
                                       {"method", call.method},
                                       {"path", call.path},
                                       {"model", call.model},
                                       {"struck", fault.has_value() ? "true" : "false"}});
  }
  Answer(call, fault, std::move(responder));
}

void ServingEmulator::Answer(const EmulatorCall& call, const std::optional<EmulatorFault>& fault,
                             Responder responder) {
  if (!fault.has_value()) {
    delayed_.Answer(absl::Now() + DrawDelay(fault), std::move(responder), replies_.Healthy(call));
    return;
  }
  switch (fault->action) {
    case EmulatorFault::Action::kStall:
      delayed_.Answer(absl::Now() + kStallLimit, std::move(responder), std::nullopt);
      return;
    case EmulatorFault::Action::kReset:
      delayed_.Answer(absl::Now() + DrawDelay(fault), std::move(responder), std::nullopt);
      return;
    case EmulatorFault::Action::kAnswer:
    case EmulatorFault::Action::kTruncate:
      delayed_.Answer(absl::Now() + DrawDelay(fault), std::move(responder),
                      replies_.Struck(call, *fault));
      return;
  }
}

absl::Duration ServingEmulator::DrawDelay(const std::optional<EmulatorFault>& fault) {
  const bool own = fault.has_value() && fault->latency.has_value();
  const MutexLock lock(&mutex_);
  return (own ? *fault->latency : options_.latency).Draw(random_);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Emulator>> StartEmulator(const EmulatorOptions& options) {
  if (options.https_address.empty() && options.http_address.empty()) {
    return absl::InvalidArgumentError("both listeners are turned off: nothing to serve");
  }
  auto cases = EmulatorCases::Load(options.testdata);
  if (!cases.ok()) return cases.status();
  auto replies = EmulatorReplies::Make(*std::move(cases));
  if (!replies.ok()) return replies.status();
  auto certificate = MakeCertificate(options.certificate);
  if (!certificate.ok()) return certificate.status();
  auto emulator =
      std::make_unique<ServingEmulator>(options, *std::move(replies), *std::move(certificate));
  if (auto status = emulator->Listen(); !status.ok()) return status;
  return emulator;
}

}  // namespace heyhi
