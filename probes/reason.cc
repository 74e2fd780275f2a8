#include "probes/reason.h"

#include <cstddef>

namespace heyhi {
namespace {

// What the reason says of the fault where neither auth nor rate_limit decides.
enum class Blame { kProvider, kConfig, kTransport, kNetwork, kAccount };

struct ReasonRow {
  Reason reason;
  std::string_view name;
  ErrorType type;
  Blame blame;
  std::string_view advice;
};

constexpr std::string_view kWait = "The provider's trouble; nothing to change here.";
constexpr std::string_view kSlowPath =
    "The provider or the way to it; compare with other regions and the official page.";
constexpr std::string_view kCertificate =
    "Check who answers for this host (a proxy?) and ca_file; do not turn verification off.";
constexpr std::string_view kKey = "Check the key, its project and its rights.";
constexpr std::string_view kBudget = "Add credit or raise the spending limit of this account.";
constexpr std::string_view kSlower =
    "This account's limit is reached; raise it or probe less often.";
constexpr std::string_view kModel = "Name a model that this account can use.";
constexpr std::string_view kCall = "The probe's request is refused; check model and max_tokens.";
constexpr std::string_view kAddress = "Check base_url.";
constexpr std::string_view kNotTheApi =
    "Something else answers in the API's place; if it never worked, check base_url.";
constexpr std::string_view kFilter = "The provider's filter refuses the prompt; change it.";
constexpr std::string_view kDnsHelp = "Check the name in base_url and this machine's DNS servers.";

constexpr ReasonRow kRows[] = {
    {Reason::kNxdomain, "nxdomain", ErrorType::kDns, Blame::kTransport, kDnsHelp},
    {Reason::kServfail, "servfail", ErrorType::kDns, Blame::kTransport, kDnsHelp},
    {Reason::kNoAddress, "no_address", ErrorType::kDns, Blame::kTransport, kDnsHelp},
    {Reason::kDnsTimeout, "dns_timeout", ErrorType::kDns, Blame::kTransport, kDnsHelp},
    {Reason::kConnect, "connect", ErrorType::kTimeout, Blame::kTransport, kSlowPath},
    {Reason::kTls, "tls", ErrorType::kTimeout, Blame::kTransport, kSlowPath},
    {Reason::kTtfb, "ttfb", ErrorType::kTimeout, Blame::kTransport, kSlowPath},
    {Reason::kTotal, "total", ErrorType::kTimeout, Blame::kTransport, kSlowPath},
    {Reason::kConnRefused, "conn_refused", ErrorType::kOther, Blame::kTransport, kSlowPath},
    {Reason::kConnUnreachable, "conn_unreachable", ErrorType::kOther, Blame::kTransport, kSlowPath},
    {Reason::kConnReset, "conn_reset", ErrorType::kOther, Blame::kTransport, kSlowPath},
    {Reason::kConnClosed, "conn_closed", ErrorType::kOther, Blame::kTransport, kSlowPath},
    {Reason::kShortBody, "short_body", ErrorType::kOther, Blame::kTransport, kWait},
    {Reason::kTlsExpired, "tls_expired", ErrorType::kOther, Blame::kTransport, kCertificate},
    {Reason::kTlsHostname, "tls_hostname", ErrorType::kOther, Blame::kTransport, kCertificate},
    {Reason::kTlsCa, "tls_ca", ErrorType::kOther, Blame::kTransport, kCertificate},
    {Reason::kTlsProtocol, "tls_protocol", ErrorType::kOther, Blame::kTransport, kCertificate},
    {Reason::kDecodeError, "decode_error", ErrorType::kOther, Blame::kTransport, kWait},
    {Reason::kH2Goaway, "h2_goaway", ErrorType::kOther, Blame::kTransport, kWait},
    {Reason::kTransportError, "transport_error", ErrorType::kOther, Blame::kTransport, kSlowPath},
    {Reason::kBodyTooLarge, "body_too_large", ErrorType::kOther, Blame::kProvider, kAddress},
    {Reason::kHeaderTooLarge, "header_too_large", ErrorType::kOther, Blame::kProvider, kAddress},
    {Reason::kLocalResource, "local_resource", ErrorType::kOther, Blame::kNetwork,
     "This machine lacks descriptors, memory or a readable certificate bundle; see the log."},
    {Reason::kProxyUnreachable, "proxy_unreachable", ErrorType::kOther, Blame::kNetwork,
     "The proxy that the configuration names does not answer; check it and proxy."},
    {Reason::kProxyRefused, "proxy_refused", ErrorType::kOther, Blame::kConfig,
     "The proxy does not connect to this host; let its rules allow it, without a password."},
    {Reason::kUnexpectedRedirect, "unexpected_redirect", ErrorType::kOther, Blame::kConfig,
     kAddress},
    {Reason::kRequestTooLarge, "request_too_large", ErrorType::kOther, Blame::kConfig, kCall},
    {Reason::kServer408, "server_408", ErrorType::kTimeout, Blame::kProvider, kWait},
    {Reason::kServer504, "server_504", ErrorType::kTimeout, Blame::kProvider, kWait},
    {Reason::kCloudflare522, "cloudflare_522", ErrorType::kTimeout, Blame::kProvider, kWait},
    {Reason::kCloudflare524, "cloudflare_524", ErrorType::kTimeout, Blame::kProvider, kWait},
    {Reason::kCloudflare1016, "cloudflare_1016", ErrorType::kDns, Blame::kProvider, kWait},
    {Reason::kCloudflare520, "cloudflare_520", ErrorType::k5xx, Blame::kProvider, kWait},
    {Reason::kCloudflare521, "cloudflare_521", ErrorType::k5xx, Blame::kProvider, kWait},
    {Reason::kCloudflare523, "cloudflare_523", ErrorType::k5xx, Blame::kProvider, kWait},
    {Reason::kCloudflare525, "cloudflare_525", ErrorType::k5xx, Blame::kProvider, kWait},
    {Reason::kCloudflare526, "cloudflare_526", ErrorType::k5xx, Blame::kProvider, kWait},
    {Reason::kCloudflare530, "cloudflare_530", ErrorType::k5xx, Blame::kProvider, kWait},
    {Reason::kOverloaded, "overloaded", ErrorType::k5xx, Blame::kProvider, kWait},
    {Reason::kCloudflare1015, "cloudflare_1015", ErrorType::kRateLimit, Blame::kAccount, kSlower},
    {Reason::kWafBlock, "waf_block", ErrorType::kOther, Blame::kAccount,
     "A firewall in front of the API refuses this address; ask the provider or probe from "
     "another."},
    {Reason::kWrongUrl, "wrong_url", ErrorType::kOther, Blame::kConfig,
     "Check base_url, and the model's name."},
    {Reason::kEdgeHtml, "edge_html", ErrorType::k5xx, Blame::kProvider, kWait},
    {Reason::kBillingQuota, "billing_quota", ErrorType::kAuth, Blame::kAccount, kBudget},
    {Reason::kRampUp, "ramp_up", ErrorType::kRateLimit, Blame::kAccount, kSlower},
    {Reason::kMissingKey, "missing_key", ErrorType::kAuth, Blame::kAccount,
     "Name a key with api_key_env or api_key_file."},
    {Reason::kInvalidKey, "invalid_key", ErrorType::kAuth, Blame::kAccount, kKey},
    {Reason::kAuthInconsistent, "auth_inconsistent", ErrorType::kAuth, Blame::kProvider,
     "The key works for the model list but not for this call: the provider's trouble, unless the "
     "key was just restricted; check the key's rights."},
    {Reason::kGeoBlocked, "geo_blocked", ErrorType::kAuth, Blame::kAccount,
     "The provider does not serve this country; probe from another."},
    {Reason::kPermissionDenied, "permission_denied", ErrorType::kAuth, Blame::kAccount, kKey},
    {Reason::kModelRetired, "model_retired", ErrorType::kOther, Blame::kConfig,
     "The provider has retired this model; name its successor."},
    {Reason::kModelNotFound, "model_not_found", ErrorType::kOther, Blame::kConfig, kModel},
    {Reason::kProbeTokenCapTooLow, "probe_token_cap_too_low", ErrorType::kOther, Blame::kConfig,
     "Raise max_tokens for this model."},
    {Reason::kContentFilter, "content_filter", ErrorType::kOther, Blame::kConfig, kFilter},
    {Reason::kTpm, "tpm", ErrorType::kRateLimit, Blame::kAccount, kSlower},
    {Reason::kRpd, "rpd", ErrorType::kRateLimit, Blame::kAccount, kSlower},
    {Reason::kRpm, "rpm", ErrorType::kRateLimit, Blame::kAccount, kSlower},
    {Reason::kBadRequestParam, "bad_request_param", ErrorType::kOther, Blame::kConfig, kCall},
    {Reason::kConflict, "conflict", ErrorType::kOther, Blame::kProvider, kWait},
    {Reason::kClientClosed, "client_closed", ErrorType::kOther, Blame::kProvider, kWait},
    {Reason::kUnavailable, "unavailable", ErrorType::k5xx, Blame::kProvider, kWait},
    {Reason::kModelLoading, "model_loading", ErrorType::k5xx, Blame::kProvider, kWait},
    {Reason::kServerError, "server_error", ErrorType::k5xx, Blame::kProvider, kWait},
    {Reason::kUnexpectedStatus, "unexpected_status", ErrorType::kOther, Blame::kProvider,
     kNotTheApi},
    {Reason::kEmptyBody, "empty_body", ErrorType::kOther, Blame::kProvider, kWait},
    {Reason::kNonJson200, "non_json_200", ErrorType::kOther, Blame::kProvider, kNotTheApi},
    {Reason::kTruncatedJson, "truncated_json", ErrorType::kOther, Blame::kProvider, kWait},
    {Reason::kBadJson, "bad_json", ErrorType::kOther, Blame::kProvider, kNotTheApi},
    {Reason::kErrorIn200, "error_in_200", ErrorType::kOther, Blame::kProvider, kWait},
    {Reason::kContentBlocked, "content_blocked", ErrorType::kOther, Blame::kConfig, kFilter},
    {Reason::kInStreamOverloaded, "in_stream_overloaded", ErrorType::k5xx, Blame::kProvider, kWait},
    {Reason::kInStreamRateLimit, "in_stream_rate_limit", ErrorType::kRateLimit, Blame::kAccount,
     kSlower},
    {Reason::kInStreamError, "in_stream_error", ErrorType::kOther, Blame::kProvider, kWait},
    {Reason::kStreamTruncated, "stream_truncated", ErrorType::kOther, Blame::kProvider, kWait},
};

constexpr bool RowsFollowEnum() {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<std::size_t>(kRows[i].reason) != i) return false;
  }
  return true;
}
static_assert(RowsFollowEnum(), "kRows must list every Reason in the order of the enum");
static_assert(std::size(kRows) == static_cast<std::size_t>(Reason::kStreamTruncated) + 1);

const ReasonRow& RowOf(Reason reason) { return kRows[static_cast<std::size_t>(reason)]; }

}  // namespace

std::string_view ErrorTypeName(ErrorType type) {
  switch (type) {
    case ErrorType::kAuth:
      return "auth";
    case ErrorType::kRateLimit:
      return "rate_limit";
    case ErrorType::k5xx:
      return "5xx";
    case ErrorType::kTimeout:
      return "timeout";
    case ErrorType::kDns:
      return "dns";
    case ErrorType::kOther:
      return "other";
  }
  return "other";
}

std::string_view FaultName(Fault fault) {
  switch (fault) {
    case Fault::kProvider:
      return "provider";
    case Fault::kAccount:
      return "account";
    case Fault::kConfig:
      return "config";
    case Fault::kNetwork:
      return "network";
  }
  return "provider";
}

std::string_view ReasonName(Reason reason) { return RowOf(reason).name; }
std::string_view ReasonAdvice(Reason reason) { return RowOf(reason).advice; }
bool IsOwnTrouble(Reason reason) { return RowOf(reason).blame == Blame::kNetwork; }
bool TakesInnerType(Reason reason) {
  return reason == Reason::kErrorIn200 || reason == Reason::kInStreamError;
}
ErrorType ErrorTypeOf(Reason reason) { return RowOf(reason).type; }

std::vector<Reason> AllReasons() {
  std::vector<Reason> reasons;
  for (const ReasonRow& row : kRows) reasons.push_back(row.reason);
  return reasons;
}

Fault FaultOf(Reason reason, ErrorType type, bool network_down) {
  const bool is_account = type == ErrorType::kAuth || type == ErrorType::kRateLimit;
  if (is_account && reason != Reason::kAuthInconsistent) return Fault::kAccount;
  switch (RowOf(reason).blame) {
    case Blame::kAccount:
      return Fault::kAccount;
    case Blame::kConfig:
      return Fault::kConfig;
    case Blame::kNetwork:
      return Fault::kNetwork;
    case Blame::kTransport:
      return network_down ? Fault::kNetwork : Fault::kProvider;
    case Blame::kProvider:
      return Fault::kProvider;
  }
  return Fault::kProvider;
}

bool IsValidPair(ErrorType type, Fault fault) {
  switch (type) {
    case ErrorType::kAuth:
      return fault == Fault::kAccount || fault == Fault::kProvider;
    case ErrorType::kRateLimit:
      return fault == Fault::kAccount;
    case ErrorType::k5xx:
      return fault == Fault::kProvider;
    case ErrorType::kTimeout:
    case ErrorType::kDns:
      return fault == Fault::kProvider || fault == Fault::kNetwork;
    case ErrorType::kOther:
      return true;
  }
  return false;
}

}  // namespace heyhi
