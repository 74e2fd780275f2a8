#ifndef HEYHI_TOOLS_EMULATOR_CASES_H_
#define HEYHI_TOOLS_EMULATOR_CASES_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "serving/http_server.h"

// The answers that the provider emulator can replay.

namespace heyhi {

// One recorded answer of one provider.
struct RecordedCase {
  std::string provider;
  std::string name;  // "429-rate-limit"
  std::string kind;  // "chat", "chat-stream", "models", …
  // Headers as recorded, without those that belong to the connection.
  ServerResponse response;
};

// Headers that a server must make itself for each connection: replaying them
// would contradict the bytes sent. `name` in any case.
bool IsConnectionHeader(const std::string& name);

// `response` as though `model` had given it: the model named in its JSON object,
// or in each event of its stream, is replaced. What names none stays as it is.
ServerResponse WithModel(ServerResponse response, const std::string& model);

// All recorded cases, read once. Immutable, so thread-safe.
class EmulatorCases {
 public:
  // Reads DIR/<provider>/<case>.json. A folder none of whose JSON files has a
  // member "case" belongs to somebody else and is skipped; in any other folder
  // each JSON file must be a case. Errors name the file and what is wrong.
  static absl::StatusOr<EmulatorCases> Load(const std::string& directory);

  // nullptr where there is none. Pointers live as long as this object does.
  const RecordedCase* Find(const std::string& provider, const std::string& name) const;
  // The first case of `provider` by name that starts with `prefix`.
  const RecordedCase* FindByPrefix(const std::string& provider, const std::string& prefix) const;

  // "provider/case", sorted.
  std::vector<std::string> Names() const;

 private:
  std::map<std::pair<std::string, std::string>, RecordedCase> cases_;
};

}  // namespace heyhi

#endif  // HEYHI_TOOLS_EMULATOR_CASES_H_
