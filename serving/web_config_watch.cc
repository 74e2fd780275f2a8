#include "serving/web_config_watch.h"

#include <utility>

#include "serving/file.h"
#include "serving/thread.h"

namespace heyhi {

WebConfigWatch::~WebConfigWatch() {
  {
    const MutexLock lock(&mutex_);
    ended_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<WebConfig> WebConfigWatch::Load() {
  stamps_.clear();
  return LoadWebConfig(
      path_, [this](const std::string& path, bool is_private) -> absl::StatusOr<std::string> {
        // Stamped first: what is written meanwhile is seen as a change.
        stamps_[path] = FileStamp(path);
        if (is_private) {
          if (absl::Status status = CheckPrivate(path); !status.ok()) return status;
        }
        return ReadFile(path);
      });
}

absl::Status WebConfigWatch::Start(Apply apply) {
  apply_ = std::move(apply);
  return StartThread(&thread_, [this] { Run(); });
}

void WebConfigWatch::Run() {
  Stamps before = stamps_;
  bool failed = false;
  while (true) {
    {
      const MutexLock lock(&mutex_);
      if (!ended_) changed_.WaitFor(&mutex_, absl::Seconds(1));
      if (ended_) return;
    }
    const Stamps now = StampsNow();
    const bool settled = now == before;
    before = now;
    if (!settled || (now == stamps_ && !failed)) continue;
    const absl::Status status = Reload();
    failed = !status.ok();
    before = StampsNow();  // it may name other files now
  }
}

WebConfigWatch::Stamps WebConfigWatch::StampsNow() const {
  Stamps stamps;
  for (const auto& [path, stamp] : stamps_) stamps[path] = FileStamp(path);
  return stamps;
}

absl::Status WebConfigWatch::Reload() {
  auto config = Load();
  absl::Status status = config.status();
  if (status.ok() && StampsNow() != stamps_) {
    return absl::UnavailableError("changed while it was read");  // again in a second
  }
  if (status.ok()) status = apply_(*config);
  if (status.ok()) {
    error_.clear();
    logger_.Info("web configuration read anew", {{"file", path_}});
  } else if (error_ != status.message()) {
    error_ = std::string(status.message());
    logger_.Error("the changed web configuration is not used; the one before stays in force",
                  {{"error", error_}});
  }
  return status;
}

}  // namespace heyhi
