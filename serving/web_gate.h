#ifndef HEYHI_SERVING_WEB_GATE_H_
#define HEYHI_SERVING_WEB_GATE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "serving/http_server.h"
#include "serving/log.h"
#include "serving/mutex.h"
#include "serving/password_checker.h"
#include "serving/web_config.h"

namespace heyhi {

// Stands before a handler and lets in whom the web configuration lets in: asks for a
// name and password where it lists users, and adds its headers to every answer. Each
// request gets a number, which stands in X-Request-Id of the answer and in the log (at
// debug; refused passwords at warn, once a minute). Thread-safe.
class WebGate {
 public:
  // `inner` answers what is let in; `logger` must outlive the gate.
  WebGate(HttpHandler inner, Logger& logger);

  // Starts what checks passwords; fails where the system has no thread left.
  absl::Status Start() { return passwords_.Start(); }

  // A handler that lets in whom `config` lets in. The gate must outlive it.
  HttpHandler HandlerFor(WebConfig config);

 private:
  void Handle(const WebConfig& config, const ServerRequest& request, Responder responder);
  std::string NextRequestId();
  void NoteRefusal(const ServerRequest& request);

  const HttpHandler inner_;
  Logger& logger_;
  const std::string run_;  // tells this run's request numbers from another's
  std::atomic<std::uint64_t> requests_{0};
  Mutex mutex_;
  absl::Time refusal_said_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::uint64_t refusals_unsaid_ ABSL_GUARDED_BY(mutex_) = 0;
  PasswordChecker passwords_;  // last: its thread uses the others
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_WEB_GATE_H_
