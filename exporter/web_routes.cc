#include "exporter/web_routes.h"

#include <functional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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

ServerResponse NotAllowed(const char* allowed) {
  ServerResponse response = TextResponse(405, absl::StrCat("Method not allowed: use ", allowed));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

// Pages of other sites can make a browser send a POST to us; none of ours does.
bool IsOfABrowser(const ServerRequest& request) {
  return !request.Header("origin").empty() || !request.Header("sec-fetch-site").empty();
}

}  // namespace

WebRoutes::WebRoutes(WebSources sources, const Clock& clock)
    : sources_(std::move(sources)),
      metrics_(sources_.metrics_text, clock),
      config_(sources_.config),
      probe_(sources_.probe, clock) {}

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

ServerResponse WebRoutes::ShowConfig(const ServerRequest& /*request*/) { return config_.Answer(); }

ServerResponse WebRoutes::Metrics(const ServerRequest& request) { return metrics_.Answer(request); }

ServerResponse WebRoutes::Probe(const ServerRequest& request) { return probe_.Get(request); }

void WebRoutes::PostProbe(const ServerRequest& request, const Reply& reply) {
  probe_.Post(request, reply);
}

// Prometheus' words and codes, where it has them.
void WebRoutes::PostReload(const ServerRequest& /*request*/, const Reply& reply) {
  if (sources_.reload == nullptr) {
    reply(TextResponse(403, "Lifecycle API is not enabled: start with --web.enable-lifecycle"));
    return;
  }
  sources_.reload([reply](const absl::Status& status) {
    if (status.ok()) {
      reply(TextResponse(200, "Reloaded"));
    } else {
      reply(TextResponse(absl::IsUnavailable(status) ? 503 : 500,
                         absl::StrCat("Failed to reload: ", status.message())));
    }
  });
}

void WebRoutes::Route(const ServerRequest& request, const Reply& reply) {
  struct Path {
    const char* path;
    ServerResponse (WebRoutes::*read)(const ServerRequest&);
    void (WebRoutes::*post)(const ServerRequest&, const Reply&);
  };
  constexpr Path kPaths[] = {
      {"/", &WebRoutes::Landing, nullptr},
      {"/landing.css", &WebRoutes::LandingCss, nullptr},
      {"/config", &WebRoutes::ShowConfig, nullptr},
      {"/metrics", &WebRoutes::Metrics, nullptr},
      {"/-/healthy", &WebRoutes::Healthy, nullptr},
      {"/-/ready", &WebRoutes::Ready, nullptr},
      {"/-/reload", nullptr, &WebRoutes::PostReload},
      {"/probe", &WebRoutes::Probe, &WebRoutes::PostProbe},
  };
  for (const auto& [path, read, post] : kPaths) {
    if (request.path != path) continue;
    if (read != nullptr && (request.method == "GET" || request.method == "HEAD")) {
      return reply((this->*read)(request));
    }
    if (post == nullptr || request.method != "POST") {
      return reply(NotAllowed(read == nullptr   ? "POST"
                              : post == nullptr ? "GET, HEAD"
                                                : "GET, HEAD, POST"));
    }
    if (IsOfABrowser(request)) return reply(TextResponse(403, "Browsers may only read"));
    return (this->*post)(request, reply);
  }
  reply(TextResponse(404, "Not found: see / for the paths"));
}

void WebRoutes::Answer(const ServerRequest& request, Reply reply) {
  Route(request, [reply = std::move(reply)](ServerResponse response) {
    response.headers.emplace_back(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'");
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
    reply(std::move(response));
  });
}

}  // namespace heyhi
