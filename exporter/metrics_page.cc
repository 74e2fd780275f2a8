#include "exporter/metrics_page.h"

#include <utility>

#include "serving/gzip.h"
#include "serving/metric_table.h"

namespace heyhi {

std::shared_ptr<const std::string> MetricsPage::Shared(Texts& texts) {
  texts.remove_if([](const auto& text) { return text.expired(); });
  return texts.size() < kMostTexts ? nullptr : texts.back().lock();
}

ServerResponse MetricsPage::Answer(const ServerRequest& request) {
  const bool packed = AcceptsGzip(request.Header("accept-encoding"));
  ServerResponse response;
  response.headers = {{"Content-Type", kMetricsContentType}, {"Vary", "Accept-Encoding"}};
  const MutexLock lock(&mutex_);
  Texts& texts = packed ? packed_ : plain_;
  response.shared_body = Shared(texts);
  if (response.shared_body == nullptr) {
    std::string text = render_();
    if (packed) {
      std::string smaller = Gzip(text);
      if (smaller.empty()) {  // no memory
        response.body = std::move(text);
        return response;
      }
      text = std::move(smaller);
    }
    response.shared_body = std::make_shared<const std::string>(std::move(text));
    texts.push_back(response.shared_body);
  }
  if (packed) response.headers.emplace_back("Content-Encoding", "gzip");
  return response;
}

}  // namespace heyhi
