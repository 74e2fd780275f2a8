#ifndef HEYHI_EXPORTER_PRICE_SETTINGS_H_
#define HEYHI_EXPORTER_PRICE_SETTINGS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "probes/price_table.h"
#include "serving/yaml_tree.h"

namespace heyhi {

// One price that the configuration names: it wins over the built-in table.
struct PriceSetting {
  std::string provider;
  std::string model;
  Price price;
  int line = 0;
};

// Reads the value of `prices`. An error comes without file and line; `*line` is
// then where it is.
absl::StatusOr<std::vector<PriceSetting>> ReadPrices(const YamlNode& node, int* line);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_PRICE_SETTINGS_H_
