#include "probes/arrival.h"

#include <linux/net_tstamp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace heyhi {
namespace {

// What the kernel sends along: of three times the first is that of its software.
struct KernelTimes {
  timespec software;
  timespec unused[2];
};

}  // namespace

void NoteArrivals(int fd) {
  const unsigned flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  static_cast<void>(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags));
}

// Never connected nor bound.
ArrivalClock::ArrivalClock() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (fd_ >= 0) NoteArrivals(fd_);
}

ArrivalClock::~ArrivalClock() {
  if (fd_ >= 0) close(fd_);
}

Arrival LookAtArrival(int fd) {
  char bytes[4096];
  iovec part = {bytes, sizeof bytes};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(KernelTimes))];
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t size = recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT);
  if (size < 0 && errno != EAGAIN && errno != EINTR) return {std::nullopt, errno};
  if (size <= 0) return {};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_level != SOL_SOCKET ||
      header->cmsg_type != SCM_TIMESTAMPING || header->cmsg_len < CMSG_LEN(sizeof(KernelTimes))) {
    return {};
  }
  KernelTimes times;
  std::memcpy(&times, CMSG_DATA(header), sizeof times);
  if (times.software.tv_sec == 0) return {};
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);  // the clock that the kernel stamps by
  return {absl::DurationFromTimespec(now) - absl::DurationFromTimespec(times.software)};
}

}  // namespace heyhi
