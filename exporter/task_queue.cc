#include "exporter/task_queue.h"

#include <utility>

namespace heyhi {

void TaskQueue::Post(Task task) {
  {
    const MutexLock lock(&mutex_);
    if (!ended_) tasks_.push_back(std::exchange(task, nullptr));
  }
  if (task != nullptr) task(false);
}

void TaskQueue::Run(bool running) {
  std::deque<Task> tasks;
  {
    const MutexLock lock(&mutex_);
    ended_ = !running;
    tasks.swap(tasks_);
  }
  for (const Task& task : tasks) task(running);
}

}  // namespace heyhi
