#ifndef HEYHI_TOOLS_EMULATOR_REPLIES_H_
#define HEYHI_TOOLS_EMULATOR_REPLIES_H_

#include <optional>
#include <string>

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
  // Takes the cases over. An error names the case that is missing: the healthy
  // answers of openai, anthropic, gemini and cohere stand in for those of every
  // provider of the same shape without its own.
  static absl::StatusOr<EmulatorReplies> Make(EmulatorCases cases);

  // The provider's answer when nothing is wrong on its side. Callers' mistakes
  // get the provider's own answer, recorded where there is a recording: an
  // unknown path, a wrong method, no key, a bad body. In answers that name a
  // model it is the one asked for; all else is as recorded.
  ServerResponse Healthy(const EmulatorCall& call) const;

  // The answer under `fault`, whose action is kAnswer or kTruncate. Recorded
  // bytes are sent as they are, with the model they were recorded with, whatever
  // was called: a stream may come where none was asked for.
  ServerResponse Struck(const EmulatorCall& call, const EmulatorFault& fault) const;

  const EmulatorCases& cases() const { return cases_; }

 private:
  explicit EmulatorReplies(EmulatorCases cases);

  // The provider's case of that name, else that of the provider which stands in.
  const RecordedCase& Recorded(const EmulatorCall& call, const std::string& name) const;
  // Nothing where the call is right.
  std::optional<ServerResponse> Refuse(const EmulatorCall& call) const;
  std::optional<ServerResponse> RefuseBody(const EmulatorCall& call) const;
  ServerResponse UnknownPath(const EmulatorCall& call) const;
  ServerResponse MissingKey(const EmulatorCall& call) const;

  EmulatorCases cases_;
};

}  // namespace heyhi

#endif  // HEYHI_TOOLS_EMULATOR_REPLIES_H_
