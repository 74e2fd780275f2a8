#ifndef HEYHI_EXPORTER_NETWORK_SETTINGS_H_
#define HEYHI_EXPORTER_NETWORK_SETTINGS_H_

#include "absl/status/status.h"
#include "exporter/config_inputs.h"
#include "probes/network_watch.h"
#include "serving/yaml_tree.h"

namespace heyhi {

// Reads the value of `network` into `options`, which keep what it does not name. An error
// comes without file and line; `*line` is then where it is.
absl::Status ReadNetwork(const YamlNode& node, ConfigInputs& inputs, int* line,
                         NetworkWatch::Options* options);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_NETWORK_SETTINGS_H_
