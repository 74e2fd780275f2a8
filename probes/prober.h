#ifndef HEYHI_PROBES_PROBER_H_
#define HEYHI_PROBES_PROBER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "probes/clock.h"
#include "probes/dialect.h"
#include "probes/http_transport.h"
#include "probes/reason.h"
#include "probes/target.h"

namespace heyhi {

enum class Outcome { kOk, kSlow, kFailed };
std::string_view OutcomeName(Outcome outcome);

// One probe, ended: a plain value that may cross threads.
struct ProbeResult {
  TargetId target;
  absl::Time started_at;
  absl::Time completed_at;
  Outcome outcome = Outcome::kFailed;

  // With kFailed.
  std::optional<Reason> reason;
  ErrorType error_type = ErrorType::kOther;
  Fault fault = Fault::kProvider;
  std::string rule;  // the id of the error rule that matched; "" for transport reasons
  // For logs: our words and the network libraries', which may quote a certificate's
  // names. The key is struck out.
  std::string detail;

  int http_status = 0;
  HttpTimes times;
  std::string remote_address;
  std::string request_id;  // the provider's, from its header; at most 128 visible characters
  std::optional<TokenUsage> usage;
  // Our wall clock minus the answer's Date header, to its precision of a second.
  // Absent where they are more than a day apart: then the header is wrong.
  std::optional<absl::Duration> clock_skew;
};

// Whether two results of a target say the same: outcome and reason.
bool SayTheSame(const ProbeResult& a, const ProbeResult& b);

// The pure half: what an exchange means for its target. `started_at` and
// `completed_at` are the wall times of both ends.
ProbeResult JudgeExchange(const Target& target, const HttpExchange& exchange, absl::Time started_at,
                          absl::Time completed_at);

// Sends probes over a transport. Thread-compatible; lives on the transport's
// thread. `transport` and `clock` must outlive it.
class Prober {
 public:
  using Done = std::function<void(const ProbeResult&)>;

  Prober(HttpTransport& transport, const Clock& clock) : transport_(transport), clock_(clock) {}

  // Begins one probe; `done` is called from the transport's RunUntil.
  void Start(std::shared_ptr<const Target> target, Done done);

 private:
  HttpTransport& transport_;
  const Clock& clock_;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_PROBER_H_
