#include "exporter/metrics_page.h"

#include <utility>

#include "serving/gzip.h"
#include "serving/metric_table.h"

namespace heyhi {

class MetricsPage::Spare : public std::enable_shared_from_this<Spare> {
 public:
  std::string Take() {
    const MutexLock lock(&mutex_);
    std::string text = std::exchange(text_, {});
    text.clear();
    return text;
  }
  // Owns `text` until nobody reads it any more, then keeps the memory.
  std::shared_ptr<const std::string> Lend(std::string text) {
    return {new std::string(std::move(text)), [self = shared_from_this()](std::string* read) {
              self->Keep(std::move(*read));
              delete read;
            }};
  }

 private:
  void Keep(std::string text) {
    const MutexLock lock(&mutex_);
    // What has become much too large, since there are fewer targets now, is given back.
    constexpr std::size_t kFloor = 1 << 20;
    const bool is_too_large = text.capacity() > 4 * text.size() + kFloor;
    if (!is_too_large && text.capacity() > text_.capacity()) text_.swap(text);
  }

  Mutex mutex_;
  std::string text_ ABSL_GUARDED_BY(mutex_);
};

MetricsPage::MetricsPage(Render render, const Clock& clock)
    : render_(std::move(render)), clock_(clock), spare_(std::make_shared<Spare>()) {}

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
    std::string text = spare_->Take();
    render_(&text);
    response.shared_body = spare_->Lend(std::move(text));
    if (packed) {
      std::string smaller = Gzip(*response.shared_body);
      if (smaller.empty()) return response;  // no memory
      response.shared_body = std::make_shared<const std::string>(std::move(smaller));
    }
    texts.push_back({response.shared_body, now});
  }
  if (packed) response.headers.emplace_back("Content-Encoding", "gzip");
  return response;
}

}  // namespace heyhi
