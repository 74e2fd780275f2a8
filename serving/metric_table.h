#ifndef HEYHI_SERVING_METRIC_TABLE_H_
#define HEYHI_SERVING_METRIC_TABLE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "serving/mutex.h"

// All metrics of a program, and their text. The values live in prometheus-cpp's
// Counter, Gauge and Histogram objects; this table holds them with their label
// text rendered once, because the library's Registry takes several times the
// memory and copies every label at each scrape. It walls in prometheus-cpp: no
// other file includes that library.

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace heyhi {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

enum class MetricType { kCounter, kGauge, kHistogram };

// Handles to one series each. They stay valid while the series lives: with the table, or
// until its group is removed. Cheap to copy; may be used from any thread.
class Counter {
 public:
  explicit Counter(prometheus::Counter* series = nullptr) : series_(series) {}
  void Increment(double by = 1);
  double value() const;

 private:
  prometheus::Counter* series_;
};

class Gauge {
 public:
  explicit Gauge(prometheus::Gauge* series = nullptr, std::atomic<bool>* visible = nullptr)
      : series_(series), visible_(visible) {}
  void Set(double value);
  double value() const;

 private:
  prometheus::Gauge* series_;
  std::atomic<bool>* visible_;
};

class Histogram {
 public:
  explicit Histogram(prometheus::Histogram* series = nullptr) : series_(series) {}
  void Observe(double value);

 private:
  prometheus::Histogram* series_;
};

class MetricTable {
 public:
  // All series of one name.
  class Family;
  // Series that share their first labels and go together.
  class Group;

  MetricTable();
  ~MetricTable();

  // Declares a name once; `name` and the label names given later must be valid
  // in Prometheus' data model (programmer's duty). Families are written in the
  // order of their declaration. `buckets` are upper bounds, ascending, for
  // histograms only.
  Family* AddFamily(MetricType type, const std::string& name, const std::string& help,
                    std::vector<double> buckets = {});

  // The group is the table's own, and lives until it is removed.
  Group* AddGroup(const MetricLabels& labels);
  // Removes these groups with all their series; nothing may use them any more, nor their
  // handles. Goes through the whole table, once for all of them.
  void RemoveGroups(const std::vector<Group*>& groups);

  // Add one series, with its group's labels before its own. The label set must be new in
  // its family.
  Counter AddCounter(Family* family, const MetricLabels& labels, const Group* group = nullptr);
  Histogram AddHistogram(Family* family, const MetricLabels& labels, const Group* group = nullptr);
  // Written from the first Set on.
  Gauge AddGauge(Family* family, const MetricLabels& labels, const Group* group = nullptr);

  // Makes a change of many series that WriteText shows as a whole, or not at all.
  void ChangeAsAWhole(const std::function<void()>& change);

  // Appends everything in Prometheus' text format 0.0.4. The lock is taken for
  // one family at a time, so adding a series waits for little.
  void WriteText(std::string* out) const;

 private:
  mutable Mutex whole_mutex_;  // taken before mutex_
  mutable Mutex mutex_;
  std::vector<std::unique_ptr<Family>> families_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<const Group*, std::unique_ptr<Group>> groups_ ABSL_GUARDED_BY(mutex_);
};

// The Content-Type that goes with WriteText.
inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

// A sample value as the text format wants it: shortest form that reads back
// equal, whole numbers without exponent, "+Inf", "-Inf", "NaN".
std::string FormatMetricValue(double value);

}  // namespace heyhi

#endif  // HEYHI_SERVING_METRIC_TABLE_H_
