#include "tools/emulator_call.h"

#include <span>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "probes/providers.h"

namespace heyhi {
namespace {

using Endpoint = EmulatorCall::Endpoint;
using Shape = EmulatorCall::Shape;

struct Route {
  std::string_view path;  // below the base; `*` stands for the model
  Endpoint endpoint;
  bool streams = false;  // whatever the body says
};

// The first that fits wins.
constexpr Route kOpenAiRoutes[] = {{"/chat/completions", Endpoint::kChat},
                                   {"/responses", Endpoint::kResponses},
                                   {"/embeddings", Endpoint::kEmbeddings},
                                   {"/models", Endpoint::kModels},
                                   {"/models/*", Endpoint::kModel}};
constexpr Route kAzureRoutes[] = {{"/deployments/*/chat/completions", Endpoint::kChat},
                                  {"/deployments/*/embeddings", Endpoint::kEmbeddings},
                                  {"/models", Endpoint::kModels},
                                  {"/models/*", Endpoint::kModel}};
constexpr Route kAnthropicRoutes[] = {{"/messages", Endpoint::kChat},
                                      {"/messages/count_tokens", Endpoint::kCountTokens},
                                      {"/models", Endpoint::kModels},
                                      {"/models/*", Endpoint::kModel}};
constexpr Route kGeminiRoutes[] = {{"/models/*:generateContent", Endpoint::kChat},
                                   {"/models/*:streamGenerateContent", Endpoint::kChat, true},
                                   {"/models/*:countTokens", Endpoint::kCountTokens},
                                   {"/models", Endpoint::kModels},
                                   {"/models/*", Endpoint::kModel}};
constexpr Route kCohereRoutes[] = {{"/v2/chat", Endpoint::kChat},
                                   {"/v1/models", Endpoint::kModels},
                                   {"/v1/models/*", Endpoint::kModel}};

// Where a provider's routes are.
struct Mount {
  std::string_view provider;  // "" for the names that are no provider's
  std::string_view base;
  Shape shape;
  std::span<const Route> routes;
};
// The providers that are not below their base URL alone, or not of OpenAI's shape.
constexpr Mount kMounts[] = {{"anthropic", "/v1", Shape::kAnthropic, kAnthropicRoutes},
                             {"gemini", "/v1beta", Shape::kGemini, kGeminiRoutes},
                             {"gemini", "/v1beta/openai", Shape::kOpenAi, kOpenAiRoutes},
                             {"cohere", "", Shape::kCohere, kCohereRoutes},
                             {"azure_openai", "/openai/v1", Shape::kOpenAi, kOpenAiRoutes},
                             {"azure_openai", "/openai", Shape::kOpenAi, kAzureRoutes},
                             {"bedrock", "/openai/v1", Shape::kOpenAi, kOpenAiRoutes},
                             {"", "/v1", Shape::kOpenAi, kOpenAiRoutes},
                             {"", "/v1", Shape::kAnthropic, kAnthropicRoutes},
                             {"", "/v1beta", Shape::kGemini, kGeminiRoutes},
                             {"", "", Shape::kCohere, kCohereRoutes}};

// What stands where the pattern has its `*`, "" where it has none; nothing where
// the path does not fit.
std::optional<std::string> Match(std::string_view pattern, std::string_view path) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) {
    return path == pattern ? std::optional(std::string()) : std::nullopt;
  }
  const std::string_view head = pattern.substr(0, star);
  const std::string_view tail = pattern.substr(star + 1);
  if (path.size() <= head.size() + tail.size()) return std::nullopt;
  if (!path.starts_with(head) || !path.ends_with(tail)) return std::nullopt;
  return std::string(path.substr(head.size(), path.size() - head.size() - tail.size()));
}

// Takes the mount's route for the call's path; false where it has none.
bool TakeRoute(const Mount& mount, EmulatorCall& call) {
  std::string_view path = call.path;
  if (!path.starts_with(mount.base)) return false;
  path.remove_prefix(mount.base.size());
  for (const Route& route : mount.routes) {
    const auto model = Match(route.path, path);
    if (!model.has_value()) continue;
    call.shape = mount.shape;
    call.endpoint = route.endpoint;
    call.stream = route.streams;
    call.model = *model;
    return true;
  }
  return false;
}

// The path of a base URL: where the real API lives below the host.
std::string_view PathOf(std::string_view url) {
  const auto path = url.find('/', std::string_view("https://").size());
  return path == std::string_view::npos ? "" : url.substr(path);
}

void ReadRoute(EmulatorCall& call) {
  const Provider* known = FindProvider(call.provider);
  const std::string_view name = known == nullptr ? "" : known->name;
  bool mounted = false;
  for (const Mount& mount : kMounts) {
    if (mount.provider != name) continue;
    mounted = true;
    if (TakeRoute(mount, call)) return;
  }
  if (mounted) return;
  TakeRoute({known->name, PathOf(known->base_url), Shape::kOpenAi, kOpenAiRoutes}, call);
}

// The scheme's name is case-insensitive (RFC 9110, 11.1).
bool HasBearerToken(const std::string& authorization) {
  constexpr std::size_t kScheme = 7;
  return authorization.size() > kScheme && absl::StartsWithIgnoreCase(authorization, "bearer ") &&
         authorization.find_first_not_of(' ', kScheme) != std::string::npos;
}

bool HasKey(const ServerRequest& request, const EmulatorCall& call) {
  const auto sent = [&request](const char* name) { return !request.Header(name).empty(); };
  const bool bearer = HasBearerToken(request.Header("authorization"));
  if (FindProvider(call.provider) == nullptr) {
    return bearer || sent("x-api-key") || sent("x-goog-api-key") || sent("api-key");
  }
  if (call.shape == Shape::kGemini) return sent("x-goog-api-key");
  if (call.shape == Shape::kAnthropic) return bearer || sent("x-api-key");
  return bearer || (call.provider == "azure_openai" && sent("api-key"));
}

std::string ReadApiVersion(const ServerRequest& request) {
  const auto found = request.query.find("api-version");
  return found == request.query.end() ? request.Header("anthropic-version") : found->second;
}

}  // namespace

EmulatorCall::Shape OwnShape(const std::string& provider) {
  if (provider == "anthropic") return Shape::kAnthropic;
  if (provider == "gemini") return Shape::kGemini;
  if (provider == "cohere") return Shape::kCohere;
  return Shape::kOpenAi;
}

EmulatorCall ReadCall(const ServerRequest& request) {
  EmulatorCall call;
  const auto slash = request.path.find('/', 1);
  call.provider = std::string(absl::StripPrefix(request.path.substr(0, slash), "/"));
  call.method = request.method;
  call.path = slash == std::string::npos ? "/" : request.path.substr(slash);
  call.shape = OwnShape(call.provider);
  if (!call.provider.empty()) ReadRoute(call);
  call.has_key = HasKey(request, call);
  call.api_version = ReadApiVersion(request);
  call.body = JsonDocument::Parse(request.body);
  const auto alt = request.query.find("alt");
  call.stream_as_list = call.stream && (alt == request.query.end() || alt->second != "sse");
  if (call.body.has_value()) {
    if (call.model.empty()) call.model = call.body->root()["model"].StringOrEmpty();
    if (!call.stream) call.stream = call.body->root()["stream"].AsBool().value_or(false);
  }
  return call;
}

}  // namespace heyhi
