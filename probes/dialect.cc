#include "probes/dialect.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace heyhi {
namespace {

std::pair<std::string, std::string> KeyLine(KeyHeader header, const Secret& key) {
  switch (header) {
    case KeyHeader::kBearer:
      break;
    case KeyHeader::kXApiKey:
      return {"x-api-key", key.Reveal()};
    case KeyHeader::kXGoogApiKey:
      return {"x-goog-api-key", key.Reveal()};
    case KeyHeader::kApiKey:
      return {"api-key", key.Reveal()};
  }
  return {"Authorization", absl::StrCat("Bearer ", key.Reveal())};
}

// What every request of the target has: its query, headers and limits.
HttpRequest BeginRequest(const Target& target, std::string url,
                         std::vector<std::pair<std::string, std::string>> headers) {
  HttpRequest request;
  request.url = std::move(url);
  if (!target.call.query.empty()) {
    const bool has_query = request.url.find('?') != std::string::npos;
    absl::StrAppend(&request.url, has_query ? "&" : "?", target.call.query);
  }
  request.headers = std::move(headers);
  request.headers.insert(request.headers.end(), target.call.headers.begin(),
                         target.call.headers.end());
  if (!target.api_key.empty()) {
    request.headers.push_back(KeyLine(target.call.key_header, target.api_key));
  }
  request.timeout = target.timeout;
  request.ca_file = target.ca_file;
  request.proxy = target.proxy;
  return request;
}

}  // namespace

const std::vector<const Dialect*>& Dialects() {
  static const auto& dialects = *new std::vector<const Dialect*>{
      &kOpenAiChat, &kOpenAiResponses, &kAnthropicMessages, &kGeminiGenerate, &kCohereChat};
  return dialects;
}

const Dialect* FindDialect(const std::string& name) {
  for (const Dialect* dialect : Dialects()) {
    if (dialect->name == name) return dialect;
  }
  return nullptr;
}

bool IsStream(const Target& target) { return target.id.check == kStreamCheck; }

HttpRequest BuildCall(const Target& target, const std::string& path, JsonObject body) {
  if (const auto extra = JsonDocument::Parse(target.call.extra_body)) {
    body.Merge(JsonObject(extra->root()));
  }
  HttpRequest request = BeginRequest(
      target, absl::StrCat(absl::StripSuffix(target.base_url, "/"), target.call.path_prefix, path),
      {{"Accept", IsStream(target) ? "text/event-stream" : "application/json"},
       {"Content-Type", "application/json"}});
  request.body = body.Dump();
  return request;
}

HttpRequest BuildGet(const Target& target, const std::string& url) {
  HttpRequest request = BeginRequest(target, url, {{"Accept", "application/json"}});
  request.method = "GET";
  return request;
}

HttpRequest BuildModelsRequest(const Target& target) {
  const std::string base = target.base_url.substr(0, target.base_url.find("/deployments/"));
  return BuildGet(target, absl::StrCat(absl::StripSuffix(base, "/"), "/models"));
}

std::optional<TokenUsage> BelievableUsage(std::optional<std::int64_t> input,
                                          std::optional<std::int64_t> output) {
  constexpr std::int64_t kMostTokens = 1000000;
  const auto believable = [](const std::optional<std::int64_t>& count) {
    return count.has_value() && *count >= 0 && *count <= kMostTokens;
  };
  if (!believable(input) || !believable(output)) return std::nullopt;
  return TokenUsage{*input, *output};
}

bool HasError(JsonView body) { return body["error"].exists() && !body["error"].IsNull(); }

bool HasText(JsonView value) { return !value.StringOrEmpty().empty(); }

}  // namespace heyhi
