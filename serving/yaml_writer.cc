#include "serving/yaml_writer.h"

#include <yaml-cpp/yaml.h>

#include <cstdlib>

namespace heyhi {

struct YamlWriter::State {
  YAML::Emitter emitter;
};

YamlWriter::YamlWriter() : state_(std::make_unique<State>()) {}

YamlWriter::~YamlWriter() = default;

void YamlWriter::Comment(const std::string& text) { state_->emitter << YAML::Comment(text); }

void YamlWriter::BeginMap() { state_->emitter << YAML::BeginMap; }
void YamlWriter::BeginMapInOneLine() { state_->emitter << YAML::Flow << YAML::BeginMap; }
void YamlWriter::EndMap() { state_->emitter << YAML::EndMap; }
void YamlWriter::BeginList() { state_->emitter << YAML::BeginSeq; }
void YamlWriter::BeginListInOneLine() { state_->emitter << YAML::Flow << YAML::BeginSeq; }
void YamlWriter::EndList() { state_->emitter << YAML::EndSeq; }

void YamlWriter::Key(const std::string& key) { state_->emitter << YAML::Key << key << YAML::Value; }
void YamlWriter::Text(const std::string& text) { state_->emitter << YAML::DoubleQuoted << text; }
void YamlWriter::Plain(const std::string& text) { state_->emitter << text; }

std::string YamlWriter::TakeText() {
  // A map without its end, or the like, would be cut text.
  if (!state_->emitter.good()) std::abort();
  return std::string(state_->emitter.c_str(), state_->emitter.size()) + "\n";
}

}  // namespace heyhi
