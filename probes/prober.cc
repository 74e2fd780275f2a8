#include "probes/prober.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "probes/error_rules.h"

namespace heyhi {
namespace {

// Where the providers put the id by which their support finds a request.
constexpr const char* kRequestIdHeaders[] = {"x-request-id",           "request-id",
                                             "mistral-correlation-id", "x-ds-trace-id",
                                             "x-generation-id",        "cf-ray"};

std::string RequestId(const HttpExchange& exchange, const Secret& key) {
  constexpr std::size_t kMaxLength = 128;
  for (const char* name : kRequestIdHeaders) {
    std::string id;
    for (const char c : exchange.Header(name)) {
      if (absl::ascii_isgraph(static_cast<unsigned char>(c))) id.push_back(c);
    }
    if (!id.empty()) return key.Redact(id).substr(0, kMaxLength);
  }
  return "";
}

std::optional<absl::Duration> ClockSkew(const HttpExchange& exchange, absl::Time started_at) {
  absl::Time date;
  std::string error;
  if (!exchange.times.first_byte.has_value() ||
      !absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", exchange.Header("date"), &date, &error)) {
    return std::nullopt;
  }
  // The header is cut to the second, so its middle is the better guess.
  const absl::Time answered_at = started_at + *exchange.times.first_byte;
  const absl::Duration skew = answered_at - (date + absl::Milliseconds(500));
  constexpr absl::Duration kBelievable = absl::Hours(24);
  if (skew > kBelievable || skew < -kBelievable) return std::nullopt;
  return skew;
}

}  // namespace

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return "ok";
    case Outcome::kSlow:
      return "slow";
    case Outcome::kFailed:
      return "failed";
  }
  return "failed";
}

bool SayTheSame(const ProbeResult& a, const ProbeResult& b) {
  return a.outcome == b.outcome && a.reason == b.reason;
}

ProbeResult JudgeExchange(const Target& target, const HttpExchange& exchange, absl::Time started_at,
                          absl::Time completed_at) {
  ProbeResult result;
  result.target = target.id;
  result.started_at = started_at;
  result.completed_at = completed_at;
  result.http_status = exchange.status;
  result.times = exchange.times;
  result.remote_address = exchange.remote_address;
  result.request_id = RequestId(exchange, target.api_key);
  result.clock_skew = ClockSkew(exchange, started_at);

  if (exchange.failure.has_value()) {
    result.reason = exchange.failure;
    result.error_type = ErrorTypeOf(*exchange.failure);
    result.detail = target.api_key.Redact(exchange.failure_detail);
  } else {
    const AskedCall asked{target.error_rules, target.id.model, !target.api_key.empty()};
    Verdict verdict = JudgeAnswer(asked, *FindDialect(target.dialect), exchange);
    result.reason = verdict.reason;
    result.error_type = verdict.error_type;
    result.rule = std::string(verdict.rule);
    result.usage = verdict.usage;
    if (verdict.reason.has_value()) result.detail = absl::StrCat("HTTP status ", exchange.status);
  }

  if (result.reason.has_value()) {
    result.outcome = Outcome::kFailed;
    // Until canaries watch our own network, transport failures count as the provider's.
    result.fault = FaultOf(*result.reason, result.error_type, /*network_down=*/false);
  } else {
    result.outcome = exchange.times.total > target.slow_after ? Outcome::kSlow : Outcome::kOk;
  }
  return result;
}

void Prober::Start(std::shared_ptr<const Target> target, Done done) {
  HttpRequest request = FindDialect(target->dialect)->build_request(*target);
  const absl::Time started_at = clock_.Now();
  transport_.Start(std::move(request), [this, target = std::move(target), started_at,
                                        done = std::move(done)](const HttpExchange& exchange) {
    done(JudgeExchange(*target, exchange, started_at, clock_.Now()));
  });
}

}  // namespace heyhi
