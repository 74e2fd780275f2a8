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
#include "probes/network_watch.h"
#include "probes/price_table.h"
#include "probes/rate_limit_headroom.h"
#include "probes/reason.h"
#include "probes/second_opinion.h"
#include "probes/support_sample.h"
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
  // The successor of a retired model, where we know it; else "".
  std::string replacement;
  // For logs: our words and the network libraries', which may quote a certificate's
  // names. The key is struck out.
  std::string detail;

  int http_status = 0;
  HttpTimes times;
  std::string remote_address;
  std::string request_id;  // the provider's, from its header; at most 128 visible characters
  std::optional<SupportSample> sample;  // with kFailed, where an answer began

  // What the answer said, failed or not.
  std::optional<TokenUsage> usage;
  std::optional<double> cost_usd;  // of that usage, where the price is known
  std::string served_model;        // "" where none was named; cleaned like a request id
  std::optional<bool> rerouted;    // another model answered; absent where it cannot be told
  RateLimitHeadroom headroom;
  // Of streams: from the request being sent to the first piece of content.
  std::optional<absl::Duration> time_to_first_token;
  // The provider refused the call and named this least output-token cap.
  std::optional<int> named_token_cap;
  // It went to this machine or a private network: what canaries in the internet say
  // does not concern it.
  bool nearby = false;
  // The answer said that the key itself is not known.
  bool doubts_key = false;
  // How long the provider asked us to wait; with error_type rate_limit.
  std::optional<absl::Duration> retry_after;
  // This process stood still for so long during the probe that the result says nothing
  // about the provider (a second, a quarter of the timeout where it passed, or what
  // made the answer slow); it should not be counted.
  bool disturbed = false;
  // Our wall clock minus the answer's Date header, to its precision of a second.
  // Absent where they are more than a day apart: then the header is wrong.
  std::optional<absl::Duration> clock_skew;
};

// Whether two results of a target say the same: outcome and reason.
bool SayTheSame(const ProbeResult& a, const ProbeResult& b);

// What to do about a failed probe, in plain sentences.
std::string AdviceFor(const ProbeResult& result);

// The pure half: what an exchange means for its target, but for its cost.
// `started_at` and `completed_at` are the wall times of both ends.
ProbeResult JudgeExchange(const Target& target, const HttpExchange& exchange, absl::Time started_at,
                          absl::Time completed_at);

// Sends probes over a transport, and finds whose fault their failures are: what broke
// on the way is the network's where `watch` says that it failed meanwhile; a refused
// key that `opinion` finds good is the provider's. Thread-compatible; lives on the
// transport's thread. All that it is given must outlive it.
class Prober {
 public:
  using Began = std::function<void(absl::Duration waited)>;
  using Done = std::function<void(const ProbeResult&)>;

  // Without a watch what breaks on the way is the provider's; without an opinion a
  // refused key is the account's.
  Prober(HttpTransport& transport, const Clock& clock, const PriceTable& prices,
         NetworkWatch* watch = nullptr, SecondOpinion* opinion = nullptr)
      : transport_(transport), clock_(clock), prices_(prices), watch_(watch), opinion_(opinion) {}

  // Begins one probe. `began` (optional) is called once it has waited for its turn;
  // `done` from the transport's RunUntil or from RunDue, a few seconds after the
  // exchange has ended where others must be heard first.
  void Start(std::shared_ptr<const Target> target, Done done, Began began = nullptr);

  // Does what is due besides the transport's work; returns when it should be called
  // again. Call it before each RunUntil.
  MonotonicTime RunDue();

 private:
  void End(const Target& target, const HttpExchange& exchange, absl::Time started_at,
           const Done& done);
  void FindFault(const Target& target, const HttpExchange& exchange, ProbeResult result,
                 const Done& done);

  HttpTransport& transport_;
  const Clock& clock_;
  const PriceTable& prices_;
  NetworkWatch* const watch_;
  SecondOpinion* const opinion_;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_PROBER_H_
