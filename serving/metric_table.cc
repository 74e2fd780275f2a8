#include "serving/metric_table.h"

#include <prometheus/client_metric.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

namespace heyhi {
namespace {

void AppendValue(std::string* out, double value) {
  constexpr double kExactIntegers = 1e15;
  char text[32];
  if (std::isnan(value)) {
    out->append("NaN");
  } else if (std::isinf(value)) {
    out->append(value > 0 ? "+Inf" : "-Inf");
  } else if (std::trunc(value) == value && std::abs(value) < kExactIntegers) {
    const auto end = std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(value)).ptr;
    out->append(text, end);
  } else {
    out->append(text, std::to_chars(text, text + sizeof text, value).ptr);
  }
}

void AppendEscaped(std::string* out, const std::string& text, bool escape_quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out->append("\\\\");
    } else if (c == '\n') {
      out->append("\\n");
    } else if (c == '"' && escape_quotes) {
      out->append("\\\"");
    } else {
      out->push_back(c);
    }
  }
}

std::string RenderLabels(const MetricLabels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text.push_back(',');
    text.append(name).append("=\"");
    AppendEscaped(&text, value, /*escape_quotes=*/true);
    text.push_back('"');
  }
  return text;
}

}  // namespace

class MetricTable::Group {
 public:
  explicit Group(std::string labels) : labels_(std::move(labels)) {}
  const std::string& labels() const { return labels_; }
  bool leaves() const { return leaves_; }
  void Leave() { leaves_ = true; }

 private:
  const std::string labels_;
  bool leaves_ = false;
};

namespace {

// What all kinds of series have.
struct SeriesLabels {
  std::string own;                            // rendered; after the group's
  const MetricTable::Group* group = nullptr;  // null: it stays as long as the table
};

struct CounterSeries {
  SeriesLabels labels;
  prometheus::Counter value;
};

struct GaugeSeries {
  SeriesLabels labels;
  prometheus::Gauge value;
  std::atomic<bool> visible{false};
};

struct HistogramSeries {
  HistogramSeries(SeriesLabels text, const std::vector<double>& buckets)
      : labels(std::move(text)), value(buckets) {}
  SeriesLabels labels;
  prometheus::Histogram value;
};

// Series do not move: handles point to them.
template <typename Series>
void EraseLeaving(std::vector<std::unique_ptr<Series>>& all) {
  std::erase_if(all, [](const std::unique_ptr<Series>& series) {
    return series->labels.group != nullptr && series->labels.group->leaves();
  });
}

}  // namespace

class MetricTable::Family {
 public:
  Family(MetricType type, std::string name, const std::string& help, std::vector<double> buckets)
      : name_(std::move(name)), buckets_(std::move(buckets)) {
    header_.append("# HELP ").append(name_).push_back(' ');
    AppendEscaped(&header_, help, /*escape_quotes=*/false);
    header_.append("\n# TYPE ").append(name_);
    header_.append(type == MetricType::kCounter ? " counter\n"
                   : type == MetricType::kGauge ? " gauge\n"
                                                : " histogram\n");
    for (const double bound : buckets_) bounds_.push_back(FormatMetricValue(bound));
    bounds_.emplace_back("+Inf");
  }

  CounterSeries* AddCounter(SeriesLabels labels) {
    counters_.push_back(std::make_unique<CounterSeries>());
    counters_.back()->labels = std::move(labels);
    return counters_.back().get();
  }
  GaugeSeries* AddGauge(SeriesLabels labels) {
    gauges_.push_back(std::make_unique<GaugeSeries>());
    gauges_.back()->labels = std::move(labels);
    return gauges_.back().get();
  }
  HistogramSeries* AddHistogram(SeriesLabels labels) {
    histograms_.push_back(std::make_unique<HistogramSeries>(std::move(labels), buckets_));
    return histograms_.back().get();
  }

  // Those of groups that leave.
  void EraseSeries() {
    EraseLeaving(counters_);
    EraseLeaving(gauges_);
    EraseLeaving(histograms_);
  }

  // A family without visible series is left out.
  void WriteText(std::string* out) const {
    const std::size_t start = out->size();
    out->append(header_);
    const std::size_t first_sample = out->size();
    for (const auto& series : counters_) WriteLine(out, "", series->labels, series->value.Value());
    for (const auto& series : gauges_) {
      if (series->visible.load(std::memory_order_acquire)) {
        WriteLine(out, "", series->labels, series->value.Value());
      }
    }
    for (const auto& series : histograms_) WriteHistogram(out, *series);
    if (out->size() == first_sample) out->resize(start);
  }

 private:
  void WriteName(std::string* out, std::string_view suffix, const SeriesLabels& labels,
                 const std::string* bound) const {
    out->append(name_).append(suffix);
    char separator = '{';
    const auto begin_label = [&] {
      out->push_back(separator);
      separator = ',';
    };
    if (labels.group != nullptr && !labels.group->labels().empty()) {
      begin_label();
      out->append(labels.group->labels());
    }
    if (!labels.own.empty()) {
      begin_label();
      out->append(labels.own);
    }
    if (bound != nullptr) {
      begin_label();
      out->append("le=\"").append(*bound).push_back('"');
    }
    if (separator == ',') out->push_back('}');
    out->push_back(' ');
  }

  void WriteLine(std::string* out, std::string_view suffix, const SeriesLabels& labels,
                 double value, const std::string* bound = nullptr) const {
    WriteName(out, suffix, labels, bound);
    AppendValue(out, value);
    out->push_back('\n');
  }

  void WriteHistogram(std::string* out, const HistogramSeries& series) const {
    const prometheus::ClientMetric collected = series.value.Collect();
    const auto& histogram = collected.histogram;
    for (std::size_t i = 0; i < histogram.bucket.size(); ++i) {
      WriteLine(out, "_bucket", series.labels,
                static_cast<double>(histogram.bucket[i].cumulative_count), &bounds_[i]);
    }
    WriteLine(out, "_sum", series.labels, histogram.sample_sum);
    WriteLine(out, "_count", series.labels, static_cast<double>(histogram.sample_count));
  }

  const std::string name_;
  const std::vector<double> buckets_;
  std::string header_;
  std::vector<std::string> bounds_;  // the le texts, "+Inf" last
  std::vector<std::unique_ptr<CounterSeries>> counters_;
  std::vector<std::unique_ptr<GaugeSeries>> gauges_;
  std::vector<std::unique_ptr<HistogramSeries>> histograms_;
};

void Counter::Increment(double by) { series_->Increment(by); }
double Counter::value() const { return series_->Value(); }

void Gauge::Set(double value) {
  series_->Set(value);
  visible_->store(true, std::memory_order_release);
}
double Gauge::value() const { return series_->Value(); }

void Histogram::Observe(double value) { series_->Observe(value); }

MetricTable::MetricTable() = default;
MetricTable::~MetricTable() = default;

MetricTable::Family* MetricTable::AddFamily(MetricType type, const std::string& name,
                                            const std::string& help, std::vector<double> buckets) {
  const MutexLock lock(&mutex_);
  families_.push_back(std::make_unique<Family>(type, name, help, std::move(buckets)));
  return families_.back().get();
}

MetricTable::Group* MetricTable::AddGroup(const MetricLabels& labels) {
  auto group = std::make_unique<Group>(RenderLabels(labels));
  Group* const handle = group.get();
  const MutexLock lock(&mutex_);
  groups_.emplace(handle, std::move(group));
  return handle;
}

void MetricTable::RemoveGroups(const std::vector<Group*>& groups) {
  if (groups.empty()) return;
  const MutexLock lock(&mutex_);
  for (Group* const group : groups) group->Leave();
  for (const auto& family : families_) family->EraseSeries();
  for (const Group* const group : groups) groups_.erase(group);
}

Counter MetricTable::AddCounter(Family* family, const MetricLabels& labels, const Group* group) {
  SeriesLabels text{RenderLabels(labels), group};
  const MutexLock lock(&mutex_);
  return Counter(&family->AddCounter(std::move(text))->value);
}

Gauge MetricTable::AddGauge(Family* family, const MetricLabels& labels, const Group* group) {
  SeriesLabels text{RenderLabels(labels), group};
  const MutexLock lock(&mutex_);
  GaugeSeries* series = family->AddGauge(std::move(text));
  return Gauge(&series->value, &series->visible);
}

Histogram MetricTable::AddHistogram(Family* family, const MetricLabels& labels,
                                    const Group* group) {
  SeriesLabels text{RenderLabels(labels), group};
  const MutexLock lock(&mutex_);
  return Histogram(&family->AddHistogram(std::move(text))->value);
}

void MetricTable::ChangeAsAWhole(const std::function<void()>& change) {
  const MutexLock lock(&whole_mutex_);
  change();
}

void MetricTable::WriteText(std::string* out) const {
  const MutexLock whole_lock(&whole_mutex_);
  for (std::size_t i = 0;; ++i) {
    const MutexLock lock(&mutex_);
    if (i >= families_.size()) return;
    families_[i]->WriteText(out);
  }
}

std::string FormatMetricValue(double value) {
  std::string text;
  AppendValue(&text, value);
  return text;
}

}  // namespace heyhi
