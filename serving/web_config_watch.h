#ifndef HEYHI_SERVING_WEB_CONFIG_WATCH_H_
#define HEYHI_SERVING_WEB_CONFIG_WATCH_H_

#include <functional>
#include <map>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "serving/log.h"
#include "serving/mutex.h"
#include "serving/web_config.h"

namespace heyhi {

// Reads the web configuration, and again whenever it or a file that it names has
// changed and then stayed the same for a second: a file that is being written is not half
// read. So certificates and passwords are renewed without a restart. Looks once a second,
// on a thread of its own. What cannot be used is tried again each second.
class WebConfigWatch {
 public:
  // Puts a configuration in force; on an error the one before stays in force.
  using Apply = std::function<absl::Status(const WebConfig&)>;

  // `logger` must outlive the watch.
  WebConfigWatch(std::string path, Logger& logger) : path_(std::move(path)), logger_(logger) {}
  ~WebConfigWatch();

  // The configuration as it is now. To be called once before Start.
  absl::StatusOr<WebConfig> Load();
  // Begins to watch; `apply` is called on the watch's thread. Fails where the system has
  // no thread left.
  absl::Status Start(Apply apply);

 private:
  using Stamps = std::map<std::string, std::string>;  // by file

  void Run();
  Stamps StampsNow() const;
  absl::Status Reload();

  const std::string path_;
  Logger& logger_;
  Apply apply_;
  Stamps stamps_;      // of the files read last
  std::string error_;  // that was logged last
  Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  Condition changed_;
  std::thread thread_;
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_WEB_CONFIG_WATCH_H_
