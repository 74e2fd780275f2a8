#ifndef HEYHI_TOOLS_EMULATOR_REPLIES_H_
#define HEYHI_TOOLS_EMULATOR_REPLIES_H_

#include "absl/status/statusor.h"
#include "serving/http_server.h"
#include "tools/emulator_call.h"
#include "tools/emulator_cases.h"
#include "tools/emulator_fault.h"

namespace heyhi {

// What an emulated provider answers, given the call and the fault that strikes
// it. Pure and immutable, so thread-safe.
class EmulatorReplies {
 public:
  // Takes the cases over. An error names the case of openai that is missing: its
  // healthy answers stand in for those of every provider without their own.
  static absl::StatusOr<EmulatorReplies> Make(EmulatorCases cases);

  // The provider's answer when nothing is wrong on its side. Callers' mistakes
  // get the provider's own answer: no key 401, a bad body 400, an unknown path
  // 404, a wrong method 405. In a chat answer the model is the one asked for;
  // all else is as recorded.
  ServerResponse Healthy(const EmulatorCall& call) const;

  // The answer under `fault`, whose action is kAnswer or kTruncate. Recorded
  // bytes are sent as they are, with the model they were recorded with.
  ServerResponse Struck(const EmulatorCall& call, const EmulatorFault& fault) const;

  const EmulatorCases& cases() const { return cases_; }

 private:
  explicit EmulatorReplies(EmulatorCases cases);

  const RecordedCase& OwnOrOpenAi(const std::string& provider, const std::string& name) const;
  ServerResponse MissingKey(const EmulatorCall& call) const;
  ServerResponse Chat(const EmulatorCall& call) const;

  EmulatorCases cases_;
};

}  // namespace heyhi

#endif  // HEYHI_TOOLS_EMULATOR_REPLIES_H_
