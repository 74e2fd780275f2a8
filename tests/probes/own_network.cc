#include "tests/probes/own_network.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <thread>

namespace heyhi {
namespace {

ifreq RequestFor(const char* interface) {
  ifreq request = {};
  std::strncpy(request.ifr_name, interface, sizeof request.ifr_name - 1);
  return request;
}

bool RaiseLoopback(int fd) {
  ifreq request = RequestFor("lo");
  request.ifr_flags = IFF_UP;
  return ioctl(fd, SIOCSIFFLAGS, &request) == 0;
}

bool AddAddress(int fd, const std::string& address) {
  ifreq request = RequestFor("lo:1");
  sockaddr_in own = {};
  own.sin_family = AF_INET;
  if (inet_pton(AF_INET, address.c_str(), &own.sin_addr) != 1) return false;
  std::memcpy(&request.ifr_addr, &own, sizeof own);
  return ioctl(fd, SIOCSIFADDR, &request) == 0;
}

bool MakeNetwork(const std::string& address) {
  if (unshare(CLONE_NEWNET) != 0) return false;  // this thread's alone
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool made = RaiseLoopback(fd) && AddAddress(fd, address);
  close(fd);
  return made;
}

}  // namespace

bool RunInOwnNetwork(const std::string& address, const std::function<void()>& body) {
  bool made = false;
  std::thread thread([&] {
    made = MakeNetwork(address);
    if (made) body();
  });
  thread.join();
  return made;
}

}  // namespace heyhi
