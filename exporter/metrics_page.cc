#include "exporter/metrics_page.h"

#include <utility>

#include "serving/gzip.h"
#include "serving/metric_table.h"

namespace heyhi {

std::shared_ptr<const std::string> MetricsPage::Shared(Texts& texts) const {
  texts.remove_if([](const Text& each) { return each.text.expired(); });
  if (texts.size() < kMostTexts) return nullptr;
  const Text& newest = texts.back();
  return clock_.Monotonic() - newest.rendered_at > kOldest ? nullptr : newest.text.lock();
}

ServerResponse MetricsPage::Answer(const ServerRequest& request) {
  const bool packed = AcceptsGzip(request.Header("accept-encoding"));
  ServerResponse response;
  response.headers = {{"Content-Type", kMetricsContentType}, {"Vary", "Accept-Encoding"}};
  const MutexLock lock(&mutex_);
  Texts& texts = packed ? packed_ : plain_;
  response.shared_body = Shared(texts);
  if (response.shared_body == nullptr) {
    const MonotonicTime now = clock_.Monotonic();
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
    texts.push_back({response.shared_body, now});
  }
  if (packed) response.headers.emplace_back("Content-Encoding", "gzip");
  return response;
}

}  // namespace heyhi
