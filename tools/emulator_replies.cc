#include "tools/emulator_replies.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "probes/json.h"

namespace heyhi {
namespace {

constexpr const char* kChatCase = "chat-200";
constexpr const char* kStreamCase = "chat-stream-ok";
constexpr const char* kModelsCase = "models-200";
constexpr const char* kMissingKeyPrefix = "401-";
constexpr const char* kMissingKeyCase = "401-invalid-key";

// OpenAI's shape for what the caller did wrong.
ServerResponse RequestError(int status, const std::string& message) {
  JsonObject error;
  error.Set("message", message)
      .Set("type", "invalid_request_error")
      .Set("param", JsonView())
      .Set("code", JsonView());
  return {status,
          {{"content-type", "application/json"}},
          JsonObject().Set("error", error).Dump(),
          std::nullopt};
}

// `json` with its top-level model replaced; a text that is no object or names no
// model stays as it is.
std::string WithModel(const std::string& json, const std::string& model) {
  const auto document = JsonDocument::Parse(json);
  if (!document.has_value() || !document->root()["model"].exists()) return json;
  return JsonObject(document->root()).Set("model", model).Dump();
}

// The same for each event of a stream.
std::string StreamWithModel(const std::string& stream, const std::string& model) {
  std::vector<std::string> lines = absl::StrSplit(stream, '\n');
  for (std::string& line : lines) {
    absl::string_view data = line;
    if (absl::ConsumePrefix(&data, "data: ")) {
      line = absl::StrCat("data: ", WithModel(std::string(data), model));
    }
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace

EmulatorReplies::EmulatorReplies(EmulatorCases cases) : cases_(std::move(cases)) {}

absl::StatusOr<EmulatorReplies> EmulatorReplies::Make(EmulatorCases cases) {
  for (const char* name : {kChatCase, kStreamCase, kModelsCase, kMissingKeyCase}) {
    if (cases.Find("openai", name) == nullptr) {
      return absl::NotFoundError(absl::StrCat("the recorded case openai/", name, " is missing"));
    }
  }
  return EmulatorReplies(std::move(cases));
}

const RecordedCase& EmulatorReplies::OwnOrOpenAi(const std::string& provider,
                                                 const std::string& name) const {
  const RecordedCase* own = cases_.Find(provider, name);
  return own != nullptr ? *own : *cases_.Find("openai", name);
}

ServerResponse EmulatorReplies::MissingKey(const EmulatorCall& call) const {
  const RecordedCase* own = cases_.FindByPrefix(call.provider, kMissingKeyPrefix);
  return (own != nullptr ? *own : OwnOrOpenAi("openai", kMissingKeyCase)).response;
}

ServerResponse EmulatorReplies::Chat(const EmulatorCall& call) const {
  if (!call.body.has_value() || !call.body->root().IsObject()) {
    return RequestError(400, "We could not parse the JSON body of your request.");
  }
  if (call.model.empty()) return RequestError(400, "you must provide a model parameter");
  if (!call.body->root()["messages"].IsArray()) {
    return RequestError(400, "Missing required parameter: 'messages'.");
  }
  if (call.stream) {
    ServerResponse response = OwnOrOpenAi(call.provider, kStreamCase).response;
    response.body = StreamWithModel(response.body, call.model);
    return response;
  }
  ServerResponse response = OwnOrOpenAi(call.provider, kChatCase).response;
  response.body = WithModel(response.body, call.model);
  return response;
}

ServerResponse EmulatorReplies::Healthy(const EmulatorCall& call) const {
  if (call.endpoint == EmulatorCall::Endpoint::kUnknown) {
    return RequestError(404, absl::StrCat("Invalid URL (", call.method, " ", call.path, ")"));
  }
  const bool chat = call.endpoint == EmulatorCall::Endpoint::kChat;
  const std::string method = chat ? "POST" : "GET";
  if (call.method != method) {
    ServerResponse response =
        RequestError(405, absl::StrCat("Not allowed to ", call.method, " on ", call.path, "."));
    response.headers.emplace_back("allow", method);
    return response;
  }
  if (!call.has_key) return MissingKey(call);
  return chat ? Chat(call) : OwnOrOpenAi(call.provider, kModelsCase).response;
}

ServerResponse EmulatorReplies::Struck(const EmulatorCall& call, const EmulatorFault& fault) const {
  ServerResponse response;
  if (const RecordedCase* forced = ForcedCase(fault, call.provider, cases_); forced != nullptr) {
    response = forced->response;
  } else if (fault.status.has_value()) {
    response = {*fault.status, fault.headers, fault.body, std::nullopt};
  } else {
    response = Healthy(call);
  }
  if (fault.action == EmulatorFault::Action::kTruncate) {
    response.truncate_after = response.body.size() / 2;
  }
  return response;
}

}  // namespace heyhi
