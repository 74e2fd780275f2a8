// heyhi-bench-metrics: what writing /metrics costs in processor time, beside
// prometheus-cpp's own registry and serializer with the same series. Prints one line of
// JSON. Usage: heyhi-bench-metrics TARGETS ROUNDS
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cstdio>
#include <ctime>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "exporter/latency_buckets.h"
#include "exporter/probe_metrics.h"
#include "serving/metric_table.h"

namespace heyhi {
namespace {

double CpuSeconds() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return absl::ToDoubleSeconds(absl::DurationFromTimespec(time));
}

// A table as the exporter's after a good probe of each target.
void Fill(std::size_t targets, ProbeMetrics& metrics) {
  for (std::size_t i = 0; i < targets; ++i) {
    auto target = std::make_shared<Target>();
    target->id = {absl::StrCat("provider-", i / 200), absl::StrCat("model-", i % 200), "chat",
                  "region"};
    metrics.SetTarget(i, target, /*has_price=*/true);
    metrics.SetSchedule(i, TargetState::kSteady, absl::Minutes(2));
    ProbeResult result;
    result.target = target->id;
    result.outcome = Outcome::kOk;
    result.http_status = 200;
    result.completed_at = absl::FromUnixMicros(1790000000123456);
    result.times.dns = absl::Microseconds(1234);
    result.times.connect = absl::Microseconds(12345);
    result.times.tls = absl::Microseconds(34567);
    result.times.request_sent = result.times.tls;
    result.times.first_byte = absl::Microseconds(456789);
    result.times.total = absl::Microseconds(467891);
    result.usage = {8, 1};
    result.cost_usd = 0.00000234;
    result.headroom.requests = 0.75;
    result.headroom.tokens = 0.999;
    result.rerouted = false;
    metrics.Completed(i, result, Trigger::kScheduled);
  }
}

std::map<std::string, std::string> LabelsOf(absl::string_view text) {
  std::map<std::string, std::string> labels;
  for (const absl::string_view label : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(label, absl::MaxSplits('=', 1));
    labels[std::string(parts.first)] =
        std::string(absl::StripSuffix(absl::StripPrefix(parts.second, "\""), "\""));
  }
  return labels;
}

// The same series, with prometheus-cpp.
void Copy(const std::string& text, prometheus::Registry& registry) {
  std::string type;
  std::string name;
  prometheus::Family<prometheus::Counter>* counters = nullptr;
  prometheus::Family<prometheus::Gauge>* gauges = nullptr;
  prometheus::Family<prometheus::Histogram>* histograms = nullptr;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (absl::StartsWith(line, "# HELP")) continue;
    if (absl::StartsWith(line, "# TYPE ")) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ');
      name = words[2];
      type = words[3];
      if (type == "counter") counters = &prometheus::BuildCounter().Name(name).Register(registry);
      if (type == "gauge") gauges = &prometheus::BuildGauge().Name(name).Register(registry);
      if (type == "histogram") {
        histograms = &prometheus::BuildHistogram().Name(name).Register(registry);
      }
      continue;
    }
    const std::size_t open = line.find('{');
    const std::size_t close = line.rfind('}');
    const std::size_t blank = line.rfind(' ');
    double value = 0;
    static_cast<void>(absl::SimpleAtod(line.substr(blank + 1), &value));
    const auto labels = LabelsOf(open == line.npos ? "" : line.substr(open + 1, close - open - 1));
    if (type == "counter") {
      counters->Add(labels).Increment(value);
    } else if (type == "gauge") {
      gauges->Add(labels).Set(value);
    } else if (absl::EndsWith(line.substr(0, open), "_count")) {
      const std::vector<double> bounds =
          name == "heyhi_scheduled_probe_duration_seconds"
              ? std::vector<double>(std::begin(kScheduledDurationBuckets),
                                    std::end(kScheduledDurationBuckets))
              : std::vector<double>(std::begin(kDurationBuckets), std::end(kDurationBuckets));
      auto& histogram = histograms->Add(labels, bounds);
      for (int i = 0; i < static_cast<int>(value); ++i) histogram.Observe(0.467891);
    }
  }
}

int Main(std::size_t targets, int rounds) {
  MetricTable table;
  ProbeMetrics metrics(table);
  Fill(targets, metrics);
  std::string text;
  table.WriteText(&text);
  prometheus::Registry registry;
  Copy(text, registry);
  double ours = 0;
  double theirs = 0;
  std::size_t their_size = 0;
  for (int i = 0; i < rounds; ++i) {
    const double begun = CpuSeconds();
    text.clear();  // its memory is used again, as the exporter does
    table.WriteText(&text);
    const double between = CpuSeconds();
    their_size = prometheus::TextSerializer().Serialize(registry.Collect()).size();
    ours += between - begun;
    theirs += CpuSeconds() - between;
  }
  std::printf("{\"ours_seconds\":%.6f,\"theirs_seconds\":%.6f,\"bytes\":%zu,\"their_bytes\":%zu}\n",
              ours / rounds, theirs / rounds, text.size(), their_size);
  return 0;
}

}  // namespace
}  // namespace heyhi

int main(int argc, char** argv) {
  int targets = 0;
  int rounds = 0;
  if (argc != 3 || !absl::SimpleAtoi(argv[1], &targets) || !absl::SimpleAtoi(argv[2], &rounds) ||
      targets < 1 || rounds < 1) {
    std::fprintf(stderr, "usage: heyhi-bench-metrics TARGETS ROUNDS\n");
    return 64;
  }
  return heyhi::Main(static_cast<std::size_t>(targets), rounds);
}
