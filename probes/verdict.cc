#include "probes/verdict.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "probes/inner_error.h"
#include "probes/sse_parser.h"
#include "probes/token_cap.h"

namespace heyhi {
namespace {

Verdict Failed(Reason reason, std::string_view rule) {
  Verdict verdict;
  verdict.reason = reason;
  verdict.error_type = ErrorTypeOf(reason);
  verdict.rule = rule;
  verdict.doubts_key = reason == Reason::kInvalidKey;
  return verdict;
}

// For the reasons that take their error_type from the inner code.
void TakeInnerType(const InnerError& inner, Verdict* verdict) {
  verdict->error_type = inner.type;
  verdict->doubts_key = inner.doubts_key;
}

// Healthy or failed, the answer's own words are kept.
Verdict WithFacts(Verdict verdict, const Answer& answer) {
  verdict.served_model = answer.served_model;
  verdict.usage = answer.usage;
  return verdict;
}

Verdict JudgeBody(const Dialect& dialect, const HttpExchange& exchange) {
  const auto start = exchange.body.find_first_not_of(" \t\r\n");
  if (start == std::string::npos) return Failed(Reason::kEmptyBody, "H1");
  const char first = exchange.body[start];
  if (IsHtml(exchange) || (first != '{' && first != '[')) return Failed(Reason::kNonJson200, "H2");
  const auto document = JsonDocument::Parse(exchange.body);
  if (!document.has_value()) return Failed(Reason::kTruncatedJson, "H3");
  const Answer answer = dialect.read_answer(UnwrapSingle(document->root()));
  if (answer.error.has_value()) {
    Verdict verdict = Failed(Reason::kErrorIn200, "H4");
    TakeInnerType(ClassifyInnerError(*answer.error), &verdict);
    return WithFacts(verdict, answer);
  }
  if (answer.blocked) return WithFacts(Failed(Reason::kContentBlocked, "H5"), answer);
  if (!answer.well_formed) return Failed(Reason::kBadJson, "H7");
  return WithFacts({}, answer);
}

// A stream read to its end, or to where it stops making sense.
struct StreamFacts {
  StreamReading reading;
  bool has_garbage = false;  // an event that is no JSON
  bool too_large = false;
  std::optional<absl::Duration> first_content_at;
  std::optional<absl::Duration> terminated_at;

  bool over() const { return reading.terminated || reading.answer.error.has_value(); }
};

void TakeEvent(const Dialect& dialect, const SseEvent& event, absl::Duration at,
               StreamFacts* facts) {
  StreamReading& reading = facts->reading;
  if (facts->over() || event.data.empty()) return;
  if (event.data.starts_with("[DONE]")) {
    if (dialect.done_ends_stream) reading.finished = reading.terminated = true;
  } else if (const auto document = JsonDocument::Parse(event.data)) {
    dialect.read_event(event.name, UnwrapSingle(document->root()), &reading);
  } else if (!reading.finished) {
    facts->has_garbage = true;
  }
  if (reading.has_content && !facts->first_content_at.has_value()) facts->first_content_at = at;
  if (reading.terminated) facts->terminated_at = at;
}

StreamFacts ReadStream(const Dialect& dialect, const HttpExchange& exchange) {
  StreamFacts facts;
  SseParser parser;
  std::size_t begin = 0;
  for (const BodyPiece& piece : exchange.pieces) {
    const std::string_view bytes = std::string_view(exchange.body).substr(begin, piece.end - begin);
    begin = piece.end;
    const bool fits = parser.Feed(
        bytes, [&](const SseEvent& event) { TakeEvent(dialect, event, piece.at, &facts); });
    // What follows the last word does not count, wherever the pieces are cut.
    if (facts.over()) break;
    facts.too_large = !fits;
    if (facts.too_large) break;
  }
  return facts;
}

Verdict StreamError(const ErrorBody& error) {
  const InnerError inner = ClassifyInnerError(error);
  const bool overloaded = inner.stream_reason == Reason::kInStreamOverloaded;
  const bool rate_limit = inner.stream_reason == Reason::kInStreamRateLimit;
  Verdict verdict = Failed(inner.stream_reason, overloaded ? "S2" : rate_limit ? "S3" : "S4");
  TakeInnerType(inner, &verdict);
  return verdict;
}

std::optional<Verdict> JudgeReading(const StreamFacts& facts, bool timed_out) {
  const Answer& answer = facts.reading.answer;
  if (answer.error.has_value()) return StreamError(*answer.error);
  if (facts.too_large) return Failed(Reason::kBodyTooLarge, "S6");
  // A client would still wait for the last word.
  if (timed_out && !facts.reading.terminated) return std::nullopt;
  if (answer.blocked) return Failed(Reason::kContentBlocked, "H5");
  if (!facts.reading.finished) return Failed(Reason::kStreamTruncated, "S5");
  if (facts.has_garbage || !answer.well_formed) return Failed(Reason::kBadJson, "S7");
  return Verdict();
}

Verdict JudgeError(const AskedCall& asked, const HttpExchange& exchange) {
  ErrorBody error;
  if (const auto document = JsonDocument::Parse(exchange.body)) {
    error = ReadErrorBody(document->root());
  } else if (!IsHtml(exchange)) {
    constexpr std::size_t kMostText = 4096;
    error.text = absl::AsciiStrToLower(exchange.body.substr(0, kMostText));
  }
  const MatchedRule rule = MatchErrorRule(asked, exchange, error);
  Verdict verdict = Failed(rule.reason, rule.id);
  verdict.named_token_cap = NamedMinimum(exchange.status, error);
  if (rule.reason == Reason::kModelRetired) {
    const RetiredModel* retired = FindRetired(asked, error);
    if (retired != nullptr) verdict.replacement = retired->replacement;
  }
  return verdict;
}

bool IsSuccess(const HttpExchange& exchange) {
  return exchange.status >= 200 && exchange.status < 300;
}

}  // namespace

bool IsStreamAnswer(const HttpExchange& exchange) {
  return IsSuccess(exchange) &&
         absl::StartsWithIgnoreCase(exchange.Header("content-type"), "text/event-stream");
}

std::optional<Verdict> JudgeStream(const AskedCall& asked, const HttpExchange& exchange,
                                   bool timed_out) {
  const StreamFacts facts = ReadStream(*FindDialect(std::string(asked.dialect)), exchange);
  std::optional<Verdict> verdict = JudgeReading(facts, timed_out);
  if (!verdict.has_value()) return std::nullopt;
  verdict = WithFacts(*std::move(verdict), facts.reading.answer);
  verdict->first_content_at = facts.first_content_at;
  verdict->terminated_at = facts.terminated_at;
  return verdict;
}

Verdict JudgeAnswer(const AskedCall& asked, const HttpExchange& exchange) {
  if (!IsSuccess(exchange)) return JudgeError(asked, exchange);
  if (asked.stream && IsStreamAnswer(exchange)) return *JudgeStream(asked, exchange, false);
  return JudgeBody(*FindDialect(std::string(asked.dialect)), exchange);
}

std::vector<MatchedRule> AllRules() {
  std::vector<MatchedRule> rules = AllErrorRules();
  for (const MatchedRule& rule :
       {MatchedRule{"H1", Reason::kEmptyBody}, MatchedRule{"H2", Reason::kNonJson200},
        MatchedRule{"H3", Reason::kTruncatedJson}, MatchedRule{"H4", Reason::kErrorIn200},
        MatchedRule{"H5", Reason::kContentBlocked}, MatchedRule{"H7", Reason::kBadJson},
        MatchedRule{"S2", Reason::kInStreamOverloaded},
        MatchedRule{"S3", Reason::kInStreamRateLimit}, MatchedRule{"S4", Reason::kInStreamError},
        MatchedRule{"S5", Reason::kStreamTruncated}, MatchedRule{"S6", Reason::kBodyTooLarge},
        MatchedRule{"S7", Reason::kBadJson}}) {
    rules.push_back(rule);
  }
  return rules;
}

}  // namespace heyhi
