#include "probes/error_rules.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
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
  bool Code(const char* word) const { return error.code == word; }
  bool Type(const char* word) const { return error.type == word; }
  bool Amazon(const char* word) const {
    // Some of their services append ":http://…" to the name.
    return absl::StartsWith(exchange.Header("x-amzn-errortype"), word) || Type(word) || Code(word);
  }
  bool Detail(const char* reason) const {
    return std::find(error.detail_reasons.begin(), error.detail_reasons.end(), reason) !=
           error.detail_reasons.end();
  }
  bool Quota(const char* part) const {
    return std::any_of(error.quota_ids.begin(), error.quota_ids.end(),
                       [part](const std::string& id) { return absl::StrContains(id, part); });
  }
};

bool Retired(const Case& c) { return FindRetired(c.asked, c.error) != nullptr; }
bool SaysBusy(const Case& c) {
  return c.Text("overloaded") || c.Text("capacity") || c.Text("busy");
}
// Its words to those who ask for no HTML.
bool IsCloudflare(const Case& c) {
  return c.exchange.body.starts_with("error code: ") || c.Body("\"cloudflare_error\"");
}
bool OutOfQuota(const Case& c) {
  for (const char* word : {"insufficient_quota", "credit_balance_exhausted", "billing_not_active",
                           "billing_hard_limit_reached", "budget_exceeded"}) {
    if (c.Code(word) || c.Type(word)) return true;
  }
  return false;
}
// A path with "models" in it is no model.
bool UnknownPath(const Case& c) {
  return c.Code("unknown_url") || c.Text("invalid url") || c.Text("unknown request url");
}
bool SpeaksOfModel(const Case& c) { return c.status == 404 && c.Text("model") && !UnknownPath(c); }
bool MissingModel(const Case& c) { return c.Code("model_not_found") || SpeaksOfModel(c); }
bool MistralCapacity(const Case& c) {
  return c.Code("3505") || absl::StrContains(c.error.type, "capacity") || c.Text("capacity");
}
bool MistralInvalidModel(const Case& c) {
  return c.status == 400 && (c.Code("1500") || c.Type("invalid_model"));
}
bool AmazonNotFound(const Case& c) {
  return c.status == 404 && c.Amazon("ResourceNotFoundException");
}
bool AnthropicNotFound(const Case& c) {
  return c.status == 404 && c.Type("not_found_error") && c.Text("model");
}
bool CohereRemoved(const Case& c) { return c.status == 404 && (c.Text("removed") || Retired(c)); }
// Answers of Google's OpenAI-compatible route carry its own words or OpenAI's.
bool GoogleError(const Case& c) { return !c.error.status.empty() || c.error.has_detail_list; }

// Whose answers a rule reads, as bits.
enum Scope : unsigned {
  kOpenAi = 1,
  kXai = 2,
  kMistral = 4,
  kAzure = 8,
  kBedrock = 16,
  kAnthropic = 32,
  kGemini = 64,
  kCohere = 128,
  kGoogleCompatible = 256,
  kAll = 511,
  kOpenAiLike = kOpenAi | kXai | kAzure | kBedrock | kGoogleCompatible,
};

unsigned ScopeOf(const Case& c) {
  switch (c.asked.rules) {
    case ErrorRules::kOpenAi:
      return kOpenAi;
    case ErrorRules::kXai:
      return kXai;
    case ErrorRules::kMistral:
      return kMistral;
    case ErrorRules::kAzure:
      return kAzure;
    case ErrorRules::kBedrock:
      return kBedrock;
    case ErrorRules::kAnthropic:
      return kAnthropic;
    case ErrorRules::kGemini:
      break;
    case ErrorRules::kCohere:
      return kCohere;
  }
  if (c.asked.dialect != kOpenAiChat.name) return kGemini;
  return GoogleError(c) ? kGemini | kGoogleCompatible : kGoogleCompatible;
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
    {"E9", kAll,
     [](const Case& c) { return c.status == 429 && (c.html || IsCloudflare(c)) && c.Body("1015"); },
     Reason::kCloudflare1015},
    {"E10", kAll,
     [](const Case& c) {
       return c.status == 403 &&
              (c.html || IsCloudflare(c) || c.exchange.Header("cf-mitigated") == "challenge");
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
    {"AZ1", kAzure, [](const Case& c) { return c.Code("DeploymentNotFound"); },
     Reason::kModelNotFound},
    {"AZ2", kAzure, [](const Case& c) { return c.status == 400 && c.Code("content_filter"); },
     Reason::kContentFilter},
    {"AZ3", kAzure, [](const Case& c) { return c.status == 401 && c.asked.key_sent; },
     Reason::kInvalidKey},
    {"AZ4", kAzure,
     [](const Case& c) { return c.status == 429 && !OutOfQuota(c) && c.Text("token"); },
     Reason::kTpm},
    {"AZ4", kAzure, [](const Case& c) { return c.status == 429 && !OutOfQuota(c); }, Reason::kRpm},
    {"B1", kBedrock, [](const Case& c) { return c.Amazon("ModelNotReadyException"); },
     Reason::kModelLoading},
    {"B2", kBedrock, [](const Case& c) { return c.Amazon("ThrottlingException"); }, Reason::kRpm},
    {"B3", kBedrock,
     [](const Case& c) {
       return c.status == 403 && c.Amazon("AccessDeniedException") &&
              (c.Text("authentication failed") || c.Text("api key"));
     },
     Reason::kInvalidKey},
    {"B4", kBedrock,
     [](const Case& c) { return AmazonNotFound(c) && (c.Text("end of its life") || Retired(c)); },
     Reason::kModelRetired},
    {"B5", kBedrock, &AmazonNotFound, Reason::kModelNotFound},
    {"A1", kAnthropic,
     [](const Case& c) {
       return absl::EndsWith(c.error.detail_code, "spend_limit_reached") || c.Type("billing_error");
     },
     Reason::kBillingQuota},
    {"A2", kAnthropic, [](const Case& c) { return c.error.detail_code == "ramp_limit_exceeded"; },
     Reason::kRampUp},
    {"A3", kAnthropic,
     [](const Case& c) {
       return c.status == 400 &&
              (c.Text("credit balance is too low") || c.Text("specified api usage limits"));
     },
     Reason::kBillingQuota},
    {"A4", kAnthropic,
     [](const Case& c) {
       return (c.status == 401 || c.Type("authentication_error")) && !c.asked.key_sent;
     },
     Reason::kMissingKey},
    {"A4", kAnthropic,
     [](const Case& c) { return c.status == 401 || c.Type("authentication_error"); },
     Reason::kInvalidKey},
    {"A5", kAnthropic, [](const Case& c) { return c.status == 403 && c.Type("forbidden"); },
     Reason::kGeoBlocked},
    {"A6", kAnthropic, [](const Case& c) { return c.status == 403 && c.Type("permission_error"); },
     Reason::kPermissionDenied},
    {"A7", kAnthropic, [](const Case& c) { return AnthropicNotFound(c) && Retired(c); },
     Reason::kModelRetired},
    {"A7", kAnthropic, &AnthropicNotFound, Reason::kModelNotFound},
    {"A8", kAnthropic, [](const Case& c) { return c.Type("overloaded_error"); },
     Reason::kOverloaded},
    {"A9", kAnthropic, [](const Case& c) { return c.status == 429 && c.Text("tokens per minute"); },
     Reason::kTpm},
    {"A9", kAnthropic, [](const Case& c) { return c.status == 429; }, Reason::kRpm},
    {"G1", kGemini, [](const Case& c) { return c.Detail("API_KEY_INVALID"); }, Reason::kInvalidKey},
    {"G2", kGemini,
     [](const Case& c) {
       return c.status == 400 && c.error.status == "FAILED_PRECONDITION" && c.Text("location");
     },
     Reason::kGeoBlocked},
    {"G3", kGemini, [](const Case& c) { return c.status == 401 && c.asked.key_sent; },
     Reason::kInvalidKey},
    {"G4", kGemini, [](const Case& c) { return c.status == 403 && c.Text("unregistered callers"); },
     Reason::kMissingKey},
    {"G5", kGemini, [](const Case& c) { return c.status == 403; }, Reason::kPermissionDenied},
    {"G6", kGemini,
     [](const Case& c) { return c.status == 404 && c.error.status == "NOT_FOUND" && Retired(c); },
     Reason::kModelRetired},
    {"G6", kGemini, [](const Case& c) { return c.status == 404 && c.error.status == "NOT_FOUND"; },
     Reason::kModelNotFound},
    {"G7", kGemini, [](const Case& c) { return c.status == 429 && c.Quota("PerDay"); },
     Reason::kRpd},
    {"G7", kGemini, [](const Case& c) { return c.status == 429 && c.Quota("Token"); },
     Reason::kTpm},
    {"G7", kGemini, [](const Case& c) { return c.status == 429; }, Reason::kRpm},
    {"G8", kGemini, [](const Case& c) { return c.status == 503 && c.Text("overloaded"); },
     Reason::kOverloaded},
    {"O1", kOpenAiLike, &OutOfQuota, Reason::kBillingQuota},
    {"O2", kOpenAiLike, [](const Case& c) { return c.Code("slow_down"); }, Reason::kRampUp},
    {"O3", kOpenAiLike,
     [](const Case& c) {
       return c.status == 401 && (!c.asked.key_sent || c.Text("no auth credentials"));
     },
     Reason::kMissingKey},
    {"O4", kOpenAiLike, [](const Case& c) { return c.status == 401 || c.Code("invalid_api_key"); },
     Reason::kInvalidKey},
    {"O5", kOpenAiLike,
     [](const Case& c) {
       return c.status == 403 && c.Code("unsupported_country_region_territory");
     },
     Reason::kGeoBlocked},
    {"O6", kOpenAiLike, [](const Case& c) { return c.Code("model_decommissioned"); },
     Reason::kModelRetired},
    {"O7", kOpenAiLike,
     [](const Case& c) {
       return MissingModel(c) && (c.Text("deprecated") || c.Text("decommissioned") || Retired(c));
     },
     Reason::kModelRetired},
    {"O8", kOpenAiLike, &MissingModel, Reason::kModelNotFound},
    {"O9", kOpenAiLike,
     [](const Case& c) {
       return c.status == 400 && c.Text("could not finish the message because max_tokens");
     },
     Reason::kProbeTokenCapTooLow},
    {"O10", kOpenAiLike, [](const Case& c) { return c.Code("content_filter"); },
     Reason::kContentFilter},
    {"O11", kOpenAiLike,
     [](const Case& c) {
       return c.status == 498 || (c.status == 429 && c.Type("server_error")) ||
              (c.status == 503 && (c.Code("server_is_overloaded") || SaysBusy(c)));
     },
     Reason::kOverloaded},
    {"O12", kOpenAiLike,
     [](const Case& c) {
       return c.status == 429 &&
              (c.Type("tokens") || c.Text("tokens per minute") || c.Text("(tpm)"));
     },
     Reason::kTpm},
    {"O13", kOpenAiLike,
     [](const Case& c) { return c.status == 429 && (c.Text("per day") || c.Text("(rpd)")); },
     Reason::kRpd},
    {"O14", kOpenAiLike, [](const Case& c) { return c.status == 429; }, Reason::kRpm},
    {"C1", kCohere,
     [](const Case& c) {
       return c.status == 401 && (!c.asked.key_sent || c.Text("no api key supplied"));
     },
     Reason::kMissingKey},
    {"C2", kCohere, [](const Case& c) { return c.status == 401 || c.status == 498; },
     Reason::kInvalidKey},
    {"C3", kCohere, &CohereRemoved, Reason::kModelRetired},
    {"C3", kCohere, [](const Case& c) { return c.status == 404 && c.Text("model"); },
     Reason::kModelNotFound},
    {"C4", kCohere, [](const Case& c) { return c.status == 429 && c.Text("/ month"); },
     Reason::kBillingQuota},
    {"C5", kCohere, [](const Case& c) { return c.status == 429; }, Reason::kRpm},
    {"C6", kCohere, [](const Case& c) { return c.status == 501; }, Reason::kWrongUrl},
    {"M1", kMistral, [](const Case& c) { return MistralInvalidModel(c) && Retired(c); },
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
    {"F4", kAll, [](const Case& c) { return SpeaksOfModel(c) && Retired(c); },
     Reason::kModelRetired},
    {"F4", kAll, &SpeaksOfModel, Reason::kModelNotFound},
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
  const unsigned scope = ScopeOf(c);
  for (const Rule& rule : rules) {
    if ((rule.scope & scope) != 0 && rule.matches(c)) return &rule;
  }
  return nullptr;
}

}  // namespace

const RetiredModel* FindRetired(const AskedCall& asked, const ErrorBody& error) {
  if (!asked.known_models) return nullptr;
  if (!asked.model.empty()) return FindRetiredModel(asked.model, asked.at);
  const std::vector<std::string> words =
      absl::StrSplit(error.text, absl::ByAnyChar(" \"'`,;()"), absl::SkipEmpty());
  for (const std::string& word : words) {
    if (const RetiredModel* retired = FindRetiredModel(word, asked.at)) return retired;
  }
  return nullptr;
}

MatchedRule MatchErrorRule(const AskedCall& asked, const HttpExchange& exchange,
                           const ErrorBody& error) {
  const Case c{asked, exchange, exchange.status, IsHtml(exchange), error};
  const Rule* rule = FirstMatch(kEdgeRules, c);
  if (rule == nullptr && c.status >= 400) rule = FirstMatch(kProviderRules, c);
  if (rule == nullptr) rule = FirstMatch(kStatusRules, c);
  return {rule->id, rule->reason};
}

std::vector<MatchedRule> AllErrorRules() {
  std::vector<MatchedRule> rules;
  for (const Rule& rule : kEdgeRules) rules.push_back({rule.id, rule.reason});
  for (const Rule& rule : kProviderRules) rules.push_back({rule.id, rule.reason});
  for (const Rule& rule : kStatusRules) rules.push_back({rule.id, rule.reason});
  return rules;
}

}  // namespace heyhi
