#include "exporter/web_routes.h"

#include <utility>

#include "embedded/web_files.h"
#include "serving/gzip.h"
#include "serving/metric_table.h"

namespace heyhi {
namespace {

ServerResponse Metrics(const ServerRequest& request, const WebSources& sources) {
  ServerResponse response;
  response.headers = {{"Content-Type", kMetricsContentType}, {"Vary", "Accept-Encoding"}};
  response.body = sources.metrics_text();
  if (AcceptsGzip(request.Header("accept-encoding"))) {
    if (std::string packed = Gzip(response.body); !packed.empty()) {
      response.headers.emplace_back("Content-Encoding", "gzip");
      response.body = std::move(packed);
    }
  }
  return response;
}

ServerResponse LandingPage(const ServerRequest& /*request*/, const WebSources& sources) {
  ServerResponse response;
  response.headers = {{"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}};
  response.body = RenderLandingPage(sources.landing_page());
  return response;
}

ServerResponse LandingCss(const ServerRequest& /*request*/, const WebSources& /*sources*/) {
  ServerResponse response;
  response.headers = {{"Content-Type", "text/css; charset=utf-8"},
                      {"Cache-Control", "max-age=300"}};
  response.body = std::string(embedded::kLandingCss);
  return response;
}

ServerResponse Healthy(const ServerRequest& /*request*/, const WebSources& /*sources*/) {
  return TextResponse(200, "Healthy");
}

ServerResponse Ready(const ServerRequest& /*request*/, const WebSources& sources) {
  return sources.ready() ? TextResponse(200, "Ready")
                         : TextResponse(503, "Not ready: probing has not begun");
}

struct Route {
  const char* path;
  ServerResponse (*answer)(const ServerRequest&, const WebSources&);
};

constexpr Route kRoutes[] = {
    {"/", &LandingPage},      {"/landing.css", &LandingCss}, {"/metrics", &Metrics},
    {"/-/healthy", &Healthy}, {"/-/ready", &Ready},
};

ServerResponse RouteRequest(const ServerRequest& request, const WebSources& sources) {
  for (const Route& route : kRoutes) {
    if (request.path != route.path) continue;
    if (request.method != "GET" && request.method != "HEAD") {
      ServerResponse response = TextResponse(405, "Method not allowed: use GET");
      response.headers.emplace_back("Allow", "GET, HEAD");
      return response;
    }
    return route.answer(request, sources);
  }
  return TextResponse(404, "Not found: see / for the paths");
}

}  // namespace

ServerResponse AnswerWebRequest(const ServerRequest& request, const WebSources& sources) {
  ServerResponse response = RouteRequest(request, sources);
  response.headers.emplace_back(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'none'");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  return response;
}

}  // namespace heyhi
