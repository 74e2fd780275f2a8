#ifndef HEYHI_PROBES_TRIGGER_H_
#define HEYHI_PROBES_TRIGGER_H_

namespace heyhi {

// What made a probe start.
enum class Trigger {
  kScheduled,  // a base tick: these alone tell availability
  kConfirm,    // an extra look at a target that failed or was slow
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_TRIGGER_H_
