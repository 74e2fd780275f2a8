#include "probes/error_rules.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "probes/error_body.h"
#include "probes/retired_models.h"

namespace heyhi {
namespace {

// One error answer, ready for the rules.
struct Case {
  const AskedCall& asked;
  const HttpExchange& exchange;
  int status;
  bool html;
  ErrorBody error;

  bool Text(const char* part) const { return absl::StrContains(error.text, part); }
  bool Body(const char* part) const { return absl::StrContains(exchange.body, part); }
  bool Retired() const { return IsRetiredModel(asked.model); }
};

bool SaysBusy(const Case& c) {
  return c.Text("overloaded") || c.Text("capacity") || c.Text("busy");
}
bool MissingModel(const Case& c) {
  return c.error.code == "model_not_found" || (c.status == 404 && c.Text("model"));
}
bool MistralCapacity(const Case& c) {
  return c.error.code == "3505" || absl::StrContains(c.error.type, "capacity") ||
         c.Text("capacity");
}
bool MistralInvalidModel(const Case& c) {
  return c.status == 400 && (c.error.code == "1500" || c.error.type == "invalid_model");
}

// Whose answers a rule reads, as bits.
enum Scope : unsigned { kOpenAi = 1, kXai = 2, kMistral = 4, kAll = 7, kOpenAiLike = 3 };

unsigned ScopeOf(ErrorRules rules) {
  switch (rules) {
    case ErrorRules::kOpenAi:
      return kOpenAi;
    case ErrorRules::kXai:
      return kXai;
    case ErrorRules::kMistral:
      return kMistral;
  }
  return kOpenAi;
}

struct Rule {
  std::string_view id;
  unsigned scope;
  bool (*matches)(const Case& c);
  Reason reason;
};

// Status and markup: what sits in front of every API.
constexpr Rule kEdgeRules[] = {
    {"E1", kAll, [](const Case& c) { return c.status >= 300 && c.status < 400; },
     Reason::kUnexpectedRedirect},
    {"E2", kAll, [](const Case& c) { return c.status == 413; }, Reason::kRequestTooLarge},
    {"E3", kAll, [](const Case& c) { return c.status == 408; }, Reason::kServer408},
    {"E4", kAll, [](const Case& c) { return c.status == 504; }, Reason::kServer504},
    {"E5", kAll, [](const Case& c) { return c.status == 522; }, Reason::kCloudflare522},
    {"E5", kAll, [](const Case& c) { return c.status == 524; }, Reason::kCloudflare524},
    {"E6", kAll, [](const Case& c) { return c.status == 530 && c.Body("1016"); },
     Reason::kCloudflare1016},
    {"E7", kAll, [](const Case& c) { return c.status == 520; }, Reason::kCloudflare520},
    {"E7", kAll, [](const Case& c) { return c.status == 521; }, Reason::kCloudflare521},
    {"E7", kAll, [](const Case& c) { return c.status == 523; }, Reason::kCloudflare523},
    {"E7", kAll, [](const Case& c) { return c.status == 525; }, Reason::kCloudflare525},
    {"E7", kAll, [](const Case& c) { return c.status == 526; }, Reason::kCloudflare526},
    {"E7", kAll, [](const Case& c) { return c.status == 530; }, Reason::kCloudflare530},
    {"E8", kAll, [](const Case& c) { return c.status == 529; }, Reason::kOverloaded},
    {"E9", kAll, [](const Case& c) { return c.status == 429 && c.html && c.Body("1015"); },
     Reason::kCloudflare1015},
    {"E10", kAll,
     [](const Case& c) {
       return c.status == 403 && (c.html || c.exchange.Header("cf-mitigated") == "challenge");
     },
     Reason::kWafBlock},
    {"E11", kAll, [](const Case& c) { return c.status == 404 && c.html; }, Reason::kWrongUrl},
    {"E12", kAll,
     [](const Case& c) {
       return c.html && (c.status == 500 || c.status == 502 || c.status == 503);
     },
     Reason::kEdgeHtml},
    {"E13", kAll, [](const Case& c) { return c.status == 402; }, Reason::kBillingQuota},
};

// The providers' own words, by structure; by prose only where nothing else tells.
constexpr Rule kProviderRules[] = {
    {"X1", kXai, [](const Case& c) { return c.status == 400 && c.Text("incorrect api key"); },
     Reason::kInvalidKey},
    {"X2", kXai,
     [](const Case& c) {
       return (c.status == 403 || c.status == 429) &&
              (c.Text("credits") || c.Text("spending limit"));
     },
     Reason::kBillingQuota},
    {"X3", kXai, [](const Case& c) { return c.status == 503 && c.Text("at capacity"); },
     Reason::kOverloaded},
    {"O1", kOpenAiLike,
     [](const Case& c) {
       return c.error.code == "insufficient_quota" || c.error.type == "insufficient_quota" ||
              c.error.code == "credit_balance_exhausted" ||
              c.error.type == "credit_balance_exhausted";
     },
     Reason::kBillingQuota},
    {"O2", kOpenAiLike, [](const Case& c) { return c.error.code == "slow_down"; }, Reason::kRampUp},
    {"O3", kOpenAiLike,
     [](const Case& c) {
       return c.status == 401 && (!c.asked.key_sent || c.Text("no auth credentials"));
     },
     Reason::kMissingKey},
    {"O4", kOpenAiLike,
     [](const Case& c) { return c.status == 401 || c.error.code == "invalid_api_key"; },
     Reason::kInvalidKey},
    {"O5", kOpenAiLike,
     [](const Case& c) {
       return c.status == 403 && c.error.code == "unsupported_country_region_territory";
     },
     Reason::kGeoBlocked},
    {"O6", kOpenAiLike, [](const Case& c) { return c.error.code == "model_decommissioned"; },
     Reason::kModelRetired},
    {"O7", kOpenAiLike,
     [](const Case& c) {
       return MissingModel(c) && (c.Text("deprecated") || c.Text("decommissioned") || c.Retired());
     },
     Reason::kModelRetired},
    {"O8", kOpenAiLike, &MissingModel, Reason::kModelNotFound},
    {"O9", kOpenAiLike,
     [](const Case& c) {
       return c.status == 400 && c.Text("could not finish the message because max_tokens");
     },
     Reason::kProbeTokenCapTooLow},
    {"O10", kOpenAiLike, [](const Case& c) { return c.error.code == "content_filter"; },
     Reason::kContentFilter},
    {"O11", kOpenAiLike,
     [](const Case& c) {
       return c.status == 498 ||
              (c.status == 503 && (c.error.code == "server_is_overloaded" || SaysBusy(c)));
     },
     Reason::kOverloaded},
    {"O12", kOpenAiLike,
     [](const Case& c) {
       return c.status == 429 &&
              (c.error.type == "tokens" || c.Text("tokens per minute") || c.Text("(tpm)"));
     },
     Reason::kTpm},
    {"O13", kOpenAiLike,
     [](const Case& c) { return c.status == 429 && (c.Text("per day") || c.Text("(rpd)")); },
     Reason::kRpd},
    {"O14", kOpenAiLike, [](const Case& c) { return c.status == 429; }, Reason::kRpm},
    {"M1", kMistral, [](const Case& c) { return MistralInvalidModel(c) && c.Retired(); },
     Reason::kModelRetired},
    {"M1", kMistral, &MistralInvalidModel, Reason::kModelNotFound},
    {"M2", kMistral,
     [](const Case& c) { return (c.status == 429 || c.status == 503) && MistralCapacity(c); },
     Reason::kOverloaded},
    {"M3", kMistral,
     [](const Case& c) {
       return c.status == 403 && (c.Text("subscription") || c.Text("usage limit"));
     },
     Reason::kBillingQuota},
    {"M4", kMistral, [](const Case& c) { return c.status == 404 && c.Text("no route matched"); },
     Reason::kWrongUrl},
    {"M5", kMistral, [](const Case& c) { return c.status == 401 && c.asked.key_sent; },
     Reason::kInvalidKey},
    {"M6", kMistral, [](const Case& c) { return c.status == 422; }, Reason::kBadRequestParam},
    {"M7", kMistral, [](const Case& c) { return c.status == 429; }, Reason::kRpm},
};

// What the status number alone says.
constexpr Rule kStatusRules[] = {
    {"F1", kAll, [](const Case& c) { return c.status == 400 || c.status == 422; },
     Reason::kBadRequestParam},
    {"F2", kAll, [](const Case& c) { return c.status == 401 && !c.asked.key_sent; },
     Reason::kMissingKey},
    {"F2", kAll, [](const Case& c) { return c.status == 401; }, Reason::kInvalidKey},
    {"F3", kAll, [](const Case& c) { return c.status == 403; }, Reason::kPermissionDenied},
    {"F4", kAll, [](const Case& c) { return c.status == 404 && c.Text("model") && c.Retired(); },
     Reason::kModelRetired},
    {"F4", kAll, [](const Case& c) { return c.status == 404 && c.Text("model"); },
     Reason::kModelNotFound},
    {"F5", kAll, [](const Case& c) { return c.status == 404 || c.status == 501; },
     Reason::kWrongUrl},
    {"F6", kAll, [](const Case& c) { return c.status == 409; }, Reason::kConflict},
    {"F7", kAll, [](const Case& c) { return c.status == 429; }, Reason::kRpm},
    {"F8", kAll, [](const Case& c) { return c.status == 499; }, Reason::kClientClosed},
    {"F9", kAll, [](const Case& c) { return c.status == 503 && SaysBusy(c); }, Reason::kOverloaded},
    {"F9", kAll, [](const Case& c) { return c.status == 503; }, Reason::kUnavailable},
    {"F10", kAll, [](const Case& c) { return c.status >= 500 && c.status < 600; },
     Reason::kServerError},
    {"F11", kAll, [](const Case&) { return true; }, Reason::kUnexpectedStatus},
};

template <std::size_t size>
const Rule* FirstMatch(const Rule (&rules)[size], const Case& c) {
  const unsigned scope = ScopeOf(c.asked.rules);
  for (const Rule& rule : rules) {
    if ((rule.scope & scope) != 0 && rule.matches(c)) return &rule;
  }
  return nullptr;
}

Verdict Failed(Reason reason, std::string_view rule) {
  Verdict verdict;
  verdict.reason = reason;
  verdict.error_type = ErrorTypeOf(reason);
  verdict.rule = rule;
  return verdict;
}

// The error_type of an error that came with a success status, by its own code.
ErrorType InnerErrorType(const ErrorBody& error) {
  const auto is = [&error](const char* word) {
    return error.type == word || error.code == word || error.status == word;
  };
  if (is("overloaded_error") || is("server_is_overloaded") || is("529") || is("3505")) {
    return ErrorType::k5xx;
  }
  if (is("rate_limit_error") || is("rate_limit_exceeded") || is("RESOURCE_EXHAUSTED") ||
      is("429")) {
    return ErrorType::kRateLimit;
  }
  if (is("authentication_error") || is("permission_error") || is("invalid_api_key") ||
      is("insufficient_quota") || is("401") || is("402") || is("403")) {
    return ErrorType::kAuth;
  }
  int number = 0;
  const bool number_5xx = absl::SimpleAtoi(error.code, &number) && number >= 500;
  if (is("server_error") || is("api_error") || is("internal_server_error") || is("INTERNAL") ||
      is("UNAVAILABLE") || number_5xx) {
    return ErrorType::k5xx;
  }
  return ErrorType::kOther;
}

Verdict JudgeSuccess(const Dialect& dialect, const HttpExchange& exchange) {
  const auto start = exchange.body.find_first_not_of(" \t\r\n");
  if (start == std::string::npos) return Failed(Reason::kEmptyBody, "H1");
  const char first = exchange.body[start];
  if (IsHtml(exchange) || (first != '{' && first != '[')) return Failed(Reason::kNonJson200, "H2");
  const auto document = JsonDocument::Parse(exchange.body);
  if (!document.has_value()) return Failed(Reason::kTruncatedJson, "H3");
  Answer answer = dialect.read_answer(UnwrapSingle(document->root()));
  if (answer.error.exists()) {
    Verdict verdict = Failed(Reason::kErrorIn200, "H4");
    verdict.error_type = InnerErrorType(ReadErrorObject(answer.error));
    return verdict;
  }
  if (!answer.well_formed) return Failed(Reason::kBadJson, "H7");
  Verdict verdict;
  verdict.served_model = std::move(answer.served_model);
  verdict.usage = answer.usage;
  return verdict;
}

}  // namespace

Verdict JudgeAnswer(const AskedCall& asked, const Dialect& dialect, const HttpExchange& exchange) {
  if (exchange.status >= 200 && exchange.status < 300) return JudgeSuccess(dialect, exchange);
  Case c{asked, exchange, exchange.status, IsHtml(exchange), {}};
  if (const auto document = JsonDocument::Parse(exchange.body))
    c.error = ReadErrorBody(document->root());
  const Rule* rule = FirstMatch(kEdgeRules, c);
  if (rule == nullptr && c.status >= 400) rule = FirstMatch(kProviderRules, c);
  if (rule == nullptr) rule = FirstMatch(kStatusRules, c);
  return Failed(rule->reason, rule->id);
}

std::vector<RuleInfo> AllRules() {
  std::vector<RuleInfo> rules;
  for (const Rule& rule : kEdgeRules) rules.push_back({rule.id, rule.reason});
  for (const Rule& rule : kProviderRules) rules.push_back({rule.id, rule.reason});
  for (const Rule& rule : kStatusRules) rules.push_back({rule.id, rule.reason});
  rules.push_back({"H1", Reason::kEmptyBody});
  rules.push_back({"H2", Reason::kNonJson200});
  rules.push_back({"H3", Reason::kTruncatedJson});
  rules.push_back({"H4", Reason::kErrorIn200});
  rules.push_back({"H7", Reason::kBadJson});
  return rules;
}

}  // namespace heyhi
