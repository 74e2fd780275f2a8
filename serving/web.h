#ifndef HEYHI_SERVING_WEB_H_
#define HEYHI_SERVING_WEB_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "serving/http_server.h"
#include "serving/log.h"
#include "serving/web_config_watch.h"
#include "serving/web_gate.h"

namespace heyhi {

// What a program of ours serves over HTTP: one handler on some addresses, behind the
// TLS and the passwords of a web configuration that is read again when it changes.
class Web {
 public:
  // `handler` is called on server threads and on the one that checks passwords; `logger`
  // must outlive this.
  Web(HttpHandler handler, Logger& logger);

  // Takes the web configuration in that file. Before Start.
  absl::Status LoadConfig(const std::string& file);
  // Serves each address; fails by the first that cannot be served: InvalidArgument where
  // it is malformed.
  absl::Status Start(const std::vector<std::string>& addresses);

 private:
  absl::Status Apply(const WebConfig& config);

  Logger& logger_;
  WebGate gate_;
  WebConfig config_;
  std::vector<std::unique_ptr<HttpServer>> servers_;
  std::unique_ptr<WebConfigWatch> watch_;  // last: its thread uses the others
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_WEB_H_
