#include "serving/connection_watch.h"

#include <chrono>

#include "serving/thread.h"

namespace heyhi {
namespace {

absl::Duration Now() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

ConnectionWatch::~ConnectionWatch() {
  {
    const MutexLock lock(&mutex_);
    ended_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

absl::Status ConnectionWatch::Start() {
  return StartThread(&thread_, [this] { Run(); });
}

bool ConnectionWatch::Admits(const sockaddr* address) {
  const MutexLock lock(&mutex_);
  return guard_.Admits(address);
}

void ConnectionWatch::Open(int fd, const sockaddr* address) {
  const MutexLock lock(&mutex_);
  if (guard_.Open(fd, address, Now()) < wakes_at_) changed_.NotifyAll();
}

void ConnectionWatch::Enter(int fd, ConnectionGuard::Phase phase) {
  const MutexLock lock(&mutex_);
  if (closing_ && phase == ConnectionGuard::Phase::kIdle) {
    shutdown(fd, SHUT_RDWR);
    return;
  }
  if (guard_.Enter(fd, phase, Now()) < wakes_at_) changed_.NotifyAll();
}

void ConnectionWatch::Close(int fd) {
  const MutexLock lock(&mutex_);
  guard_.Close(fd);
  if (closing_) changed_.NotifyAll();
}

void ConnectionWatch::ShutDownIdle() {
  const MutexLock lock(&mutex_);
  closing_ = true;
  for (const int fd : guard_.In(ConnectionGuard::Phase::kIdle)) shutdown(fd, SHUT_RDWR);
}

void ConnectionWatch::WaitUntilEmpty(absl::Duration limit) {
  const MutexLock lock(&mutex_);
  const absl::Duration end = Now() + limit;
  while (guard_.size() > 0 && Now() < end) changed_.WaitFor(&mutex_, end - Now());
}

void ConnectionWatch::Run() {
  const MutexLock lock(&mutex_);
  while (!ended_) {
    const absl::Duration now = Now();
    // Under the lock that Close takes: no other connection's socket is hit.
    for (const int fd : guard_.TakeOverdue(now)) shutdown(fd, SHUT_RDWR);
    wakes_at_ = guard_.NextDeadline();
    changed_.WaitFor(&mutex_, wakes_at_ - now);
  }
}

}  // namespace heyhi
