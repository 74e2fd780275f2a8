#ifndef HEYHI_PROBES_ARRIVAL_H_
#define HEYHI_PROBES_ARRIVAL_H_

#include <optional>

#include "absl/time/time.h"

namespace heyhi {

// When bytes reached this machine, as the kernel noted it: a probe is not longer because
// its process was busy with another one, or waited for a processor. See Linux'
// Documentation/networking/timestamping.rst (SO_TIMESTAMPING).

// Asks the kernel to note it on this socket. Best effort.
void NoteArrivals(int fd);

// Keeps the kernel's clock for it running: it patches its own code each time that the
// first socket asks for the times, or the last one goes, for 0.5 ms a time.
class ArrivalClock {
 public:
  ArrivalClock();
  ArrivalClock(const ArrivalClock&) = delete;
  ArrivalClock& operator=(const ArrivalClock&) = delete;
  ~ArrivalClock();

 private:
  int fd_;
};

struct Arrival {
  // How long ago the newest of the bytes that wait in the socket arrived (of the first
  // 4 KiB). Absent where none wait, or the kernel did not note it. Not exact where the
  // wall clock was set meanwhile: the caller bounds it by what it knows.
  std::optional<absl::Duration> age;
  // The errno that waited in the place of bytes, or 0. Nobody is told of it again.
  int error = 0;
};
// Takes no bytes.
Arrival LookAtArrival(int fd);

}  // namespace heyhi

#endif  // HEYHI_PROBES_ARRIVAL_H_
