#ifndef HEYHI_TESTS_PROBES_RULE_CASES_H_
#define HEYHI_TESTS_PROBES_RULE_CASES_H_

#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "probes/providers.h"

namespace heyhi {

// What a case says besides what every case says.
struct RuleCaseExtras {
  std::string model = "some-model";
  bool key_sent = true;
  std::string_view dialect = "";  // that of the rules' own provider
  std::vector<std::pair<std::string, std::string>> headers = {{"content-type", "application/json"}};
  absl::CivilDay on = absl::CivilDay(2026, 11, 22);
  bool known_models = true;
};

inline RuleCaseExtras NoKey() { return {.key_sent = false}; }
inline RuleCaseExtras AskedFor(const std::string& model) { return {.model = model}; }

// An error answer, and the rule and reason that it must get.
struct RuleCase {
  const char* name;
  ErrorRules rules;
  int status;
  std::string body;
  const char* rule;
  const char* reason;
  RuleCaseExtras extras = {};

  friend void PrintTo(const RuleCase& c, std::ostream* out) { *out << c.name; }
};

// The answers of each family, in the order of the rules.
std::vector<RuleCase> OpenAiAccountCases();
std::vector<RuleCase> OpenAiRetiredCases();
std::vector<RuleCase> OpenAiModelCases();
std::vector<RuleCase> OpenAiLimitCases();
std::vector<RuleCase> XaiRuleCases();
std::vector<RuleCase> AzureRuleCases();
std::vector<RuleCase> BedrockRuleCases();
std::vector<RuleCase> AnthropicAccountCases();
std::vector<RuleCase> AnthropicRuleCases();
std::vector<RuleCase> GeminiRuleCases();
std::vector<RuleCase> GeminiQuotaCases();
std::vector<RuleCase> GeminiCompatibleCases();
std::vector<RuleCase> CohereRuleCases();
std::vector<RuleCase> MistralRuleCases();

// {"error":{MEMBERS}}
std::string ErrorOf(const std::string& members);

}  // namespace heyhi

#endif  // HEYHI_TESTS_PROBES_RULE_CASES_H_
