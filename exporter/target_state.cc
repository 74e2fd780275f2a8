#include "exporter/target_state.h"

namespace heyhi {

std::string_view TargetStateName(TargetState state) {
  switch (state) {
    case TargetState::kPaused:
      return "paused";
    case TargetState::kBackingOff:
      return "backing_off";
    case TargetState::kHeld:
      return "held";
    case TargetState::kConfirming:
      return "confirming";
    case TargetState::kStretched:
      return "stretched";
    case TargetState::kSteady:
      return "steady";
  }
  return "steady";
}

}  // namespace heyhi
