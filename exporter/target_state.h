#ifndef HEYHI_EXPORTER_TARGET_STATE_H_
#define HEYHI_EXPORTER_TARGET_STATE_H_

#include <string_view>

namespace heyhi {

// What the schedule does with a target now; of those that apply the first.
enum class TargetState {
  kPaused,      // a maintenance window is open
  kBackingOff,  // its provider limits our rate
  kHeld,        // its last result is ours to fix: probing faster would not help
  kConfirming,  // something failed or was slow: probed faster until it is well again
  kStretched,   // probed more slowly, to stay within the month's budget
  kSteady,
};
inline constexpr TargetState kTargetStates[] = {TargetState::kPaused,    TargetState::kBackingOff,
                                                TargetState::kHeld,      TargetState::kConfirming,
                                                TargetState::kStretched, TargetState::kSteady};

// The words of metrics and pages: "paused", "backing_off", …
std::string_view TargetStateName(TargetState state);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_TARGET_STATE_H_
