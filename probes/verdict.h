#ifndef HEYHI_PROBES_VERDICT_H_
#define HEYHI_PROBES_VERDICT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "probes/dialect.h"
#include "probes/error_rules.h"
#include "probes/http_transport.h"
#include "probes/reason.h"

// What an answer means: healthy, or one reason.

namespace heyhi {

struct Verdict {
  std::optional<Reason> reason;              // absent: healthy
  ErrorType error_type = ErrorType::kOther;  // meaningful with a reason
  std::string_view rule;                     // the id of the rule that matched; "" if healthy
  // Of kAuth: the answer says that the key is not known (kInvalidKey, or an inner
  // error of that meaning), and not that it lacks rights or credit.
  bool doubts_key = false;

  // As far as the answer says so, failed or not.
  std::string served_model;
  std::optional<TokenUsage> usage;
  // Of an error answer: the least output-token cap that it names as accepted.
  std::optional<int> named_token_cap;
  // Of model_retired: its successor, where we know it; else "".
  std::string_view replacement;
  // Of a stream, counted from the start of the exchange: when the first piece of
  // content came, and when the last word did.
  std::optional<absl::Duration> first_content_at;
  std::optional<absl::Duration> terminated_at;
};

// True where `exchange` answers a stream check with a stream. Such an answer may
// be judged by JudgeStream even if its transport failed later.
bool IsStreamAnswer(const HttpExchange& exchange);

// Judges an exchange whose transport succeeded (exchange.failure is not looked
// at). Never throws, whatever the bytes are.
Verdict JudgeAnswer(const AskedCall& asked, const HttpExchange& exchange);

// Judges a stream that ended, was cut, or (`timed_out`) was still open at the end
// of our patience; nothing where only the transport's own reason can say it.
std::optional<Verdict> JudgeStream(const AskedCall& asked, const HttpExchange& exchange,
                                   bool timed_out);

// All rules in order, those for error answers first, for documentation and tests.
std::vector<MatchedRule> AllRules();

}  // namespace heyhi

#endif  // HEYHI_PROBES_VERDICT_H_
