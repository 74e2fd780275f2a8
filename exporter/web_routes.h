#ifndef HEYHI_EXPORTER_WEB_ROUTES_H_
#define HEYHI_EXPORTER_WEB_ROUTES_H_

#include <functional>
#include <string>

#include "exporter/landing_page.h"
#include "exporter/metrics_page.h"
#include "probes/clock.h"
#include "serving/http_server.h"

namespace heyhi {

// What the exporter's paths show. Called on server threads; must be thread-safe.
struct WebSources {
  std::function<std::string()> metrics_text;
  std::function<LandingPageFacts()> landing_page;
  std::function<bool()> ready;
};

// The exporter's HTTP paths: "/", "/landing.css", "/metrics", "/-/healthy",
// "/-/ready". No path starts a probe. Every answer carries a strict
// Content-Security-Policy. Thread-safe.
class WebRoutes {
 public:
  // `clock` outlives the routes.
  WebRoutes(WebSources sources, const Clock& clock);

  ServerResponse Answer(const ServerRequest& request);

 private:
  ServerResponse Route(const ServerRequest& request);
  ServerResponse Landing(const ServerRequest& request);
  ServerResponse LandingCss(const ServerRequest& request);
  ServerResponse Metrics(const ServerRequest& request);
  ServerResponse Healthy(const ServerRequest& request);
  ServerResponse Ready(const ServerRequest& request);

  const WebSources sources_;
  MetricsPage metrics_;
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_WEB_ROUTES_H_
