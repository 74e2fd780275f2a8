#include "serving/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "serving/utf8.h"

namespace heyhi {
namespace {

constexpr std::size_t kMaxBytes = 4 << 20;
constexpr std::size_t kMaxNodes = 200000;
constexpr char kTooMany[] = "too many values: the file unfolds to more than 200000";
constexpr std::size_t kMaxDepth = 32;

// Builds the tree from yaml-cpp's events. Keeps the first error and ignores what
// follows it.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string file) : file_(std::move(file)) {}

  absl::Status status() const { return status_; }
  YamlNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (Count(mark.line + 1, 1)) Add(Leaf(YamlNode::Kind::kNull, mark, ""), anchor, 1);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override {
    for (const char c : value) {
      if (absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\n' && c != '\t') {
        Fail(mark, "a value holds a control character; remove it");
      }
    }
    if (!IsUtf8(value)) Fail(mark, "a value holds bytes that are no UTF-8; save the file as UTF-8");
    if (Count(mark.line + 1, 1)) Add(Leaf(YamlNode::Kind::kScalar, mark, value), anchor, 1);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) {
      Fail(mark, "an alias must not stand inside what it refers to");
      return;
    }
    // Counted before the copy is made: a small file can ask for billions.
    if (Count(mark.line + 1, found->second.nodes)) Add(found->second.node, 0, 0);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kSequence, mark, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMap, mark, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::size_t nodes_before = 0;
    bool has_key = false;
    YamlNode key;
    std::map<std::string, int> key_lines;
  };

  struct Anchored {
    YamlNode node;
    std::size_t nodes = 0;  // in it, itself included
  };

  static YamlNode Leaf(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& value) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.scalar = value;
    return node;
  }

  void Fail(const YAML::Mark& mark, const std::string& message) { Fail(mark.line + 1, message); }
  void Fail(int line, const std::string& message) {
    if (!status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrCat(file_, ":", line, ": ", message));
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (stack_.size() >= kMaxDepth) Fail(mark, "nested too deep");
    Count(mark.line + 1, 1);
    Frame frame;
    frame.nodes_before = nodes_ - 1;
    frame.node.kind = kind;
    frame.node.line = mark.line + 1;
    frame.anchor = anchor;
    stack_.push_back(std::move(frame));
  }

  void Close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    Add(std::move(frame.node), frame.anchor, nodes_ - frame.nodes_before);
  }

  // False, with the error set, once the file holds or unfolds to too much.
  bool Count(int line, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > kMaxNodes) Fail(line, kTooMany);
    return status_.ok();
  }

  // `nodes`: how many values `node` consists of, itself included.
  void Add(YamlNode node, YAML::anchor_t anchor, std::size_t nodes) {
    if (!status_.ok()) return;
    if (anchor != 0 && Count(node.line, nodes)) anchored_[anchor] = {node, nodes};
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.kind == YamlNode::Kind::kSequence) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_key) {
      AddKey(frame, std::move(node));
    } else {
      // The parser sees an empty value only at what follows it.
      if (node.kind == YamlNode::Kind::kNull) node.line = frame.key.line;
      frame.node.entries.push_back({std::move(frame.key), std::move(node)});
      frame.has_key = false;
    }
  }

  void AddKey(Frame& frame, YamlNode key) {
    if (key.kind != YamlNode::Kind::kScalar) {
      Fail(key.line, absl::StrCat("a key must be a word, not ", key.KindName()));
    }
    const auto [known, added] = frame.key_lines.emplace(key.scalar, key.line);
    if (!added) {
      Fail(key.line,
           absl::StrCat("duplicate key \"", key.scalar, "\" (first on line ", known->second, ")"));
    }
    frame.key = std::move(key);
    frame.has_key = true;
  }

  const std::string file_;
  absl::Status status_;
  YamlNode root_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Anchored> anchored_;
  std::size_t nodes_ = 0;
};

}  // namespace

std::string YamlNode::KindName() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return "a value";
    case Kind::kSequence:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  return "nothing";
}

absl::StatusOr<YamlNode> ParseYaml(const std::string& file, const std::string& text) {
  if (text.size() > kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": larger than 4 MiB"));
  }
  TreeBuilder builder(file);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    if (builder.status().ok() && parser.HandleNextDocument(builder)) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": holds more than one YAML document; remove the second \"---\""));
    }
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ":", error.mark.line + 1, ": not valid YAML: ", error.msg));
  }
  if (!builder.status().ok()) return builder.status();
  return builder.TakeRoot();
}

}  // namespace heyhi
