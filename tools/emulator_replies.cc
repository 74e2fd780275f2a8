#include "tools/emulator_replies.h"

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "probes/json.h"
#include "probes/providers.h"

namespace heyhi {
namespace {

using Endpoint = EmulatorCall::Endpoint;
using Shape = EmulatorCall::Shape;

struct CaseName {
  const char* provider;
  const char* name;
};

// What no answer can be given without.
constexpr CaseName kNeededCases[] = {
    {"openai", "chat-200"},        {"openai", "chat-stream-ok"},
    {"openai", "responses-200"},   {"openai", "responses-stream-ok"},
    {"openai", "embeddings-200"},  {"openai", "models-200"},
    {"openai", "401-invalid-key"}, {"openai", "400-responses-min16"},
    {"anthropic", "chat-200"},     {"anthropic", "chat-stream-ok"},
    {"anthropic", "models-200"},   {"anthropic", "401-invalid-key"},
    {"anthropic", "400-invalid"},  {"anthropic", "400-temperature-2026-10-21"},
    {"gemini", "chat-200"},        {"gemini", "chat-stream-ok"},
    {"gemini", "models-200"},      {"gemini", "403-missing-key"},
    {"cohere", "chat-200"},        {"cohere", "chat-stream-ok"},
    {"cohere", "models-200"},      {"cohere", "401-missing-token"},
    {"cohere", "400-bad-request"},
};

// What a call without a key gets, where it is not the provider's first 401.
constexpr CaseName kMissingKeyCases[] = {
    {"bedrock", "403-bad-token"}, {"cohere", "401-missing-token"}, {"gemini", "403-missing-key"}};

constexpr CaseName kUnknownPathCases[] = {
    {"cohere", "501-not-implemented"}, {"gemini", "404-html"}, {"mistral", "404-route"}};

// A member without which a body is refused.
struct NeededMember {
  Shape shape;
  Endpoint endpoint;
  const char* name;
  bool is_list;
  const char* message;
  const char* case_name = "";  // the recorded refusal; without one it is made of the message
};
constexpr NeededMember kNeededMembers[] = {
    {Shape::kOpenAi, Endpoint::kChat, "messages", true, "Missing required parameter: 'messages'."},
    {Shape::kOpenAi, Endpoint::kResponses, "input", false, "Missing required parameter: 'input'."},
    {Shape::kOpenAi, Endpoint::kEmbeddings, "input", false, "Missing required parameter: 'input'."},
    {Shape::kAnthropic, Endpoint::kChat, "max_tokens", false, "", "400-invalid"},
    {Shape::kAnthropic, Endpoint::kChat, "messages", true, "messages: Field required"},
    {Shape::kAnthropic, Endpoint::kCountTokens, "messages", true, "messages: Field required"},
    {Shape::kGemini, Endpoint::kChat, "contents", true,
     "* GenerateContentRequest.contents: contents is not specified\n"},
    {Shape::kGemini, Endpoint::kCountTokens, "contents", true,
     "* CountTokensRequest.contents: contents is not specified\n"},
    {Shape::kCohere, Endpoint::kChat, "messages", true, "", "400-bad-request"},
};

// How the shapes differ in what the caller gets to read, in their order.
struct ShapeRow {
  const char* provider;  // whose answers stand in for those of the others
  const char* no_json;
  const char* no_model;
};
constexpr ShapeRow kShapeRows[] = {
    {"openai", "We could not parse the JSON body of your request.",
     "you must provide a model parameter"},
    {"anthropic", "The request body is not valid JSON", "model: Field required"},
    {"gemini", "Invalid JSON payload received.", "model is not specified"},
    {"cohere", "invalid request: invalid JSON", "invalid request: model is required"}};

const ShapeRow& RowOf(Shape shape) { return kShapeRows[static_cast<std::size_t>(shape)]; }

// An error as the shape words it.
JsonObject ErrorBody(Shape shape, int status, const std::string& message) {
  JsonObject error;
  if (shape == Shape::kCohere) return error.Set("message", message);
  if (shape == Shape::kGemini) {
    error.Set("code", status).Set("message", message);
    return JsonObject().Set("error",
                            error.Set("status", status == 404 ? "NOT_FOUND" : "INVALID_ARGUMENT"));
  }
  if (shape == Shape::kAnthropic) {
    error.Set("type", status == 404 ? "not_found_error" : "invalid_request_error");
    return JsonObject().Set("type", "error").Set("error", error.Set("message", message));
  }
  error.Set("message", message).Set("type", "invalid_request_error");
  return JsonObject().Set("error", error.Set("param", JsonView()).Set("code", JsonView()));
}

// For what the caller did wrong and no recording shows.
ServerResponse RequestError(Shape shape, int status, const std::string& message) {
  return {status,
          {{"content-type", "application/json"}},
          ErrorBody(shape, status, message).Dump(),
          std::nullopt};
}

bool IsRead(Endpoint endpoint) {
  return endpoint == Endpoint::kModels || endpoint == Endpoint::kModel;
}

// Whether anybody may read it.
bool IsPublic(const EmulatorCall& call) {
  const Provider* known = FindProvider(call.provider);
  return IsRead(call.endpoint) && known != nullptr && !known->models_need_key;
}

// The one model of a list that `call` asks for; one that is not in it looks like
// the first.
std::string ModelFrom(const std::string& list, const EmulatorCall& call) {
  const auto document = JsonDocument::Parse(list);
  if (!document.has_value()) return "";
  const JsonView root = document->root();
  const JsonView models = root["data"].exists() ? root["data"] : root["models"];
  const char* key = root["data"].exists() ? "id" : "name";
  const std::string id = absl::StrCat(call.shape == Shape::kGemini ? "models/" : "", call.model);
  JsonView found = models.At(0);
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (models.At(i)[key].StringOrEmpty() == id) found = models.At(i);
  }
  return JsonObject(found).Set(key, id).Dump();
}

// The count that goes with the recorded chat.
std::string TokenCountFrom(const std::string& chat, Shape shape) {
  const auto document = JsonDocument::Parse(chat);
  if (!document.has_value()) return "";
  const JsonView root = document->root();
  if (shape == Shape::kAnthropic) {
    return JsonObject().Set("input_tokens", root["usage"]["input_tokens"]).Dump();
  }
  return JsonObject().Set("totalTokens", root["usageMetadata"]["promptTokenCount"]).Dump();
}

// OpenAI's embeddings as its own clients ask for them: little-endian floats.
std::string EmbeddingsInBase64(const std::string& json) {
  const auto document = JsonDocument::Parse(json);
  if (!document.has_value()) return "";
  const JsonView data = document->root()["data"];
  std::vector<JsonObject> encoded;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const JsonView numbers = data.At(i)["embedding"];
    std::vector<float> floats;
    for (std::size_t j = 0; j < numbers.size(); ++j) {
      floats.push_back(static_cast<float>(numbers.At(j).AsNumber().value_or(0)));
    }
    std::string bytes(floats.size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), floats.data(), bytes.size());
    encoded.push_back(JsonObject(data.At(i)).Set("embedding", absl::Base64Escape(bytes)));
  }
  return JsonObject(document->root()).Set("data", encoded).Dump();
}

// Google's errors come in a list of one where they are asked for in OpenAI's form.
bool WrapsErrors(const EmulatorCall& call) {
  return call.provider == "gemini" && call.shape == Shape::kOpenAi;
}

// Azure's older paths exist only together with a version.
bool LacksApiVersion(const EmulatorCall& call) {
  return call.provider == "azure_openai" && call.api_version.empty() &&
         !absl::StartsWith(call.path, "/openai/v1/");
}

// Gemini's stream as it comes without ?alt=sse.
void TurnIntoList(ServerResponse& stream) {
  std::vector<std::string> events;
  for (absl::string_view line : absl::StrSplit(stream.body, '\n')) {
    if (absl::ConsumePrefix(&line, "data: ")) events.emplace_back(line);
  }
  stream.body = absl::StrCat("[", absl::StrJoin(events, ",\r\n"), "]\n");
  for (auto& [name, value] : stream.headers) {
    if (absl::EqualsIgnoreCase(name, "content-type")) value = "application/json; charset=UTF-8";
  }
}

const char* HealthyCase(const EmulatorCall& call) {
  switch (call.endpoint) {
    case Endpoint::kResponses:
      return call.stream ? "responses-stream-ok" : "responses-200";
    case Endpoint::kEmbeddings:
      return "embeddings-200";
    case Endpoint::kModels:
    case Endpoint::kModel:
      return "models-200";
    case Endpoint::kUnknown:
    case Endpoint::kCountTokens:
    case Endpoint::kChat:
      return call.stream ? "chat-stream-ok" : "chat-200";
  }
  return "chat-200";
}

}  // namespace

EmulatorReplies::EmulatorReplies(EmulatorCases cases) : cases_(std::move(cases)) {}

absl::StatusOr<EmulatorReplies> EmulatorReplies::Make(EmulatorCases cases) {
  for (const CaseName& needed : kNeededCases) {
    if (cases.Find(needed.provider, needed.name) == nullptr) {
      return absl::NotFoundError(
          absl::StrCat("the recorded case ", needed.provider, "/", needed.name, " is missing"));
    }
  }
  return EmulatorReplies(std::move(cases));
}

const RecordedCase& EmulatorReplies::Recorded(const EmulatorCall& call,
                                              const std::string& name) const {
  // Gemini's own answers do not fit its OpenAI form.
  const bool own_fits = OwnShape(call.provider) == call.shape;
  const RecordedCase* own = own_fits ? cases_.Find(call.provider, name) : nullptr;
  return own != nullptr ? *own : *cases_.Find(RowOf(call.shape).provider, name);
}

ServerResponse EmulatorReplies::UnknownPath(const EmulatorCall& call) const {
  for (const CaseName& known : kUnknownPathCases) {
    const RecordedCase* recorded =
        call.provider == known.provider ? cases_.Find(known.provider, known.name) : nullptr;
    if (recorded != nullptr) return recorded->response;
  }
  return RequestError(call.shape, 404,
                      absl::StrCat("Invalid URL (", call.method, " ", call.path, ")"));
}

ServerResponse EmulatorReplies::MissingKey(const EmulatorCall& call) const {
  for (const std::string& provider : {call.provider, std::string(RowOf(call.shape).provider)}) {
    const RecordedCase* recorded = cases_.FindByPrefix(provider, "401-");
    for (const CaseName& known : kMissingKeyCases) {
      if (provider == known.provider) recorded = cases_.Find(provider, known.name);
    }
    if (recorded != nullptr) return recorded->response;
  }
  return cases_.Find("openai", "401-invalid-key")->response;
}

std::optional<ServerResponse> EmulatorReplies::RefuseBody(const EmulatorCall& call) const {
  const ShapeRow& row = RowOf(call.shape);
  if (!call.body.has_value() || !call.body->root().IsObject()) {
    return RequestError(call.shape, 400, row.no_json);
  }
  if (call.model.empty()) return RequestError(call.shape, 400, row.no_model);
  const JsonView body = call.body->root();
  for (const NeededMember& needed : kNeededMembers) {
    if (needed.shape != call.shape || needed.endpoint != call.endpoint) continue;
    const JsonView member = body[needed.name];
    if (needed.is_list ? member.IsArray() : member.exists() && !member.IsNull()) continue;
    if (*needed.case_name != '\0') return Recorded(call, needed.case_name).response;
    return RequestError(call.shape, 400, needed.message);
  }
  constexpr std::int64_t kLeastOutputTokens = 16;
  if (call.endpoint == Endpoint::kResponses &&
      body["max_output_tokens"].AsInteger().value_or(kLeastOutputTokens) < kLeastOutputTokens) {
    return Recorded(call, "400-responses-min16").response;
  }
  if (call.shape == Shape::kAnthropic && call.api_version >= "2026-10-21") {
    for (const char* sampling : {"temperature", "top_p", "top_k"}) {
      if (body[sampling].exists()) return Recorded(call, "400-temperature-2026-10-21").response;
    }
  }
  return std::nullopt;
}

std::optional<ServerResponse> EmulatorReplies::Refuse(const EmulatorCall& call) const {
  if (call.endpoint == Endpoint::kUnknown || LacksApiVersion(call)) return UnknownPath(call);
  const std::string method = IsRead(call.endpoint) ? "GET" : "POST";
  if (call.method != method) {
    if (call.shape == Shape::kGemini) return UnknownPath(call);
    ServerResponse response = RequestError(
        call.shape, 405, absl::StrCat("Not allowed to ", call.method, " on ", call.path, "."));
    response.headers.emplace_back("allow", method);
    return response;
  }
  if (!call.has_key && !IsPublic(call)) return MissingKey(call);
  if (call.shape == Shape::kAnthropic && call.api_version.empty()) {
    return RequestError(call.shape, 400, "anthropic-version: header is required");
  }
  return IsRead(call.endpoint) ? std::nullopt : RefuseBody(call);
}

ServerResponse EmulatorReplies::Healthy(const EmulatorCall& call) const {
  if (auto refusal = Refuse(call); refusal.has_value()) {
    if (WrapsErrors(call)) refusal->body = absl::StrCat("[", refusal->body, "]");
    return *std::move(refusal);
  }
  ServerResponse response = Recorded(call, HealthyCase(call)).response;
  switch (call.endpoint) {
    case Endpoint::kUnknown:  // refused
    case Endpoint::kModels:
      return response;
    case Endpoint::kModel:
      response.body = ModelFrom(response.body, call);
      return response;
    case Endpoint::kCountTokens:
      response.body = TokenCountFrom(response.body, call.shape);
      return response;
    case Endpoint::kEmbeddings:
      if (call.body->root()["encoding_format"].StringOrEmpty() == "base64") {
        response.body = EmbeddingsInBase64(response.body);
      }
      break;
    case Endpoint::kChat:
    case Endpoint::kResponses:
      break;
  }
  response = WithModel(std::move(response), call.model);
  if (call.stream_as_list) TurnIntoList(response);
  return response;
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
