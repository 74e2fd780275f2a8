#ifndef HEYHI_SERVING_YAML_TREE_H_
#define HEYHI_SERVING_YAML_TREE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace heyhi {

struct YamlEntry;

// One value of a YAML file, with the line it stands on. Plain values: yaml-cpp,
// which throws, is walled in behind ParseYaml.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  int line = 0;  // from 1
  std::string scalar;
  std::vector<YamlNode> items;     // of a sequence
  std::vector<YamlEntry> entries;  // of a map, in order

  // "a map", "a list", "a value", "nothing": for error messages.
  std::string KindName() const;
};

struct YamlEntry {
  YamlNode key;
  YamlNode value;
};

// Reads one YAML document. `file` is the name that errors carry:
// "heyhi.yml:14: duplicate key "models" (first on line 9)". Refused besides bad
// syntax: duplicate keys, aliases to what encloses them, more than one document,
// and files that are, or unfold to, more than any real configuration.
absl::StatusOr<YamlNode> ParseYaml(const std::string& file, const std::string& text);

}  // namespace heyhi

#endif  // HEYHI_SERVING_YAML_TREE_H_
