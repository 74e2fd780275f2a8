#ifndef HEYHI_EXPORTER_PROBE_FACTS_H_
#define HEYHI_EXPORTER_PROBE_FACTS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "probes/http_transport.h"
#include "probes/prober.h"

// What a report says of a result, whatever its form.

namespace heyhi {

// A step of one exchange, and how long it took.
struct Phase {
  std::string_view metric;  // its name in metrics and JSON: "processing"
  std::string_view word;    // its name for people, each with another first letter: "waiting"
  std::string_view doing;   // "while waiting for the answer"
  absl::Duration length = absl::ZeroDuration();
};

// All phases in order, of no length: dns, connect, tls, processing (request sent to
// first byte), transfer (first byte to last).
const std::vector<Phase>& AllPhases();

// Those that were reached; the last one is where the exchange ended.
std::vector<Phase> PhasesOf(const HttpTimes& times);

// Where an exchange stopped that brought no whole answer; nothing of other results.
std::optional<Phase> StoppedIn(const ProbeResult& result);

// True of a failure that one call cannot blame on the provider alone: the way
// there may have failed as well.
bool MayBeTheWay(const ProbeResult& result);

// What to do about a failure, with what this one call tells besides.
std::string FullAdvice(const ProbeResult& result);

// The provider's own words for a failure, where the sample holds all of its answer
// and that names some; else "". As hostile as the sample was before it was cleaned.
std::string ProviderMessage(const ProbeResult& result);

// The provider's page for people, or "".
std::string StatusPage(const ProbeResult& result);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_PROBE_FACTS_H_
