#include "serving/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

// The variable's value; no child of ours shall inherit it.
std::string Take(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  unsetenv(name);
  return text;
}

// A datagram socket that sends there; -1 where that is no address of one.
int ConnectTo(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if ((path[0] != '/' && path[0] != '@') || path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract namespace
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

ServiceManager::ServiceManager() {
  const std::string path = Take("NOTIFY_SOCKET");
  const std::string watchdog_us = Take("WATCHDOG_USEC");
  const std::string watchdog_pid = Take("WATCHDOG_PID");
  if (!path.empty()) fd_ = ConnectTo(path);
  std::int64_t microseconds = 0;
  std::int64_t pid = getpid();
  if (!watchdog_pid.empty() && !absl::SimpleAtoi(watchdog_pid, &pid)) pid = -1;
  if (fd_ >= 0 && pid == getpid() && absl::SimpleAtoi(watchdog_us, &microseconds) &&
      microseconds > 0) {
    watchdog_interval_ = absl::Microseconds(microseconds) / 2;
  }
}

ServiceManager::~ServiceManager() {
  if (fd_ >= 0) close(fd_);
}

void ServiceManager::Send(const std::string& message) const {
  if (fd_ < 0) return;
  // Where nobody reads any more it is lost, and that is all.
  static_cast<void>(!send(fd_, message.data(), message.size(), MSG_NOSIGNAL));
}

void ServiceManager::Ready(const std::string& status) {
  Send(absl::StrCat("READY=1\nSTATUS=", status));
}

void ServiceManager::Stopping() { Send("STOPPING=1"); }

void ServiceManager::Alive() { Send("WATCHDOG=1"); }

}  // namespace heyhi
