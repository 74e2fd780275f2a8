#include "exporter/web_routes.h"

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

WebRoutes::WebRoutes(WebSources sources, const Clock& clock)
    : sources_(std::move(sources)), metrics_(sources_.metrics_text, clock) {}

ServerResponse WebRoutes::Ready(const ServerRequest& /*request*/) {
  return sources_.ready() ? TextResponse(200, "Ready")
                          : TextResponse(503, "Not ready: probing has not begun");
}

ServerResponse WebRoutes::Healthy(const ServerRequest& /*request*/) {
  return TextResponse(200, "Healthy");
}

ServerResponse WebRoutes::Landing(const ServerRequest& /*request*/) {
  ServerResponse response;
  response.headers = {{"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}};
  response.body = RenderLandingPage(sources_.landing_page());
  return response;
}

ServerResponse WebRoutes::LandingCss(const ServerRequest& request) {
  return StaticFile(request, "text/css; charset=utf-8", embedded::kLandingCss);
}

ServerResponse WebRoutes::Metrics(const ServerRequest& request) { return metrics_.Answer(request); }

ServerResponse WebRoutes::Route(const ServerRequest& request) {
  struct Path {
    const char* path;
    ServerResponse (WebRoutes::*answer)(const ServerRequest&);
  };
  constexpr Path kPaths[] = {
      {"/", &WebRoutes::Landing},        {"/landing.css", &WebRoutes::LandingCss},
      {"/metrics", &WebRoutes::Metrics}, {"/-/healthy", &WebRoutes::Healthy},
      {"/-/ready", &WebRoutes::Ready},
  };
  for (const auto& [path, answer] : kPaths) {
    if (request.path != path) continue;
    if (request.method != "GET" && request.method != "HEAD") {
      ServerResponse response = TextResponse(405, "Method not allowed: use GET");
      response.headers.emplace_back("Allow", "GET, HEAD");
      return response;
    }
    return (this->*answer)(request);
  }
  return TextResponse(404, "Not found: see / for the paths");
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
