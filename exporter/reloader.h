#ifndef HEYHI_EXPORTER_RELOADER_H_
#define HEYHI_EXPORTER_RELOADER_H_

#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "exporter/config.h"
#include "exporter/daemon.h"
#include "serving/log.h"
#include "serving/mutex.h"

namespace heyhi {

// Reads the configuration again when it is asked to, on a thread of its own, and puts it in
// force as a whole; one that cannot be read changes nothing. Thread-safe.
class Reloader {
 public:
  using Load = std::function<absl::StatusOr<Config>()>;
  // Whether the configuration as it stood at the time of the request, or later, is in
  // force; Unavailable where the program ends first.
  using Done = std::function<void(const absl::Status&)>;

  // `load` is called on the reloader's thread; daemon and logger must outlive it.
  Reloader(Load load, Daemon& daemon, Logger& logger);
  // Answers all who wait. What is being put in force must end first: the daemon runs on,
  // or has ended.
  ~Reloader();

  absl::Status Start();

  // `done` is called once, on another thread or on this one. Who asks while the
  // configuration is being read waits for the next reading, together with all the others.
  void Request(Done done);

 private:
  void Run();
  absl::Status Reload();

  const Load load_;
  Daemon& daemon_;
  Logger& logger_;
  Mutex mutex_;
  Condition changed_;
  bool ends_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Done> waiting_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_RELOADER_H_
