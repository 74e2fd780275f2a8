#ifndef HEYHI_EXPORTER_LANDING_PAGE_H_
#define HEYHI_EXPORTER_LANDING_PAGE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "exporter/latest_results.h"

namespace heyhi {

struct LandingPageFacts {
  std::string version;
  std::string region;
  bool demo = false;
  bool network_up = true;  // what the canaries say of our own
  absl::Time now;
  std::vector<TargetStanding> targets;
};

// The page at "/": all targets with their state and last result, for people who
// ask "is it them or us?". Complete HTML; every outside text is escaped.
std::string RenderLandingPage(const LandingPageFacts& facts);

// "12 s", "4 min", "3 h", "2 d": at most two digits where possible.
std::string FormatAge(absl::Duration age);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_LANDING_PAGE_H_
