#ifndef HEYHI_PROBES_EVENT_LOOP_H_
#define HEYHI_PROBES_EVENT_LOOP_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace heyhi {

// Whom the loop tells that a descriptor is ready.
class Watcher {
 public:
  virtual ~Watcher() = default;
  // May change any watch. Errors and hang-ups count as both.
  virtual void OnReady(int fd, bool readable, bool writable) = 0;
};

// epoll, and a way to wake it. One thread at a time, but for Wake.
class EventLoop {
 public:
  EventLoop() = default;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  // To be called once, before all else. Fails for want of descriptors.
  absl::Status Open();

  // Replaces the watch that this descriptor has. False where the kernel takes no more.
  bool Watch(int fd, Watcher* watcher, bool readable, bool writable);
  // To be called before the descriptor is closed. Without a watch it does nothing.
  void Unwatch(int fd);

  // What is ready within `longest`, for Dispatch; rounded up to milliseconds, since
  // waking early would spin.
  void Wait(absl::Duration longest);
  // Tells the watchers of what is ready. True where Wake was called.
  bool Dispatch();

  // Ends a Wait, the next one if there is none. Any thread, and async-signal-safe.
  void Wake();

 private:
  struct Entry {
    Watcher* watcher = nullptr;
    std::uint32_t events = 0;
    // Tells an event from one for an earlier owner of the same number.
    std::uint32_t generation = 0;
  };
  struct Ready {
    int fd;
    std::uint32_t generation;
    std::uint32_t events;
  };

  int epoll_ = -1;
  int wake_ = -1;
  std::uint32_t last_generation_ = 0;
  std::vector<Entry> entries_;  // by descriptor
  std::vector<Ready> ready_;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_EVENT_LOOP_H_
