#ifndef HEYHI_SERVING_PROCESS_METRICS_H_
#define HEYHI_SERVING_PROCESS_METRICS_H_

#include "serving/metric_table.h"

namespace heyhi {

// What the conventional process_* metrics say. Absent facts are negative.
struct ProcessStats {
  double cpu_seconds = -1;
  double resident_memory_bytes = -1;
  double virtual_memory_bytes = -1;
  double open_fds = -1;
  double max_fds = -1;
  double start_time_seconds = -1;
};

// Reads /proc; where that is not mounted, what getrusage and getrlimit know.
ProcessStats ReadProcessStats();

// The process_* families of a table. Thread-compatible.
class ProcessMetrics {
 public:
  explicit ProcessMetrics(MetricTable& table);
  // Called before each scrape is written. Negative values are left out.
  void Update(const ProcessStats& stats);

 private:
  Counter cpu_seconds_;
  Gauge open_fds_;
  Gauge max_fds_;
  Gauge virtual_memory_;
  Gauge resident_memory_;
  Gauge start_time_;
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_PROCESS_METRICS_H_
