#ifndef HEYHI_EXPORTER_CONFIRMATION_H_
#define HEYHI_EXPORTER_CONFIRMATION_H_

#include "exporter/finding.h"

namespace heyhi {

// How often a target that is being confirmed is probed, besides its base ticks.
inline constexpr absl::Duration kFirstConfirmAfter = absl::Seconds(15);
inline constexpr absl::Duration kConfirmEvery = absl::Seconds(30);

// Whether a target is being confirmed or held, by its results alone. A slow answer
// and a failure by provider or network begin confirming, which ends with ten ok
// results in a row, however long that takes. Account and config faults are neutral
// to it; where nothing is being confirmed they hold the target, until the next other
// result. Thread-compatible.
class Confirmation {
 public:
  // Takes the next result, whatever started its probe. Returns true where confirming
  // begins with it.
  bool Take(const Finding& finding);

  bool confirming() const { return confirming_; }
  bool held() const { return held_; }

 private:
  bool confirming_ = false;
  bool held_ = false;
  int ok_in_a_row_ = 0;
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_CONFIRMATION_H_
