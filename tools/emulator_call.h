#ifndef HEYHI_TOOLS_EMULATOR_CALL_H_
#define HEYHI_TOOLS_EMULATOR_CALL_H_

#include <optional>
#include <string>

#include "probes/json.h"
#include "serving/http_server.h"

namespace heyhi {

// A request to an emulated provider, as that provider would read it. The first
// segment of the path names the provider, the rest is the provider's own path:
// /deepseek/chat/completions, /gemini/v1beta/models/MODEL:generateContent. A
// name that is no provider's has every shape: /acme/v1/chat/completions,
// /acme/v1/messages, /acme/v1beta/models/MODEL:generateContent, /acme/v2/chat.
struct EmulatorCall {
  // Whose requests and answers it is made of. A provider may have two.
  enum class Shape { kOpenAi, kAnthropic, kGemini, kCohere };
  enum class Endpoint {
    kUnknown,
    kChat,
    kResponses,
    kEmbeddings,
    kCountTokens,
    kModels,  // the list
    kModel,   // one of them
  };

  std::string provider;
  std::string method;
  std::string path;              // the provider's own
  Shape shape = Shape::kOpenAi;  // of the endpoint; the provider's own where that is unknown
  Endpoint endpoint = Endpoint::kUnknown;
  bool has_key = false;              // a non-empty one came in a header that the provider reads
  std::string api_version;           // the header anthropic-version or the query's api-version
  std::optional<JsonDocument> body;  // nothing where it is no JSON
  std::string model;                 // of the path, else of the body; "" where none was named
  bool stream = false;               // by the path or by the body
  bool stream_as_list = false;       // Gemini's stream without ?alt=sse: one JSON list
};

// The shape that the provider's recorded answers have.
EmulatorCall::Shape OwnShape(const std::string& provider);

// Never fails: what does not fit leaves its member at the default.
EmulatorCall ReadCall(const ServerRequest& request);

}  // namespace heyhi

#endif  // HEYHI_TOOLS_EMULATOR_CALL_H_
