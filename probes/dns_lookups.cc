#include "probes/dns_lookups.h"

#include <algorithm>

namespace heyhi {

class DnsLookups::Running : public Watcher {
 public:
  Running(DnsLookups& owner, MonotonicTime deadline, Done done)
      : owner_(owner), deadline_(deadline), done_(std::move(done)) {}

  void Start(const std::string& host, const DnsLookup::Options& options) {
    lookup_ = MakeDnsLookup(
        host, options,
        [this](int fd, bool readable, bool writable) {
          if (!readable && !writable) {
            owner_.loop_.Unwatch(fd);
          } else if (!owner_.loop_.Watch(fd, this, readable, writable)) {
            unwatched_ = true;
          }
        },
        [this](DnsAnswer answer) { answer_ = std::move(answer); });
    lookup_->Start();
    AfterStep();
  }

  void OnReady(int fd, bool readable, bool writable) override {
    lookup_->OnReady(fd, readable, writable);
    AfterStep();
  }

  void OnTimer() {
    if (owner_.clock_.Monotonic() >= deadline_) {
      answer_ = DnsAnswer{Reason::kDnsTimeout, "no answer in time", {}};
    } else if (lookup_->UntilTimer() <= absl::ZeroDuration()) {
      lookup_->OnTimer();
    }
    AfterStep();
  }

  // When OnTimer is due.
  MonotonicTime NextTimer() const {
    return std::min(deadline_, owner_.clock_.Monotonic() + lookup_->UntilTimer());
  }

  MonotonicTime scheduled = absl::InfiniteDuration();  // its place among the timers

 private:
  // Only here, outside of c-ares, is `done` called.
  void AfterStep() {
    if (!answer_.has_value() && unwatched_) {
      answer_ = DnsAnswer{Reason::kLocalResource, "the kernel watches no more sockets", {}};
    }
    if (!answer_.has_value()) {
      owner_.Schedule(*this);
      return;
    }
    owner_.End(*this);
    lookup_.reset();
    done_(*std::move(answer_));
  }

  DnsLookups& owner_;
  const MonotonicTime deadline_;
  const Done done_;
  std::unique_ptr<DnsLookup> lookup_;
  std::optional<DnsAnswer> answer_;
  bool unwatched_ = false;
};

DnsLookups::DnsLookups(const Clock& clock, EventLoop& loop, DnsLookup::Options options)
    : clock_(clock), loop_(loop), options_(std::move(options)) {}

DnsLookups::~DnsLookups() = default;

void DnsLookups::Start(const std::string& host, MonotonicTime deadline, Done done) {
  auto owned = std::make_unique<Running>(*this, deadline, std::move(done));
  Running& running = *owned;
  running_.emplace(Timer(running.scheduled, &running), std::move(owned));
  running.Start(host, options_);
}

void DnsLookups::Schedule(Running& running) {
  auto node = running_.extract(Timer(running.scheduled, &running));
  running.scheduled = running.NextTimer();
  node.key().first = running.scheduled;
  running_.insert(std::move(node));
}

void DnsLookups::End(Running& running) {
  ended_.push_back(std::move(running_.extract(Timer(running.scheduled, &running)).mapped()));
}

void DnsLookups::RunTimers() {
  ended_.clear();
  const MonotonicTime now = clock_.Monotonic();
  std::vector<Running*> due;
  for (const auto& [timer, running] : running_) {
    if (timer.first > now) break;
    due.push_back(running.get());
  }
  for (Running* running : due) running->OnTimer();
}

MonotonicTime DnsLookups::NextTimer() const {
  return running_.empty() ? absl::InfiniteDuration() : running_.begin()->first.first;
}

}  // namespace heyhi
