#ifndef HEYHI_SERVING_YAML_WRITER_H_
#define HEYHI_SERVING_YAML_WRITER_H_

#include <memory>
#include <string>

namespace heyhi {

// Writes one YAML document, value by value. In a map each value follows its Key.
// Thread-compatible.
class YamlWriter {
 public:
  YamlWriter();
  YamlWriter(const YamlWriter&) = delete;
  YamlWriter& operator=(const YamlWriter&) = delete;
  ~YamlWriter();

  void Comment(const std::string& text);

  void BeginMap();
  void BeginMapInOneLine();
  void EndMap();
  void BeginList();
  void BeginListInOneLine();
  void EndList();

  void Key(const std::string& key);
  // In double quotes, so that it is read as a text, whatever it says. UTF-8; U+FFFD stands
  // for what is none, and for code points that are no characters.
  void Text(const std::string& text);
  // As it is: a number, true or false.
  void Plain(const std::string& text);

  // The document, when all that was begun has ended.
  std::string TakeText();

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_YAML_WRITER_H_
