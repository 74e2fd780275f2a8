#include "exporter/config_tree.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

bool IsListAcrossFiles(const std::string& key) {
  return key == "providers" || key == "prices" || key == "maintenance";
}

void MoveLines(YamlNode* node, int by) {
  node->line += by;
  for (YamlNode& item : node->items) MoveLines(&item, by);
  for (YamlEntry& entry : node->entries) {
    MoveLines(&entry.key, by);
    MoveLines(&entry.value, by);
  }
}

}  // namespace

absl::Status ConfigTree::Add(const std::string& file, const std::string& text) {
  absl::StatusOr<YamlNode> root = ParseYaml(file, text);
  if (!root.ok()) return root.status();
  files_.push_back({file, lines_});
  MoveLines(&*root, lines_);
  lines_ += static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  if (root_.kind == YamlNode::Kind::kNull) {  // the first, or nothing but comments before it
    root_ = *std::move(root);
    return absl::OkStatus();
  }
  if (root->kind == YamlNode::Kind::kNull) return absl::OkStatus();
  if (root->kind != YamlNode::Kind::kMap || root_.kind != YamlNode::Kind::kMap) {
    const int line = root_.kind == YamlNode::Kind::kMap ? root->line : root_.line;
    return absl::InvalidArgumentError(
        absl::StrCat(Place(line), ": expected a map with keys such as \"providers\""));
  }
  for (YamlEntry& entry : root->entries) {
    if (absl::Status status = Merge(std::move(entry)); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ConfigTree::Merge(YamlEntry entry) {
  const auto known =
      std::find_if(root_.entries.begin(), root_.entries.end(),
                   [&entry](const YamlEntry& each) { return each.key.scalar == entry.key.scalar; });
  if (known == root_.entries.end()) {
    root_.entries.push_back(std::move(entry));
    return absl::OkStatus();
  }
  YamlNode& list = known->value;
  if (IsListAcrossFiles(entry.key.scalar) && list.kind == YamlNode::Kind::kSequence &&
      entry.value.kind == YamlNode::Kind::kSequence) {
    std::move(entry.value.items.begin(), entry.value.items.end(), std::back_inserter(list.items));
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(Place(entry.key.line), ": \"", entry.key.scalar,
                                                 "\" stands in ", Place(known->key.line),
                                                 " already: it may be in one file only"));
}

const ConfigTree::File& ConfigTree::FileOf(int line) const {
  const auto next = std::find_if(files_.begin(), files_.end(), [line](const File& file) {
    return file.first_line >= std::max(line, 1);
  });
  return *std::prev(next);
}

std::string ConfigTree::Place(int line) const {
  const File& file = FileOf(line);
  return absl::StrCat(file.name, ":", line - file.first_line);
}

std::string ConfigTree::PlaceSeenFrom(int line, int from) const {
  const File& file = FileOf(line);
  return &file == &FileOf(from) ? absl::StrCat("line ", line - file.first_line) : Place(line);
}

}  // namespace heyhi
