#ifndef HEYHI_EXPORTER_TARGET_BUILDER_H_
#define HEYHI_EXPORTER_TARGET_BUILDER_H_

#include "absl/status/statusor.h"
#include "exporter/config_inputs.h"
#include "exporter/settings.h"
#include "probes/target.h"

namespace heyhi {

// Completes one target from its merged settings, the provider table and the key
// that they name, and checks what only the whole can show (slow_after below
// timeout, plain http only where allowed, …). On error `*line` is set to the
// line to blame where a setting has one; the message carries none.
absl::StatusOr<Target> BuildTarget(const TargetId& id, const Settings& settings,
                                   ConfigInputs& inputs, int* line);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_TARGET_BUILDER_H_
