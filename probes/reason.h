#ifndef HEYHI_PROBES_REASON_H_
#define HEYHI_PROBES_REASON_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Why a probe failed, in three grains: one reason, its error_type, and whose
// fault it is. One table in reason.cc says which belongs to which.

namespace heyhi {

enum class ErrorType { kAuth, kRateLimit, k5xx, kTimeout, kDns, kOther };
enum class Fault { kProvider, kAccount, kConfig, kNetwork };

inline constexpr ErrorType kErrorTypes[] = {ErrorType::kAuth, ErrorType::kRateLimit,
                                            ErrorType::k5xx,  ErrorType::kTimeout,
                                            ErrorType::kDns,  ErrorType::kOther};
inline constexpr Fault kFaults[] = {Fault::kProvider, Fault::kAccount, Fault::kConfig,
                                    Fault::kNetwork};

enum class Reason {
  // Transport: no whole answer arrived.
  kNxdomain,
  kServfail,
  kNoAddress,
  kDnsTimeout,
  kConnect,  // timed out before the TCP connection stood
  kTls,      // timed out in the TLS handshake
  kTtfb,     // timed out before the first byte
  kTotal,    // timed out later
  kConnRefused,
  kConnUnreachable,
  kConnReset,
  kConnClosed,
  kShortBody,
  kTlsExpired,
  kTlsHostname,
  kTlsCa,
  kTlsProtocol,
  kDecodeError,
  kH2Goaway,
  kTransportError,
  kBodyTooLarge,
  kHeaderTooLarge,
  kLocalResource,
  kProxyUnreachable,  // our own proxy
  kProxyRefused,      // it does not connect us
  // The edge in front of the API.
  kUnexpectedRedirect,
  kRequestTooLarge,
  kServer408,
  kServer504,
  kCloudflare522,
  kCloudflare524,
  kCloudflare1016,
  kCloudflare520,
  kCloudflare521,
  kCloudflare523,
  kCloudflare525,
  kCloudflare526,
  kCloudflare530,
  kOverloaded,
  kCloudflare1015,
  kWafBlock,
  kWrongUrl,
  kEdgeHtml,
  // The API itself.
  kBillingQuota,
  kRampUp,
  kMissingKey,
  kInvalidKey,
  kAuthInconsistent,  // no rule's: a second opinion's on kInvalidKey
  kGeoBlocked,
  kPermissionDenied,
  kModelRetired,
  kModelNotFound,
  kProbeTokenCapTooLow,
  kContentFilter,
  kTpm,
  kRpd,
  kRpm,
  kBadRequestParam,
  kConflict,
  kClientClosed,
  kUnavailable,
  kModelLoading,
  kServerError,
  kUnexpectedStatus,
  // Failures that carry the status 200.
  kEmptyBody,
  kNonJson200,
  kTruncatedJson,
  kBadJson,
  kErrorIn200,
  kContentBlocked,
  // Failures in the middle of a stream.
  kInStreamOverloaded,
  kInStreamRateLimit,
  kInStreamError,
  kStreamTruncated,
};

// The words of metrics, logs and tables: "rate_limit", "provider", "conn_reset".
std::string_view ErrorTypeName(ErrorType type);
std::string_view FaultName(Fault fault);
std::string_view ReasonName(Reason reason);

// Every reason, in the order of the table.
std::vector<Reason> AllReasons();

// True where the reason itself says that the trouble is on our side of the network, and
// what it is: no canary is needed.
bool IsOwnTrouble(Reason reason);

// True for the two reasons whose error_type is the inner code's.
bool TakesInnerType(Reason reason);

// kErrorIn200 and kInStreamError take the inner code's error_type instead; their
// own is kOther.
ErrorType ErrorTypeOf(Reason reason);

// Whose fault a failure is. `network_down` is what the canaries say of our own
// network; it decides for the transport reasons alone. `type` is the failure's
// error_type (the inner one, where the reason takes it): auth and rate_limit are the
// account's, but for kAuthInconsistent.
Fault FaultOf(Reason reason, ErrorType type, bool network_down);

// True for the pairs that can occur, which therefore exist as counters at 0:
// auth × account, provider; rate_limit × account; 5xx × provider; timeout, dns ×
// provider, network; other × all four.
bool IsValidPair(ErrorType type, Fault fault);

// One plain sentence for people: what it means and what to do.
std::string_view ReasonAdvice(Reason reason);

}  // namespace heyhi

#endif  // HEYHI_PROBES_REASON_H_
