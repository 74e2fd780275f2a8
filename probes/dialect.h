#ifndef HEYHI_PROBES_DIALECT_H_
#define HEYHI_PROBES_DIALECT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/error_body.h"
#include "probes/http_transport.h"
#include "probes/json.h"
#include "probes/target.h"

namespace heyhi {

struct TokenUsage {
  std::int64_t input = 0;
  std::int64_t output = 0;  // hidden thinking included: it is paid for
};

// What an answer with a success status says.
struct Answer {
  // It has the shape that the dialect promises, and (where it is whole) says why
  // it ended.
  bool well_formed = false;
  // The provider's filter refused prompt or answer; the API works.
  bool blocked = false;
  // It carries an error in spite of its status.
  std::optional<ErrorBody> error;
  std::string served_model;  // "" where it names none
  std::optional<TokenUsage> usage;
};

// The same of a stream, as far as it has been read.
struct StreamReading {
  Answer answer;
  // A piece of the answer's text or thinking has come.
  bool has_content = false;
  // The answer is whole: it said why it ended.
  bool finished = false;
  // The protocol's last word has come; clients hang up here.
  bool terminated = false;
};

// A wire protocol: turns a target into a request and an answer into meaning.
// Pure: no I/O, no clock, no globals. Whatever is read is hostile.
struct Dialect {
  std::string_view name;
  // What "[DONE]" means in its streams: their end, or nothing.
  bool done_ends_stream = false;
  HttpRequest (*build_request)(const Target& target);
  // The GET of the model list, with the same key, to see whether it is accepted
  // elsewhere. It costs nothing and names no model.
  HttpRequest (*build_models_request)(const Target& target);
  // Reads a whole answer.
  Answer (*read_answer)(JsonView body);
  // Takes one event of a stream, named `name` ("" for none).
  void (*read_event)(std::string_view name, JsonView data, StreamReading* reading);
};

// One .cc each.
extern const Dialect kOpenAiChat;
extern const Dialect kOpenAiResponses;
extern const Dialect kAnthropicMessages;
extern const Dialect kGeminiGenerate;
extern const Dialect kCohereChat;

// All dialects.
const std::vector<const Dialect*>& Dialects();
// The dialect of that name, or null.
const Dialect* FindDialect(const std::string& name);

// What dialects share.

// What is exercised: an answer as a whole, or streamed.
inline constexpr char kChatCheck[] = "chat";
inline constexpr char kStreamCheck[] = "stream";
inline constexpr const char* kChecks[] = {kChatCheck, kStreamCheck};
bool IsStream(const Target& target);

// A POST of `body` (with the target's own extras merged in) to base_url + `path`,
// with the key in its header and nowhere else.
HttpRequest BuildCall(const Target& target, const std::string& path, JsonObject body);

// A GET of `url` (the target's own query is added), with the key in its header and
// nowhere else.
HttpRequest BuildGet(const Target& target, const std::string& url);

// Where most have their model list: a GET of base_url + "/models". Of a base_url
// that names a deployment, what stands before "/deployments/".
HttpRequest BuildModelsRequest(const Target& target);

// Both counts where they can be believed, else nothing: more than any probe can
// use is a lie, and would spoil the counters for good.
std::optional<TokenUsage> BelievableUsage(std::optional<std::int64_t> input,
                                          std::optional<std::int64_t> output);

// True where `body` has a member "error" that is not null.
bool HasError(JsonView body);

// True for a string with something in it.
bool HasText(JsonView value);

}  // namespace heyhi

#endif  // HEYHI_PROBES_DIALECT_H_
