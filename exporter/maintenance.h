#ifndef HEYHI_EXPORTER_MAINTENANCE_H_
#define HEYHI_EXPORTER_MAINTENANCE_H_

#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "probes/target.h"

namespace heyhi {

// One time in which targets are not probed: once, or on days of each week. Half-open:
// its first minute belongs to it, its last does not. Local times are resolved in
// `zone`; one that a change of clocks leaves out means the moment of the change, one
// that comes twice means the first time where the window opens and the second where
// it closes.
struct MaintenanceWindow {
  std::vector<std::string> targets;  // "provider", "provider/model" or with its check; none: all
  absl::TimeZone zone = absl::UTCTimeZone();

  // Once, where `weekly` is false.
  absl::CivilMinute from;
  absl::CivilMinute to;

  // On these days, Monday first. The times are minutes of the day; a window that does
  // not close after it opens closes on the next day.
  bool weekly = false;
  bool days[7] = {};
  int from_minute = 0;
  int to_minute = 0;

  friend bool operator==(const MaintenanceWindow&, const MaintenanceWindow&) = default;

  bool Covers(const TargetId& target) const;
  bool IsOpen(absl::Time at) const;
  // The next moment after `at` at which it may open or close; absl::InfiniteFuture
  // where there is none.
  absl::Time NextChange(absl::Time at) const;
};

// Whether `pattern`, as MaintenanceWindow::targets has them, names `target`.
bool NamesTarget(const std::string& pattern, const TargetId& target);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_MAINTENANCE_H_
