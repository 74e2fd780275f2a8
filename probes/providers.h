#ifndef HEYHI_PROBES_PROVIDERS_H_
#define HEYHI_PROBES_PROVIDERS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

// The providers that HeyHi knows by name, one row each in providers.cc.
// docs/providers.md shows the same rows; a test ties the two.

namespace heyhi {

// Which provider's own error rules apply, besides those that all share.
enum class ErrorRules {
  kOpenAi,
  kXai,
  kMistral,
  kAzure,
  kBedrock,
  kAnthropic,
  kGemini,
  kCohere,
};

// The header that carries the key.
enum class KeyHeader {
  kBearer,       // authorization: Bearer KEY
  kXApiKey,      // x-api-key: KEY
  kXGoogApiKey,  // x-goog-api-key: KEY
  kApiKey,       // api-key: KEY
};

// The smallest call that a family of models accepts in one dialect.
struct MinimalCall {
  std::string_view dialect;
  std::string_view models;      // a name with `*` for any text; "*" is every model
  std::string_view cap_field;   // the body's member that caps the answer's tokens
  int token_cap = 1;            // the smallest value that is accepted and answered
  std::string_view extra_body;  // JSON object merged into the body: thinking off
};

struct Provider {
  std::string_view name = "";
  std::string_view base_url = "";       // "" where it differs from customer to customer
  std::string_view base_url_form = "";  // then what it looks like, for people
  std::string_view dialect = "";
  std::string_view api_key_env = "";
  std::string_view default_model = "";  // "" where the provider has none of its own
  ErrorRules error_rules = ErrorRules::kOpenAi;
  KeyHeader key_header = KeyHeader::kBearer;
  std::string_view api_version = "";  // "" where calls name none
  std::string_view request_id_header = "";
  std::string_view rate_limit_headers = "";  // a name with `*`; "" where it sends none
  std::string_view status_page = "";         // for people
  // Its calls say `"stream"`, true or false, and ask for no usage in streams.
  bool always_says_stream = false;
  // Below /openai it has a route by deployment, besides OpenAI's own below /openai/v1.
  bool has_deployment_route = false;
  // Its answers name the model that answered, and not the name given to it.
  bool names_served_model = true;
  // Its model list answers to valid keys only.
  bool models_need_key = true;
  std::span<const MinimalCall> minimal_calls = {};  // the first that fits wins
};

// All rows, in the order of the documentation. They live forever.
std::span<const Provider> Providers();
std::vector<std::string> ProviderNames();

// The row of that name, or null.
const Provider* FindProvider(const std::string& name);

// True where `base_url` leads to the provider itself, whatever its path: the
// table's host (or one of that form) over https at its own port. Anything else may
// be a gateway with habits of its own. False for rows without an address.
bool IsOwnAddress(const Provider& provider, const std::string& base_url);

// How an endpoint that is not in the table is called: what the servers that
// speak this dialect agree on. The openai_chat row for an unknown dialect.
const Provider& CompatibleProvider(const std::string& dialect);

// The smallest call for a model in a dialect: the provider's own, else that of
// the dialect's compatible servers.
const MinimalCall& MinimalCallFor(const Provider& provider, const std::string& dialect,
                                  const std::string& model);

}  // namespace heyhi

#endif  // HEYHI_PROBES_PROVIDERS_H_
