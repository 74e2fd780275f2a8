#ifndef HEYHI_PROBES_ERROR_RULES_H_
#define HEYHI_PROBES_ERROR_RULES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/dialect.h"
#include "probes/http_transport.h"
#include "probes/providers.h"
#include "probes/reason.h"

// From an answer to a verdict: one table of rules, first match wins. The ids
// (E1, O4, F9, …) are those of docs/errors.md.

namespace heyhi {

// What was asked, as far as it decides what an error means.
struct AskedCall {
  ErrorRules rules = ErrorRules::kOpenAi;
  std::string model;
  bool key_sent = true;
};

struct Verdict {
  std::optional<Reason> reason;              // absent: healthy
  ErrorType error_type = ErrorType::kOther;  // meaningful with a reason
  std::string_view rule;                     // the id of the rule that matched; "" if healthy
  // Of a healthy answer.
  std::string served_model;
  std::optional<TokenUsage> usage;
};

// Judges an exchange whose transport succeeded (exchange.failure is not looked
// at). Never throws, whatever the bytes are.
Verdict JudgeAnswer(const AskedCall& asked, const Dialect& dialect, const HttpExchange& exchange);

// The ids of all rules with their reasons, in order, for documentation and tests.
struct RuleInfo {
  std::string_view id;
  Reason reason;
};
std::vector<RuleInfo> AllRules();

}  // namespace heyhi

#endif  // HEYHI_PROBES_ERROR_RULES_H_
