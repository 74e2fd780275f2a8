#ifndef HEYHI_TOOLS_EMULATOR_CALL_H_
#define HEYHI_TOOLS_EMULATOR_CALL_H_

#include <optional>
#include <string>

#include "probes/json.h"
#include "serving/http_server.h"

namespace heyhi {

// A request to an emulated provider, as that provider would read it. The first
// segment of the path names the provider, the rest is the provider's own path:
// /deepseek/chat/completions, /groq/openai/v1/models. A provider unknown here
// has OpenAI's paths: /acme/v1/chat/completions.
struct EmulatorCall {
  enum class Endpoint { kChat, kModels, kUnknown };

  std::string provider;
  std::string method;
  std::string path;  // the provider's own
  Endpoint endpoint = Endpoint::kUnknown;
  bool has_key = false;              // a non-empty bearer token came with it
  std::optional<JsonDocument> body;  // nothing where it is no JSON
  std::string model;                 // "" where none was named
  bool stream = false;
};

// Never fails: what does not fit leaves its member at the default.
EmulatorCall ReadCall(const ServerRequest& request);

}  // namespace heyhi

#endif  // HEYHI_TOOLS_EMULATOR_CALL_H_
