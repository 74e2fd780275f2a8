#ifndef HEYHI_PROBES_PROVIDERS_H_
#define HEYHI_PROBES_PROVIDERS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The providers that HeyHi knows by name, one row each in providers.cc.
// docs/providers.md shows the same rows; a test ties the two.

namespace heyhi {

// Which provider's own error rules apply, besides those that all share.
enum class ErrorRules { kOpenAi, kXai, kMistral };

// The smallest call that a family of models accepts.
struct MinimalCall {
  std::string_view model_prefix;  // "" is every model
  std::string_view cap_field;     // the body field that caps the answer's tokens
  int token_cap;                  // the smallest value that is accepted and answered
  std::string_view extra_body;    // JSON object merged into the body: thinking off
};

struct Provider {
  std::string_view name;
  std::string_view base_url;
  std::string_view dialect;
  std::string_view api_key_env;
  std::string_view default_model;  // "" where the provider has none of its own
  ErrorRules error_rules;
  std::vector<MinimalCall> minimal_calls;  // the first matching prefix wins

  const MinimalCall& MinimalCallFor(const std::string& model) const;
};

// All rows, in the order of the documentation.
const std::vector<Provider>& Providers();

// The row of that name, or null.
const Provider* FindProvider(const std::string& name);

// How an endpoint that is not in the table is called: the oldest form of the
// OpenAI dialect, which compatible servers agree on.
const Provider& CompatibleProvider();

}  // namespace heyhi

#endif  // HEYHI_PROBES_PROVIDERS_H_
