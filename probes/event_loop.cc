#include "probes/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

#if defined(__SANITIZE_THREAD__)
// libcurl closes the socket of an address that refused before it says that it need not be
// watched, and another thread may have been given its number: EPOLL_CTL_DEL then fails, as it
// should.
extern "C" const char* __tsan_default_suppressions() { return "race:heyhi::EventLoop::Unwatch\n"; }
#endif

namespace heyhi {

EventLoop::~EventLoop() {
  if (wake_ >= 0) close(wake_);
  if (epoll_ >= 0) close(epoll_);
}

absl::Status EventLoop::Open() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll_ < 0 || wake_ < 0 || !Watch(wake_, nullptr, true, false)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot start the network loop: ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

bool EventLoop::Watch(int fd, Watcher* watcher, bool readable, bool writable) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= entries_.size()) entries_.resize(index + 1);
  Entry& entry = entries_[index];
  const bool is_new = entry.events == 0;
  const std::uint32_t events = (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U);
  if (!is_new && entry.watcher == watcher && entry.events == events) return true;
  if (is_new) entry.generation = ++last_generation_;
  entry.watcher = watcher;
  entry.events = events;
  epoll_event event = {};
  event.events = events;
  event.data.u64 = (std::uint64_t{entry.generation} << 32) | static_cast<std::uint32_t>(fd);
  if (epoll_ctl(epoll_, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) == 0) return true;
  entry = Entry();
  return false;
}

void EventLoop::Unwatch(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= entries_.size() || entries_[index].events == 0) return;
  entries_[index] = Entry();
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

void EventLoop::Wait(absl::Duration longest) {
  constexpr int kMaxEvents = 64;
  epoll_event events[kMaxEvents];
  const absl::Duration bounded = std::clamp(longest, absl::ZeroDuration(), absl::Seconds(60));
  const auto milliseconds = absl::ToInt64Milliseconds(absl::Ceil(bounded, absl::Milliseconds(1)));
  const int count = epoll_wait(epoll_, events, kMaxEvents, static_cast<int>(milliseconds));
  for (int i = 0; i < count; ++i) {
    const std::uint64_t tag = events[i].data.u64;
    ready_.push_back({static_cast<int>(tag & 0xffffffffU), static_cast<std::uint32_t>(tag >> 32),
                      events[i].events});
  }
}

bool EventLoop::Dispatch() {
  bool woken = false;
  for (const Ready& ready : ready_) {
    if (ready.fd == wake_) {
      woken = true;
      std::uint64_t count = 0;
      // Non-blocking; only the wake-up matters, not the count.
      static_cast<void>(!read(wake_, &count, sizeof count));
      continue;
    }
    // A copy: the watcher may change the table.
    const Entry entry = entries_[static_cast<std::size_t>(ready.fd)];
    if (entry.watcher == nullptr || entry.generation != ready.generation) continue;
    const bool failed = (ready.events & (EPOLLERR | EPOLLHUP)) != 0;
    entry.watcher->OnReady(ready.fd, failed || (ready.events & EPOLLIN) != 0,
                           failed || (ready.events & EPOLLOUT) != 0);
  }
  ready_.clear();
  return woken;
}

void EventLoop::Wake() {
  const std::uint64_t one = 1;
  // Fails only when a wake-up is pending already.
  static_cast<void>(!write(wake_, &one, sizeof one));
}

}  // namespace heyhi
