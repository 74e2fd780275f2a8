#include "probes/prober.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "probes/http_date.h"
#include "probes/model_name.h"
#include "probes/public_address.h"
#include "probes/retry_after.h"
#include "probes/url.h"
#include "probes/verdict.h"

namespace heyhi {
namespace {

// Where those put the id by which their support finds a request that are not in
// the table; the last is the edge's in front of many.
constexpr const char* kRequestIdHeaders[] = {"x-request-id", "request-id", "cf-ray"};

// At most 128 visible characters of somebody else's text, without our key.
std::string CleanWord(const std::string& text, const Secret& key) {
  constexpr std::size_t kMaxLength = 128;
  std::string word;
  for (const char c : CleanText(text, key, 4 * kMaxLength)) {
    if (absl::ascii_isgraph(static_cast<unsigned char>(c))) word.push_back(c);
  }
  return key.Redact(word).substr(0, kMaxLength);
}

std::string RequestId(const Target& target, const HttpExchange& exchange) {
  std::string own = CleanWord(exchange.Header(target.call.request_id_header), target.api_key);
  if (!own.empty()) return own;
  for (const char* name : kRequestIdHeaders) {
    std::string id = CleanWord(exchange.Header(name), target.api_key);
    if (!id.empty()) return id;
  }
  return "";
}

std::optional<absl::Duration> ClockSkew(const HttpExchange& exchange, absl::Time started_at) {
  const std::optional<absl::Time> date = ParseHttpDate(exchange.Header("date"));
  if (!exchange.times.first_byte.has_value() || !date.has_value()) return std::nullopt;
  // The header is cut to the second, so its middle is the better guess.
  const absl::Time answered_at = started_at + *exchange.times.first_byte;
  const absl::Duration skew = answered_at - (*date + absl::Milliseconds(500));
  constexpr absl::Duration kBelievable = absl::Hours(24);
  if (skew > kBelievable || skew < -kBelievable) return std::nullopt;
  return skew;
}

// A stream may have said all it had to say, or that it failed, before its
// transport broke; nothing where the transport's own reason is all there is.
std::optional<Verdict> VerdictOf(const Target& target, const HttpExchange& exchange,
                                 absl::Time started_at) {
  const AskedCall asked{target.error_rules,
                        target.dialect,
                        target.id.model,
                        !target.api_key.empty(),
                        IsStream(target),
                        started_at,
                        FindProvider(target.id.provider) != nullptr};
  if (!exchange.failure.has_value()) return JudgeAnswer(asked, exchange);
  if (!asked.stream || !IsStreamAnswer(exchange)) return std::nullopt;
  switch (*exchange.failure) {
    case Reason::kTotal:
      return JudgeStream(asked, exchange, /*timed_out=*/true);
    case Reason::kShortBody:
    case Reason::kConnReset:
    case Reason::kConnClosed:
    case Reason::kH2Goaway:
    case Reason::kTransportError:
      return JudgeStream(asked, exchange, /*timed_out=*/false);
    default:
      return std::nullopt;
  }
}

void TakeVerdict(const Target& target, const HttpExchange& exchange,
                 const std::optional<Verdict>& verdict, ProbeResult* result) {
  if (!verdict.has_value()) {
    result->reason = exchange.failure;
    result->error_type = ErrorTypeOf(*exchange.failure);
    result->detail = target.api_key.Redact(exchange.failure_detail);
    return;
  }
  result->reason = verdict->reason;
  result->error_type = verdict->error_type;
  result->rule = std::string(verdict->rule);
  result->replacement = std::string(verdict->replacement);
  result->named_token_cap = verdict->named_token_cap;
  result->doubts_key = verdict->doubts_key;
  result->usage = verdict->usage;
  result->served_model = CleanWord(verdict->served_model, target.api_key);
  if (!verdict->served_model.empty() && target.call.names_served_model) {
    result->rerouted = !IsSameModel(target.id.model, verdict->served_model);
  }
  if (verdict->first_content_at.has_value() && exchange.times.request_sent.has_value()) {
    result->time_to_first_token = *verdict->first_content_at - *exchange.times.request_sent;
  }
  if (verdict->terminated_at.has_value()) result->times.total = *verdict->terminated_at;
  if (verdict->reason.has_value()) result->detail = absl::StrCat("HTTP status ", exchange.status);
}

// Whether our own standing still made the result what it is. What was answered was
// answered all the same, but not so late; and a provider that had most of its time
// did not use it.
bool IsDisturbed(const Target& target, const HttpExchange& exchange, const ProbeResult& result) {
  constexpr absl::Duration kLong = absl::Seconds(1);
  constexpr double kShareOfTimeout = 0.25;
  const bool waited =
      exchange.failure.has_value() && (exchange.failure == Reason::kDnsTimeout ||
                                       ErrorTypeOf(*exchange.failure) == ErrorType::kTimeout);
  if (waited) return exchange.stalled >= target.timeout * kShareOfTimeout;
  const bool decides = result.outcome == Outcome::kSlow &&
                       result.times.total - exchange.stalled <= target.slow_after;
  return decides || exchange.stalled >= kLong;
}

// What broke on the way there or back, a stream included; not what an answer said.
bool MayBeTheNetworks(const ProbeResult& result, const HttpExchange& exchange) {
  if (!exchange.failure.has_value() || result.fault != Fault::kProvider) return false;
  return result.reason == Reason::kStreamTruncated ||
         FaultOf(*result.reason, result.error_type, /*network_down=*/true) == Fault::kNetwork;
}

// An endpoint on this machine or in a private network: canaries, which are out in the
// internet, say nothing about the way there. What is reached through a proxy is not near,
// wherever the proxy is. `address` is what was connected to, or "".
bool IsNearby(const Target& target, const std::string& address) {
  if (!target.proxy.empty()) return false;
  const absl::StatusOr<Url> url = ParseUrl(target.base_url);
  return IsPrivateAddress(address) ||
         (url.ok() && (url->host_is_loopback || IsPrivateAddress(url->host)));
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

std::string AdviceFor(const ProbeResult& result) {
  Reason advised = *result.reason;
  if (result.fault == Fault::kNetwork && !IsOwnTrouble(advised)) {
    return "This machine's own network: check its link, DNS and firewall.";
  }
  if (TakesInnerType(advised) && result.error_type == ErrorType::kAuth) {
    advised = Reason::kInvalidKey;
  } else if (TakesInnerType(advised) && result.error_type == ErrorType::kRateLimit) {
    advised = Reason::kRpm;
  }
  std::string advice(ReasonAdvice(advised));
  if (result.retry_after.has_value()) {
    absl::StrAppend(&advice, " The provider asks to wait for ",
                    absl::FormatDuration(*result.retry_after), ".");
  }
  if (!result.replacement.empty()) {
    absl::StrAppend(&advice, " Its successor is ", result.replacement, ".");
  }
  return advice;
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
  result.request_id = RequestId(target, exchange);
  result.clock_skew = ClockSkew(exchange, started_at);
  result.headroom = ReadHeadroom(exchange);

  TakeVerdict(target, exchange, VerdictOf(target, exchange, started_at), &result);
  if (result.reason.has_value()) {
    result.outcome = Outcome::kFailed;
    result.fault = FaultOf(*result.reason, result.error_type, /*network_down=*/false);
    if (result.error_type == ErrorType::kRateLimit) {
      result.retry_after = ReadRetryAfter(exchange, completed_at);
    }
    if (exchange.status != 0) result.sample = TakeSample(exchange, target.api_key);
  } else {
    result.outcome = result.times.total > target.slow_after ? Outcome::kSlow : Outcome::kOk;
  }
  result.disturbed = IsDisturbed(target, exchange, result);
  return result;
}

void Prober::Start(std::shared_ptr<const Target> target, Done done, Began began) {
  HttpRequest request = FindDialect(target->dialect)->build_request(*target);
  request.public_only = target->public_only;
  request.began = std::move(began);
  if (watch_ != nullptr && !IsNearby(*target, "")) request.late = [this] { watch_->Ask(); };
  const absl::Time started_at = clock_.Now();
  transport_.Start(std::move(request), [this, target = std::move(target), started_at,
                                        done = std::move(done)](const HttpExchange& exchange) {
    End(*target, exchange, started_at + exchange.waited, done);
  });
}

void Prober::End(const Target& target, const HttpExchange& exchange, absl::Time started_at,
                 const Done& done) {
  ProbeResult result = JudgeExchange(target, exchange, started_at, clock_.Now());
  const std::optional<Price> price = prices_.Find(target.id.provider, target.id.model, started_at);
  if (price.has_value() && result.usage.has_value()) {
    result.cost_usd = CostUsd(*price, *result.usage);
  }
  if (result.disturbed) return done(result);
  if (opinion_ != nullptr && result.outcome != Outcome::kFailed) opinion_->KeyWorked(target);
  result.nearby = IsNearby(target, exchange.tried_address);
  if (watch_ != nullptr && exchange.status != 0 && !result.nearby) watch_->ProbeAnswered();
  FindFault(target, exchange, std::move(result), done);
}

// The two faults that the answer alone does not tell.
void Prober::FindFault(const Target& target, const HttpExchange& exchange, ProbeResult result,
                       const Done& done) {
  if (watch_ != nullptr && !result.nearby && MayBeTheNetworks(result, exchange)) {
    watch_->Judge(clock_.Monotonic() - exchange.times.total,
                  [result = std::move(result), done](bool network_failed) mutable {
                    if (network_failed) result.fault = Fault::kNetwork;
                    done(result);
                  });
  } else if (opinion_ != nullptr && opinion_->MayAsk(target, result.doubts_key)) {
    opinion_->Ask(target, [result = std::move(result), done](bool list_answered) mutable {
      if (list_answered) {
        result.reason = Reason::kAuthInconsistent;
        result.error_type = ErrorTypeOf(*result.reason);
        result.fault = FaultOf(*result.reason, result.error_type, /*network_down=*/false);
      }
      done(result);
    });
  } else {
    done(result);
  }
}

MonotonicTime Prober::RunDue() {
  return watch_ == nullptr ? absl::InfiniteDuration() : watch_->RunDue();
}

}  // namespace heyhi
