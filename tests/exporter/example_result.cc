#include "tests/exporter/example_result.h"

namespace heyhi {

HttpTimes ExampleTimes() {
  HttpTimes times;
  times.dns = absl::Milliseconds(12);
  times.connect = absl::Milliseconds(35);
  times.tls = absl::Milliseconds(76);
  times.request_sent = absl::Milliseconds(76);
  times.first_byte = absl::Milliseconds(426);
  times.total = absl::Milliseconds(431);
  return times;
}

void FailByRateLimit(ProbeResult* result) {
  result->outcome = Outcome::kFailed;
  result->reason = Reason::kRpm;
  result->error_type = ErrorType::kRateLimit;
  result->fault = Fault::kAccount;
  result->rule = "O14";
  result->detail = "HTTP status 429";
  result->http_status = 429;
}

}  // namespace heyhi
