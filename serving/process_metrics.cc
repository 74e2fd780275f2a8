#include "serving/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace heyhi {
namespace {

std::string ReadWholeFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

double CountOpenFds() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return -1;
  int count = -3;  // ".", ".." and the descriptor of the listing itself
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

// The n-th field of /proc/self/stat as proc(5) counts them, from 3 on: those
// before hold the program's name, which may contain spaces.
double StatField(const std::vector<std::string>& fields, std::size_t number) {
  double value = -1;
  if (number - 3 >= fields.size() || !absl::SimpleAtod(fields[number - 3], &value)) return -1;
  return value;
}

double BootTimeSeconds() {
  double value = -1;
  const std::string text = ReadWholeFile("/proc/stat");
  const auto at = text.find("btime ");
  if (at == std::string::npos) return -1;
  const std::string number = text.substr(at + 6, text.find('\n', at) - at - 6);
  return absl::SimpleAtod(number, &value) ? value : -1;
}

}  // namespace

ProcessStats ReadProcessStats() {
  ProcessStats stats;
  rusage usage = {};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    stats.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_fds = static_cast<double>(limit.rlim_cur);
  stats.open_fds = CountOpenFds();

  const std::string text = ReadWholeFile("/proc/self/stat");
  const auto name_end = text.rfind(") ");
  if (name_end == std::string::npos) return stats;
  const std::vector<std::string> fields =
      absl::StrSplit(text.substr(name_end + 2), absl::ByAnyChar(" \n"));
  stats.virtual_memory_bytes = StatField(fields, 23);
  const double pages = StatField(fields, 24);
  if (pages >= 0) {
    stats.resident_memory_bytes = pages * static_cast<double>(sysconf(_SC_PAGESIZE));
  }
  const double start_ticks = StatField(fields, 22);
  const double boot = BootTimeSeconds();
  if (start_ticks >= 0 && boot >= 0) {
    stats.start_time_seconds = boot + start_ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  return stats;
}

ProcessMetrics::ProcessMetrics(MetricTable& table) {
  const auto gauge = [&table](const char* name, const char* help) {
    return table.AddGauge(table.AddFamily(MetricType::kGauge, name, help), {});
  };
  cpu_seconds_ =
      table.AddCounter(table.AddFamily(MetricType::kCounter, "process_cpu_seconds_total",
                                       "Total user and system CPU time spent in seconds."),
                       {});
  open_fds_ = gauge("process_open_fds", "Number of open file descriptors.");
  max_fds_ = gauge("process_max_fds", "Maximum number of open file descriptors.");
  virtual_memory_ = gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.");
  resident_memory_ = gauge("process_resident_memory_bytes", "Resident memory size in bytes.");
  start_time_ =
      gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.");
}

void ProcessMetrics::Update(const ProcessStats& stats) {
  const double cpu_grown = stats.cpu_seconds - cpu_seconds_.value();
  if (cpu_grown > 0) cpu_seconds_.Increment(cpu_grown);
  const auto set = [](Gauge& gauge, double value) {
    if (value >= 0) gauge.Set(value);
  };
  set(open_fds_, stats.open_fds);
  set(max_fds_, stats.max_fds);
  set(virtual_memory_, stats.virtual_memory_bytes);
  set(resident_memory_, stats.resident_memory_bytes);
  set(start_time_, stats.start_time_seconds);
}

}  // namespace heyhi
