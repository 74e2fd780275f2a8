#ifndef HEYHI_PROBES_ERROR_RULES_H_
#define HEYHI_PROBES_ERROR_RULES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "probes/dialect.h"
#include "probes/error_body.h"
#include "probes/http_transport.h"
#include "probes/providers.h"
#include "probes/reason.h"
#include "probes/retired_models.h"

// From an error answer to its reason: one table of rules, first match wins. The
// ids (E1, O4, F9, …) are those of docs/errors.md.

namespace heyhi {

// What was asked, as far as it decides what an answer means.
struct AskedCall {
  ErrorRules rules = ErrorRules::kOpenAi;
  std::string_view dialect = kOpenAiChat.name;
  std::string model;  // "" where it is not known: then the answer's own words count
  bool key_sent = true;
  bool stream = false;
  absl::Time at;  // models retire at a date
  // Whether its models are those that everybody knows by these names; elsewhere
  // "gpt-4" may be anything.
  bool known_models = true;
};

struct MatchedRule {
  std::string_view id;
  Reason reason;
};

// The first rule that an answer without a success status meets; there is always
// one. Never throws, whatever the bytes are.
MatchedRule MatchErrorRule(const AskedCall& asked, const HttpExchange& exchange,
                           const ErrorBody& error);

// The retired model that was asked for, or null.
const RetiredModel* FindRetired(const AskedCall& asked, const ErrorBody& error);

// All rules in order, for documentation and tests.
std::vector<MatchedRule> AllErrorRules();

}  // namespace heyhi

#endif  // HEYHI_PROBES_ERROR_RULES_H_
