#ifndef HEYHI_SERVING_FLAGS_H_
#define HEYHI_SERVING_FLAGS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

// Command-line flags in the style of exporter-toolkit: --config.file=x or
// --config.file x, --no-web.enable-lifecycle for booleans, no abbreviations.

namespace heyhi {

class FlagSet {
 public:
  // `summary` is the first line of the help text.
  FlagSet(std::string program, std::string summary);

  // Declare flags; `value` holds the default and receives the parsed value, and
  // must outlive the set. A list's flag may be repeated; the first use replaces
  // the default. `placeholder` names the value in the help text.
  void AddString(const std::string& name, std::string* value, const std::string& placeholder,
                 const std::string& help);
  void AddList(const std::string& name, std::vector<std::string>* value,
               const std::string& placeholder, const std::string& help);
  void AddBool(const std::string& name, bool* value, const std::string& help);

  // Reads the arguments after the program's name. Errors name the argument, and
  // the flag that was probably meant.
  absl::Status Parse(const std::vector<std::string>& arguments);

  std::string HelpText() const;

 private:
  enum class Kind { kString, kList, kBool };
  struct Flag {
    std::string name;
    Kind kind;
    void* value;
    std::string placeholder;
    std::string help;
    std::string default_text;
    bool seen = false;
  };

  Flag* Find(const std::string& name);
  absl::Status UnknownFlag(const std::string& argument, const std::string& name) const;
  static absl::Status Store(Flag& flag, const std::string& text);

  const std::string program_;
  const std::string summary_;
  std::vector<Flag> flags_;
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_FLAGS_H_
