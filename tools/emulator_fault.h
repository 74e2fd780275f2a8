#ifndef HEYHI_TOOLS_EMULATOR_FAULT_H_
#define HEYHI_TOOLS_EMULATOR_FAULT_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "probes/json.h"
#include "tools/emulator_cases.h"
#include "tools/latency.h"

namespace heyhi {

// Something that goes wrong at an emulated provider: which requests it strikes
// and what happens to them.
struct EmulatorFault {
  enum class Action {
    kAnswer,    // answers
    kReset,     // a TCP reset instead of an answer
    kStall,     // never answers
    kTruncate,  // announces the whole body, sends half of it and closes
  };
  enum class Call {
    kAny,
    kChat,    // what asks a model for text, in whichever dialect
    kModels,  // the list of models, or one of them
  };

  std::string provider = "*";  // "*" is every one
  std::string model = "*";
  Call call = Call::kAny;
  double share = 1;  // of the matching requests; above 0, at most 1

  // What is answered. With neither a case nor a status it is the healthy answer.
  std::string case_name;  // "case" (of the provider asked, else openai's) or "provider/case"
  std::optional<int> status;
  std::vector<std::pair<std::string, std::string>> headers;  // with `status`
  std::string body;                                          // with `status`

  std::optional<Latency> latency;
  Action action = Action::kAnswer;
};

// Reads a fault from the JSON text of the admin endpoint. Errors name the member
// and what is accepted. A case that not every struck provider could answer with
// is an error, so ForcedCase() finds one for every fault read here.
absl::StatusOr<EmulatorFault> ParseFault(const std::string& json, const EmulatorCases& cases);

// The same fault as ParseFault() reads it.
JsonObject FaultToJson(const EmulatorFault& fault);

// The case that `fault` answers a request to `provider` with; nullptr where it
// names none.
const RecordedCase* ForcedCase(const EmulatorFault& fault, const std::string& provider,
                               const EmulatorCases& cases);

}  // namespace heyhi

#endif  // HEYHI_TOOLS_EMULATOR_FAULT_H_
