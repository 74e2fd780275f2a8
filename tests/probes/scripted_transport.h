#ifndef HEYHI_TESTS_PROBES_SCRIPTED_TRANSPORT_H_
#define HEYHI_TESTS_PROBES_SCRIPTED_TRANSPORT_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "probes/http_transport.h"
#include "probes/simulated_clock.h"

namespace heyhi {

// The network of tests: answers come from a script and take simulated time.
// RunUntil moves the clock to the next end of an exchange, or to its deadline.
class ScriptedTransport : public HttpTransport {
 public:
  // What a request gets. The exchange ends after exchange.times.total.
  using Script = std::function<HttpExchange(const HttpRequest&)>;

  // `clock` must outlive the transport.
  ScriptedTransport(SimulatedClock& clock, Script script)
      : clock_(clock), script_(std::move(script)) {}

  void Start(HttpRequest request, Done done) override;
  void RunUntil(MonotonicTime deadline) override;
  void Wake() override {}
  void SetLimits(const TransportLimits& limits) override { limits_ = limits; }
  std::size_t in_flight() const override { return flights_.size(); }

  // Every request so far, in order.
  const std::vector<HttpRequest>& requests() const { return requests_; }
  const TransportLimits& limits() const { return limits_; }

 private:
  struct Flight {
    MonotonicTime ends_at;
    MonotonicTime late_at = absl::InfiniteDuration();
    std::function<void()> late;
    MonotonicTime NextAt() const { return std::min(late_at, ends_at); }
    HttpExchange exchange;
    Done done;
  };

  SimulatedClock& clock_;
  const Script script_;
  std::vector<HttpRequest> requests_;
  TransportLimits limits_;
  std::vector<Flight> flights_;
};

// An exchange that took `total`, with the phases of an https call in proportion;
// its body comes in one piece at the end.
HttpExchange AnswerAfter(absl::Duration total, int status, const std::string& body);

// A piece of a stream and when it comes, counted from the start of the exchange.
struct TimedText {
  absl::Duration at;
  std::string text;
};
// A stream that comes in these pieces, at least one, and ends with the last; the
// phases before are in proportion to the first, its request is sent after a fifth.
HttpExchange StreamAfter(const std::vector<TimedText>& pieces);

// An exchange that failed after `total` before any phase ended.
HttpExchange FailureAfter(absl::Duration total, Reason reason);
// The body of a healthy chat answer.
std::string HealthyChatBody();

}  // namespace heyhi

#endif  // HEYHI_TESTS_PROBES_SCRIPTED_TRANSPORT_H_
