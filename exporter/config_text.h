#ifndef HEYHI_EXPORTER_CONFIG_TEXT_H_
#define HEYHI_EXPORTER_CONFIG_TEXT_H_

#include <string>

#include "exporter/config.h"

namespace heyhi {

// The configuration in effect as YAML, with every option spelled out at its models; keys
// are named as they were, never shown. Read again, it is the same configuration.
std::string ConfigText(const Config& config);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_CONFIG_TEXT_H_
