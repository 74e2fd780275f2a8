#include "exporter/reloader.h"

#include <future>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "serving/thread.h"

namespace heyhi {

Reloader::Reloader(Load load, Daemon& daemon, Logger& logger)
    : load_(std::move(load)), daemon_(daemon), logger_(logger) {}

Reloader::~Reloader() {
  {
    const MutexLock lock(&mutex_);
    ends_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

absl::Status Reloader::Start() {
  return StartThread(&thread_, [this] { Run(); });
}

void Reloader::Request(Done done) {
  const MutexLock lock(&mutex_);
  waiting_.push_back(std::move(done));
  changed_.NotifyAll();
}

void Reloader::Run() {
  for (;;) {
    std::vector<Done> asked;
    bool ends = false;
    {
      const MutexLock lock(&mutex_);
      while (waiting_.empty() && !ends_) changed_.WaitFor(&mutex_, absl::InfiniteDuration());
      asked = std::exchange(waiting_, {});
      ends = ends_;
    }
    const absl::Status status =
        ends ? absl::UnavailableError("the exporter is stopping") : Reload();
    for (const Done& done : asked) done(status);
    if (ends) return;
  }
}

absl::Status Reloader::Reload() {
  absl::StatusOr<Config> config = load_();
  if (!config.ok()) {
    daemon_.NoteFailedReload();
    logger_.Error("cannot read the configuration again, so the one before stays in force",
                  {{"err", std::string(config.status().message())}});
    return config.status();
  }
  const std::size_t targets = config->targets.size();
  auto in_force = std::make_shared<std::promise<bool>>();
  daemon_.Replace(*std::move(config), [in_force](bool done) { in_force->set_value(done); });
  if (!in_force->get_future().get()) return absl::UnavailableError("the exporter is stopping");
  logger_.Info("the configuration was read again and is in force",
               {{"targets", absl::StrCat(targets)}});
  return absl::OkStatus();
}

}  // namespace heyhi
