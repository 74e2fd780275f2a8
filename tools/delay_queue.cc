#include "tools/delay_queue.h"

#include <utility>
#include <vector>

#include "absl/time/clock.h"

namespace heyhi {

DelayQueue::DelayQueue() : thread_([this] { Run(); }) {}

DelayQueue::~DelayQueue() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void DelayQueue::Answer(absl::Time due, Responder responder,
                        std::optional<ServerResponse> response) {
  Reply reply{std::move(responder), std::move(response)};
  if (due <= absl::Now()) {
    Deliver(std::move(reply));
    return;
  }
  const MutexLock lock(&mutex_);
  replies_.emplace(due, std::move(reply));
  changed_.NotifyAll();
}

void DelayQueue::Run() {
  while (true) {
    std::vector<Reply> due;
    {
      const MutexLock lock(&mutex_);
      if (stopping_) return;
      const absl::Time next = replies_.empty() ? absl::InfiniteFuture() : replies_.begin()->first;
      if (next > absl::Now()) changed_.WaitFor(&mutex_, next - absl::Now());
      while (!replies_.empty() && replies_.begin()->first <= absl::Now()) {
        due.push_back(std::move(replies_.extract(replies_.begin()).mapped()));
      }
    }
    for (Reply& reply : due) Deliver(std::move(reply));
  }
}

void DelayQueue::Deliver(Reply reply) {
  if (reply.response.has_value()) {
    reply.responder.Send(std::move(*reply.response));
  } else {
    reply.responder.Reset();
  }
}

}  // namespace heyhi
