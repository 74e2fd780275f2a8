#ifndef HEYHI_EXPORTER_CONFIG_TREE_H_
#define HEYHI_EXPORTER_CONFIG_TREE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "serving/yaml_tree.h"

namespace heyhi {

// The files of a configuration as one tree, and where in them each of its lines stands.
// Its nodes' lines go on from one file to the next.
class ConfigTree {
 public:
  // Adds a file. Its top-level lists (providers, prices, maintenance) go on where those of
  // the files before end; any other top-level key may stand in one file only.
  absl::Status Add(const std::string& file, const std::string& text);

  const YamlNode& root() const { return root_; }

  // "heyhi.yml:14".
  std::string Place(int line) const;
  // The same, as said of a thing in line `from`: "line 9" where both are in one file.
  std::string PlaceSeenFrom(int line, int from) const;

 private:
  struct File {
    std::string name;
    int first_line;  // of the tree, less one
  };

  const File& FileOf(int line) const;
  absl::Status Merge(YamlEntry entry);

  std::vector<File> files_;
  int lines_ = 0;
  YamlNode root_;
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_CONFIG_TREE_H_
