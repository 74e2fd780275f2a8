#include "serving/metric_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace heyhi {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

std::string TextOf(const MetricTable& table) {
  std::string text;
  table.WriteText(&text);
  return text;
}

std::string TextOf(const prometheus::Registry& registry) {
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

std::vector<std::string> LinesOf(const std::string& text) { return absl::StrSplit(text, '\n'); }

// The samples of a text, from name and labels to the value's text.
std::map<std::string, std::string> SamplesOf(const std::string& text) {
  std::map<std::string, std::string> samples;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (line[0] == '#') continue;
    const auto blank = line.rfind(' ');
    const bool is_new = samples.emplace(line.substr(0, blank), line.substr(blank + 1)).second;
    EXPECT_TRUE(is_new) << line;
  }
  return samples;
}

// As Prometheus reads a value, which takes every spelling of NaN and infinity.
double ParseValue(const std::string& text) {
  double value = 0;
  EXPECT_TRUE(absl::SimpleAtod(text, &value)) << text;
  return value;
}

bool SameValue(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// The library writes 16 digits; a double may need 17.
bool SameValueIn16Digits(double ours, double theirs) {
  return SameValue(ours, theirs) || std::abs(ours - theirs) <= std::abs(ours) * 1e-15;
}

// The same samples with the same values, whatever their order and spelling.
void ExpectSameSamples(const std::string& ours, const std::string& theirs) {
  const auto our_samples = SamplesOf(ours);
  const auto their_samples = SamplesOf(theirs);
  EXPECT_EQ(our_samples.size(), their_samples.size());
  for (const auto& [name, value] : their_samples) {
    const auto found = our_samples.find(name);
    ASSERT_NE(found, our_samples.end()) << name;
    EXPECT_PRED2(SameValueIn16Digits, ParseValue(found->second), ParseValue(value)) << name;
  }
}

// Values as different as doubles can be; always the same ones.
std::vector<double> ManyValues() {
  std::vector<double> values = {0,
                                -0.0,
                                1,
                                -1,
                                0.1,
                                1.0 / 3,
                                1e6,
                                1e15,
                                1e16,
                                1e21,
                                1e-7,
                                5e-324,
                                123456.789,
                                1e308,
                                -1e308,
                                kInfinity,
                                -kInfinity,
                                kNotANumber,
                                9007199254740993.0,
                                0.30000000000000004};
  std::mt19937_64 random(7);
  while (values.size() < 2000) {
    const double value =
        std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 200) - 130);
    values.push_back(random() % 2 == 0 ? value : -value);
  }
  return values;
}

// Label values that need an escape, and some that only look so.
const std::vector<std::string> kLabelValues = {"",           "plain",      "quo\"te", "back\\slash",
                                               "new\nline",  "\\n",        "a,b=c",   "{curly} end",
                                               "\\\"\n\\\"", "t\xc3\xbcr", "'",       "\\"};

TEST(MetricTableTest, WritesPlainValuesAsTheLibraryDoes) {
  MetricTable table;
  table.AddCounter(table.AddFamily(MetricType::kCounter, "calls_total", "Calls."), {{"a", "b"}})
      .Increment(3);
  table.AddGauge(table.AddFamily(MetricType::kGauge, "up", "Whether it is up."), {}).Set(0.5);
  Histogram seconds = table.AddHistogram(
      table.AddFamily(MetricType::kHistogram, "seconds", "How long.", {0.25, 1, 10}),
      {{"code", "200"}, {"model", "m"}});

  prometheus::Registry registry;
  prometheus::BuildCounter()
      .Name("calls_total")
      .Help("Calls.")
      .Register(registry)
      .Add({{"a", "b"}})
      .Increment(3);
  prometheus::BuildGauge().Name("up").Help("Whether it is up.").Register(registry).Add({}).Set(0.5);
  auto& library_seconds = prometheus::BuildHistogram()
                              .Name("seconds")
                              .Help("How long.")
                              .Register(registry)
                              .Add({{"code", "200"}, {"model", "m"}},
                                   prometheus::Histogram::BucketBoundaries{0.25, 1, 10});
  for (const double value : {0.25, 0.5, 2.0, 64.0}) {
    seconds.Observe(value);
    library_seconds.Observe(value);
  }
  // The library writes a histogram's count and sum first.
  EXPECT_THAT(LinesOf(TextOf(table)), UnorderedElementsAreArray(LinesOf(TextOf(registry))));
}

TEST(MetricTableTest, WritesCountersThatTheLibraryAgreesWith) {
  MetricTable table;
  MetricTable::Family* family = table.AddFamily(MetricType::kCounter, "calls_total", "Calls.");
  prometheus::Registry registry;
  auto& library_family =
      prometheus::BuildCounter().Name("calls_total").Help("Calls.").Register(registry);
  double value = 1.0 / 3;
  for (const std::string& a : kLabelValues) {
    for (const std::string& b : kLabelValues) {
      table.AddCounter(family, {{"a", a}, {"b", b}}).Increment(value);
      library_family.Add({{"a", a}, {"b", b}}).Increment(value);
      value *= 1.7;
    }
  }
  ExpectSameSamples(TextOf(table), TextOf(registry));
}

TEST(MetricTableTest, WritesGaugesThatTheLibraryAgreesWith) {
  MetricTable table;
  MetricTable::Family* family = table.AddFamily(MetricType::kGauge, "value", "A value.");
  prometheus::Registry registry;
  auto& library_family = prometheus::BuildGauge().Name("value").Help("A value.").Register(registry);
  int index = 0;
  for (const double value : ManyValues()) {
    const std::string label = std::to_string(index++);
    table.AddGauge(family, {{"index", label}}).Set(value);
    library_family.Add({{"index", label}}).Set(value);
  }
  ExpectSameSamples(TextOf(table), TextOf(registry));
}

TEST(MetricTableTest, WritesHistogramsThatTheLibraryAgreesWith) {
  const std::vector<double> bounds = {-1, 0, 0.005, 0.1, 1, 2.5, 1000, 1e6};
  MetricTable table;
  MetricTable::Family* family = table.AddFamily(MetricType::kHistogram, "seconds", "Time.", bounds);
  prometheus::Registry registry;
  auto& library_family =
      prometheus::BuildHistogram().Name("seconds").Help("Time.").Register(registry);
  std::mt19937 random(3);
  std::lognormal_distribution<double> seconds(0, 3);
  for (const std::string& label : kLabelValues) {
    Histogram ours = table.AddHistogram(family, {{"model", label}});
    auto& theirs =
        library_family.Add({{"model", label}}, prometheus::Histogram::BucketBoundaries(bounds));
    for (int i = 0; i < 200; ++i) {
      const double value = i < 8 ? bounds[static_cast<std::size_t>(i)] : seconds(random);
      ours.Observe(value);
      theirs.Observe(value);
    }
  }
  ExpectSameSamples(TextOf(table), TextOf(registry));
}

TEST(MetricTableTest, EscapesLabelValues) {
  MetricTable table;
  table.AddGauge(table.AddFamily(MetricType::kGauge, "g", "h"), {{"a", "q\"b\\n\n"}}).Set(1);
  EXPECT_THAT(TextOf(table), HasSubstr("g{a=\"q\\\"b\\\\n\\n\"} 1\n"));
}

TEST(MetricTableTest, EscapesHelpButNotItsQuotes) {
  MetricTable table;
  table.AddGauge(table.AddFamily(MetricType::kGauge, "g", "a \"b\"\\\nc"), {}).Set(1);
  EXPECT_EQ(TextOf(table), "# HELP g a \"b\"\\\\\\nc\n# TYPE g gauge\ng 1\n");
}

TEST(MetricTableTest, HidesAGaugeUntilItIsSet) {
  MetricTable table;
  MetricTable::Family* family = table.AddFamily(MetricType::kGauge, "g", "h");
  table.AddGauge(family, {{"a", "set"}}).Set(0);
  Gauge unset = table.AddGauge(family, {{"a", "unset"}});
  EXPECT_EQ(TextOf(table), "# HELP g h\n# TYPE g gauge\ng{a=\"set\"} 0\n");
  unset.Set(2);
  EXPECT_THAT(TextOf(table), HasSubstr("g{a=\"unset\"} 2\n"));
}

TEST(MetricTableTest, LeavesOutFamiliesWithoutSeries) {
  MetricTable table;
  table.AddFamily(MetricType::kCounter, "none_total", "Never used.");
  table.AddGauge(table.AddFamily(MetricType::kGauge, "hidden", "Never set."), {});
  EXPECT_EQ(TextOf(table), "");
}

TEST(MetricTableTest, ShowsCountersAndHistogramsAtZero) {
  MetricTable table;
  table.AddCounter(table.AddFamily(MetricType::kCounter, "c_total", "C."), {});
  table.AddHistogram(table.AddFamily(MetricType::kHistogram, "h", "H.", {1}), {});
  EXPECT_EQ(TextOf(table),
            "# HELP c_total C.\n# TYPE c_total counter\nc_total 0\n"
            "# HELP h H.\n# TYPE h histogram\n"
            "h_bucket{le=\"1\"} 0\nh_bucket{le=\"+Inf\"} 0\nh_sum 0\nh_count 0\n");
}

TEST(MetricTableTest, KeepsTheOrderOfDeclaration) {
  MetricTable table;
  MetricTable::Family* late = table.AddFamily(MetricType::kCounter, "z_total", "Z.");
  table.AddCounter(table.AddFamily(MetricType::kCounter, "a_total", "A."), {});
  table.AddCounter(late, {{"n", "2"}});
  table.AddCounter(late, {{"n", "1"}});
  const std::string text = TextOf(table);
  EXPECT_LT(text.find("z_total{n=\"2\"}"), text.find("z_total{n=\"1\"}"));
  EXPECT_LT(text.find("z_total{n=\"1\"}"), text.find("a_total"));
}

TEST(MetricTableTest, AppendsToTheTextThatIsThere) {
  MetricTable table;
  table.AddCounter(table.AddFamily(MetricType::kCounter, "c_total", "C."), {});
  std::string text = "before\n";
  table.WriteText(&text);
  EXPECT_THAT(text, ::testing::StartsWith("before\n# HELP c_total"));
}

TEST(MetricTableTest, AGroupSharesItsLabels) {
  MetricTable table;
  auto* counters = table.AddFamily(MetricType::kCounter, "c_total", "C.");
  auto* gauges = table.AddFamily(MetricType::kGauge, "g", "G.");
  auto* histograms = table.AddFamily(MetricType::kHistogram, "h", "H.", {1});
  const auto* group = table.AddGroup({{"a", "1"}, {"b", "\"2\""}});
  table.AddCounter(counters, {}, group);
  table.AddCounter(counters, {{"c", "3"}}, group);
  table.AddGauge(gauges, {}, table.AddGroup({})).Set(4);
  table.AddHistogram(histograms, {{"c", "3"}}, group);
  EXPECT_EQ(TextOf(table),
            "# HELP c_total C.\n# TYPE c_total counter\n"
            "c_total{a=\"1\",b=\"\\\"2\\\"\"} 0\n"
            "c_total{a=\"1\",b=\"\\\"2\\\"\",c=\"3\"} 0\n"
            "# HELP g G.\n# TYPE g gauge\ng 4\n"
            "# HELP h H.\n# TYPE h histogram\n"
            "h_bucket{a=\"1\",b=\"\\\"2\\\"\",c=\"3\",le=\"1\"} 0\n"
            "h_bucket{a=\"1\",b=\"\\\"2\\\"\",c=\"3\",le=\"+Inf\"} 0\n"
            "h_sum{a=\"1\",b=\"\\\"2\\\"\",c=\"3\"} 0\n"
            "h_count{a=\"1\",b=\"\\\"2\\\"\",c=\"3\"} 0\n");
}

TEST(MetricTableTest, AGroupGoesWithAllItsSeriesAndNoOthers) {
  MetricTable table;
  auto* counters = table.AddFamily(MetricType::kCounter, "c_total", "C.");
  auto* gauges = table.AddFamily(MetricType::kGauge, "g", "G.");
  auto* histograms = table.AddFamily(MetricType::kHistogram, "h", "H.", {1});
  auto* leaves = table.AddGroup({{"x", "leaves"}});
  auto* leaves_too = table.AddGroup({{"x", "leaves_too"}});
  const auto* stays = table.AddGroup({{"x", "stays"}});
  Counter kept = table.AddCounter(counters, {}, stays);
  for (const auto* group : {leaves, leaves_too}) {
    table.AddCounter(counters, {}, group);
    table.AddGauge(gauges, {}, group).Set(1);
    table.AddHistogram(histograms, {}, group);
  }
  table.AddCounter(counters, {{"x", "alone"}});
  table.RemoveGroups({leaves, leaves_too});
  kept.Increment();
  EXPECT_EQ(TextOf(table),
            "# HELP c_total C.\n# TYPE c_total counter\n"
            "c_total{x=\"stays\"} 1\nc_total{x=\"alone\"} 0\n");
}

TEST(MetricTableTest, ReadsValuesBack) {
  MetricTable table;
  Counter counter = table.AddCounter(table.AddFamily(MetricType::kCounter, "c_total", "C."), {});
  Gauge gauge = table.AddGauge(table.AddFamily(MetricType::kGauge, "g", "G."), {});
  counter.Increment();
  counter.Increment(0.5);
  gauge.Set(-3);
  EXPECT_EQ(counter.value(), 1.5);
  EXPECT_EQ(gauge.value(), -3);
}

TEST(MetricTableTest, NeverLetsACounterFall) {
  MetricTable table;
  Counter counter = table.AddCounter(table.AddFamily(MetricType::kCounter, "c_total", "C."), {});
  counter.Increment(2);
  counter.Increment(-1);
  EXPECT_EQ(counter.value(), 2);
}

TEST(MetricTableTest, CountsEveryIncrementWhileItIsWritten) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 5000;
  MetricTable table;
  MetricTable::Family* counters = table.AddFamily(MetricType::kCounter, "c_total", "C.");
  MetricTable::Family* gauges = table.AddFamily(MetricType::kGauge, "g", "G.");
  MetricTable::Family* histograms = table.AddFamily(MetricType::kHistogram, "h", "H.", {1, 2});
  Counter shared = table.AddCounter(counters, {{"thread", "all"}});
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const MetricLabels labels = {{"thread", std::to_string(i)}};
      Counter counter = table.AddCounter(counters, labels);
      Gauge gauge = table.AddGauge(gauges, labels);
      Histogram histogram = table.AddHistogram(histograms, labels);
      for (int round = 0; round < kRounds; ++round) {
        counter.Increment();
        shared.Increment();
        gauge.Set(round);
        histogram.Observe(round % 3);
      }
    });
  }
  for (int i = 0; i < 50; ++i) EXPECT_THAT(TextOf(table), HasSubstr("c_total{thread=\"all\"} "));
  for (std::thread& thread : threads) thread.join();
  auto samples = SamplesOf(TextOf(table));
  EXPECT_EQ(samples["c_total{thread=\"all\"}"], std::to_string(kThreads * kRounds));
  EXPECT_EQ(samples["h_count{thread=\"3\"}"], std::to_string(kRounds));
}

struct ValueCase {
  double value;
  std::string text;
};

TEST(FormatMetricValueTest, WritesTheShortestFormThatReadsBackEqual) {
  const ValueCase cases[] = {{0, "0"},
                             {-0.0, "0"},
                             {1, "1"},
                             {-1, "-1"},
                             {0.1, "0.1"},
                             {2.5, "2.5"},
                             {1e6, "1000000"},
                             {999999999999999, "999999999999999"},
                             {1e15, "1e+15"},
                             {1e16, "1e+16"},
                             {1.0 / 3, "0.3333333333333333"},
                             {1767323045.678, "1767323045.678"},
                             {1e-9, "1e-09"},
                             {kInfinity, "+Inf"},
                             {-kInfinity, "-Inf"},
                             {kNotANumber, "NaN"},
                             {-kNotANumber, "NaN"}};
  for (const ValueCase& c : cases) EXPECT_EQ(FormatMetricValue(c.value), c.text);
}

TEST(FormatMetricValueTest, ReadsBackEqual) {
  for (const double value : ManyValues()) {
    EXPECT_PRED2(SameValue, ParseValue(FormatMetricValue(value)), value);
  }
}

}  // namespace
}  // namespace heyhi
