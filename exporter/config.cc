#include "exporter/config.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "exporter/config_reader.h"
#include "exporter/config_tree.h"

namespace heyhi {

bool operator==(const Config& a, const Config& b) {
  const auto is_same = [](const auto& x, const auto& y) { return *x == *y; };
  return a.region == b.region && a.max_in_flight == b.max_in_flight &&
         a.max_handshakes == b.max_handshakes && a.network == b.network &&
         a.maintenance == b.maintenance && a.monthly_budget_usd == b.monthly_budget_usd &&
         a.prices.overrides() == b.prices.overrides() &&
         std::equal(a.targets.begin(), a.targets.end(), b.targets.begin(), b.targets.end(),
                    is_same);
}

absl::StatusOr<Config> LoadConfig(const std::string& path, const ConfigSources& sources,
                                  const TargetFilter& filter) {
  std::optional<std::vector<std::string>> files;
  if (sources.folder != nullptr) files = sources.folder(path);
  if (files.has_value() && files->empty()) {
    return absl::NotFoundError(
        absl::StrCat(path, ": this folder has no file that ends in .yml or .yaml"));
  }
  ConfigTree tree;
  for (const std::string& file : files.value_or(std::vector<std::string>{path})) {
    const absl::StatusOr<std::string> text = sources.file(file);
    if (!text.ok()) return text.status();
    if (absl::Status status = tree.Add(file, *text); !status.ok()) return status;
  }
  return ConfigReader(tree, sources, filter).Read();
}

absl::StatusOr<Config> ParseConfig(const std::string& file, const std::string& text,
                                   const ConfigSources& sources, const TargetFilter& filter) {
  ConfigTree tree;
  if (absl::Status status = tree.Add(file, text); !status.ok()) return status;
  return ConfigReader(tree, sources, filter).Read();
}

}  // namespace heyhi
