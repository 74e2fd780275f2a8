#ifndef HEYHI_EXPORTER_CONFIG_PAGE_H_
#define HEYHI_EXPORTER_CONFIG_PAGE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "exporter/config.h"
#include "serving/http_server.h"
#include "serving/mutex.h"

namespace heyhi {

// Shows the configuration in force, as ConfigText has it. The text is made once for each
// configuration and shared by all who read it: of 10,000 targets it has 3 MB and takes a
// third of a second. Thread-safe.
class ConfigPage {
 public:
  // `in_force`: any thread; never null.
  using InForce = std::function<std::shared_ptr<const Config>()>;
  explicit ConfigPage(InForce in_force) : in_force_(std::move(in_force)) {}

  ServerResponse Answer();

 private:
  const InForce in_force_;
  Mutex mutex_;
  std::shared_ptr<const Config> shown_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const std::string> text_ ABSL_GUARDED_BY(mutex_);  // of `shown_`
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_CONFIG_PAGE_H_
