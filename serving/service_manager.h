#ifndef HEYHI_SERVING_SERVICE_MANAGER_H_
#define HEYHI_SERVING_SERVICE_MANAGER_H_

#include <string>

#include "absl/time/time.h"

namespace heyhi {

// Tells systemd, or whatever started the program and listens as it does, how things are
// (sd_notify(3)); where nobody listens nothing happens. Made while the program has one
// thread, since it reads and clears the environment. Thread-safe afterwards.
class ServiceManager {
 public:
  ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;
  ~ServiceManager();

  // The program serves. `status` is a line for people.
  void Ready(const std::string& status);
  void Stopping();
  // It still does its work. Wanted at least every watchdog_interval().
  void Alive();
  // Half of what the manager waits for; infinite where it does not watch.
  absl::Duration watchdog_interval() const { return watchdog_interval_; }

 private:
  void Send(const std::string& message) const;

  int fd_ = -1;
  absl::Duration watchdog_interval_ = absl::InfiniteDuration();
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_SERVICE_MANAGER_H_
