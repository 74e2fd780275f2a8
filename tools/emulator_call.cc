#include "tools/emulator_call.h"

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "probes/providers.h"

namespace heyhi {
namespace {

// The path of the provider's base URL: where its real API lives below the host.
std::string BaseOf(const std::string& provider) {
  const Provider* known = FindProvider(provider);
  if (known == nullptr) return "/v1";
  const std::string url(known->base_url);
  const auto path = url.find('/', std::string("https://").size());
  return path == std::string::npos ? "" : url.substr(path);
}

EmulatorCall::Endpoint EndpointOf(const std::string& provider, const std::string& path) {
  const std::string base = BaseOf(provider);
  if (path == base + "/chat/completions") return EmulatorCall::Endpoint::kChat;
  if (path == base + "/models") return EmulatorCall::Endpoint::kModels;
  return EmulatorCall::Endpoint::kUnknown;
}

// The scheme's name is case-insensitive (RFC 9110, 11.1).
bool HasBearerToken(const std::string& authorization) {
  constexpr std::size_t kScheme = 7;
  return authorization.size() > kScheme && absl::StartsWithIgnoreCase(authorization, "bearer ") &&
         authorization.find_first_not_of(' ', kScheme) != std::string::npos;
}

}  // namespace

EmulatorCall ReadCall(const ServerRequest& request) {
  EmulatorCall call;
  const auto slash = request.path.find('/', 1);
  call.provider = std::string(absl::StripPrefix(request.path.substr(0, slash), "/"));
  call.method = request.method;
  call.path = slash == std::string::npos ? "/" : request.path.substr(slash);
  if (!call.provider.empty()) call.endpoint = EndpointOf(call.provider, call.path);
  call.has_key = HasBearerToken(request.Header("authorization"));
  call.body = JsonDocument::Parse(request.body);
  if (call.body.has_value()) {
    call.model = call.body->root()["model"].StringOrEmpty();
    call.stream = call.body->root()["stream"].AsBool().value_or(false);
  }
  return call;
}

}  // namespace heyhi
