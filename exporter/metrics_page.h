#ifndef HEYHI_EXPORTER_METRICS_PAGE_H_
#define HEYHI_EXPORTER_METRICS_PAGE_H_

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "probes/clock.h"
#include "serving/http_server.h"
#include "serving/mutex.h"

namespace heyhi {

// Answers scrapes. Each gets a text of its own time, unless many are on their way at
// once: the text of 10,000 targets has 90 MB, and clients that read slowly must not make
// the process hold one each. With a limit on how long a client may read, `kOldest` bounds
// the number of texts too. Thread-safe.
class MetricsPage {
 public:
  // Texts that may be held at once; with so many on their way the newest is shared.
  static constexpr std::size_t kMostTexts = 3;
  // Nobody is answered with a text that is older: slow readers that come one after the
  // other must not freeze what scrapers see.
  static constexpr absl::Duration kOldest = absl::Seconds(5);

  // `render` appends the metrics as they are now. Any thread; one call at a time. `clock`
  // outlives the page.
  using Render = std::function<void(std::string* text)>;
  MetricsPage(Render render, const Clock& clock);

  // In gzip where the request admits it.
  ServerResponse Answer(const ServerRequest& request);

 private:
  // The memory of a text that has been sent: 90 MB that come from the kernel page by page
  // cost more than what is written into them. It may outlive the page.
  class Spare;

  struct Text {
    std::weak_ptr<const std::string> text;
    MonotonicTime rendered_at;
  };
  // The texts of one form of the page, plain or packed, that are on their way; the newest
  // last.
  using Texts = std::list<Text>;
  // The text to be shared, if so many are.
  std::shared_ptr<const std::string> Shared(Texts& texts) const;

  const Render render_;
  const Clock& clock_;
  const std::shared_ptr<Spare> spare_;
  Mutex mutex_;
  Texts plain_ ABSL_GUARDED_BY(mutex_);
  Texts packed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_METRICS_PAGE_H_
