#ifndef HEYHI_EXPORTER_WEB_ROUTES_H_
#define HEYHI_EXPORTER_WEB_ROUTES_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "exporter/config_page.h"
#include "exporter/landing_page.h"
#include "exporter/metrics_page.h"
#include "exporter/probe_page.h"
#include "probes/clock.h"
#include "serving/http_server.h"

namespace heyhi {

// What the exporter's paths show. Called on server threads; must be thread-safe.
struct WebSources {
  MetricsPage::Render metrics_text;
  std::function<LandingPageFacts()> landing_page;
  ConfigPage::InForce config;
  std::function<bool()> ready;
  ProbePage::Sources probe;
  // Reads the configuration again and calls `done` with the result, on any thread. Null:
  // nobody may ask for it over HTTP.
  std::function<void(std::function<void(const absl::Status&)> done)> reload;
};

// The exporter's HTTP paths: "/", "/landing.css", "/metrics", "/-/healthy",
// "/-/ready", "/-/reload", "/config", "/probe". Only POST /probe starts a probe. Every answer
// carries a strict Content-Security-Policy. Browsers may only read. Thread-safe.
class WebRoutes {
 public:
  // `clock` outlives the routes.
  WebRoutes(WebSources sources, const Clock& clock);

  // Called once, on any thread, before Answer returns or after.
  using Reply = std::function<void(ServerResponse)>;
  void Answer(const ServerRequest& request, Reply reply);

 private:
  void Route(const ServerRequest& request, const Reply& reply);
  ServerResponse Landing(const ServerRequest& request);
  ServerResponse LandingCss(const ServerRequest& request);
  ServerResponse ShowConfig(const ServerRequest& request);
  ServerResponse Metrics(const ServerRequest& request);
  ServerResponse Healthy(const ServerRequest& request);
  ServerResponse Ready(const ServerRequest& request);
  ServerResponse Probe(const ServerRequest& request);
  void PostProbe(const ServerRequest& request, const Reply& reply);
  void PostReload(const ServerRequest& request, const Reply& reply);

  const WebSources sources_;
  MetricsPage metrics_;
  ConfigPage config_;
  ProbePage probe_;
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_WEB_ROUTES_H_
