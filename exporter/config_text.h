#ifndef HEYHI_EXPORTER_CONFIG_TEXT_H_
#define HEYHI_EXPORTER_CONFIG_TEXT_H_

#include <string>

#include "exporter/config.h"

namespace heyhi {

// The configuration in effect as YAML, with every option spelled out at its models; keys
// are named as they were, never shown: where one stands in another text, "[key]" does. Read
// again it is the same configuration, but for such texts, windows and prices of other
// shards' targets, and within the limits of what is read (see ParseYaml).
std::string ConfigText(const Config& config);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_CONFIG_TEXT_H_
