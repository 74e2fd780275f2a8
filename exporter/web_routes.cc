#include "exporter/web_routes.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "embedded/web_files.h"

namespace heyhi {
namespace {

// RFC 9110, 13.1.2: a list of tags, weak ones too, or "*".
bool MatchesTag(const std::string& if_none_match, const std::string& tag) {
  for (const auto piece : absl::StrSplit(if_none_match, ',')) {
    std::string candidate(absl::StripAsciiWhitespace(piece));
    if (absl::StartsWith(candidate, "W/")) candidate.erase(0, 2);
    if (candidate == tag || candidate == "*") return true;
  }
  return false;
}

ServerResponse LandingPage(const LandingPageFacts& facts) {
  ServerResponse response;
  response.headers = {{"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}};
  response.body = RenderLandingPage(facts);
  return response;
}

// A file that changes with the program only; its ETag is of its content.
ServerResponse StaticFile(const ServerRequest& request, const char* type, std::string_view text) {
  ServerResponse response;
  const std::string tag = absl::StrFormat("\"%016x\"", std::hash<std::string_view>{}(text));
  response.headers = {{"Content-Type", type}, {"Cache-Control", "max-age=300"}, {"ETag", tag}};
  if (MatchesTag(request.Header("if-none-match"), tag)) {
    response.status = 304;
  } else {
    response.body = std::string(text);
  }
  return response;
}

}  // namespace

WebRoutes::WebRoutes(WebSources sources)
    : sources_(std::move(sources)), metrics_(sources_.metrics_text) {}

ServerResponse WebRoutes::Ready() const {
  return sources_.ready() ? TextResponse(200, "Ready")
                          : TextResponse(503, "Not ready: probing has not begun");
}

ServerResponse WebRoutes::Route(const ServerRequest& request) {
  constexpr std::string_view kPaths[] = {"/", "/landing.css", "/metrics", "/-/healthy", "/-/ready"};
  const std::string& path = request.path;
  if (std::find(std::begin(kPaths), std::end(kPaths), path) == std::end(kPaths)) {
    return TextResponse(404, "Not found: see / for the paths");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    ServerResponse response = TextResponse(405, "Method not allowed: use GET");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  if (path == "/metrics") return metrics_.Answer(request);
  if (path == "/landing.css") {
    return StaticFile(request, "text/css; charset=utf-8", embedded::kLandingCss);
  }
  if (path == "/-/healthy") return TextResponse(200, "Healthy");
  if (path == "/-/ready") return Ready();
  return LandingPage(sources_.landing_page());
}

ServerResponse WebRoutes::Answer(const ServerRequest& request) {
  ServerResponse response = Route(request);
  response.headers.emplace_back(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'none'");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  return response;
}

}  // namespace heyhi
