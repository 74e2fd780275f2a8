#include "serving/process_metrics.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace heyhi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kMebibyte = 1024 * 1024;

std::string TextAfter(const std::vector<ProcessStats>& updates) {
  MetricTable table;
  ProcessMetrics metrics(table);
  for (const ProcessStats& stats : updates) metrics.Update(stats);
  std::string text;
  table.WriteText(&text);
  return text;
}

class ReadProcessStatsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (access("/proc/self/stat", R_OK) != 0) GTEST_SKIP() << "/proc is not mounted here";
  }
};

TEST_F(ReadProcessStatsTest, KnowsTheMemoryOfThisProcess) {
  const ProcessStats stats = ReadProcessStats();
  EXPECT_GT(stats.resident_memory_bytes, kMebibyte);
  EXPECT_GE(stats.virtual_memory_bytes, stats.resident_memory_bytes);
}

TEST_F(ReadProcessStatsTest, SeesTheProcessStartInThePast) {
  const double now = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  const double started = ReadProcessStats().start_time_seconds;
  EXPECT_LT(started, now + 60);
  EXPECT_GT(started, now - 24 * 3600);
}

TEST_F(ReadProcessStatsTest, CountsOpenDescriptors) {
  const double before = ReadProcessStats().open_fds;
  EXPECT_GE(before, 3);
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(ReadProcessStats().open_fds, before + 1);
  close(fd);
  EXPECT_EQ(ReadProcessStats().open_fds, before);
}

TEST_F(ReadProcessStatsTest, KnowsTheLimitOfDescriptors) {
  const ProcessStats stats = ReadProcessStats();
  EXPECT_GE(stats.max_fds, stats.open_fds);
}

TEST_F(ReadProcessStatsTest, SeesCpuTimeGrow) {
  const double before = ReadProcessStats().cpu_seconds;
  EXPECT_GE(before, 0);
  volatile double sink = 0;
  const absl::Time limit = absl::Now() + absl::Seconds(60);
  while (ReadProcessStats().cpu_seconds <= before && absl::Now() < limit) sink = sink + 1;
  EXPECT_GT(ReadProcessStats().cpu_seconds, before);
}

TEST(ProcessMetricsTest, WritesTheConventionalNames) {
  const std::string text = TextAfter({{1.5, 2, 3, 4, 5, 6}});
  EXPECT_THAT(text, HasSubstr("\nprocess_cpu_seconds_total 1.5\n"));
  EXPECT_THAT(text, HasSubstr("\nprocess_resident_memory_bytes 2\n"));
  EXPECT_THAT(text, HasSubstr("\nprocess_virtual_memory_bytes 3\n"));
  EXPECT_THAT(text, HasSubstr("\nprocess_open_fds 4\n"));
  EXPECT_THAT(text, HasSubstr("\nprocess_max_fds 5\n"));
  EXPECT_THAT(text, HasSubstr("\nprocess_start_time_seconds 6\n"));
}

TEST(ProcessMetricsTest, LeavesOutWhatIsNotKnown) {
  const std::string text = TextAfter({{1.5, -1, -1, 4, -1, -1}});
  EXPECT_THAT(text, HasSubstr("process_open_fds 4"));
  EXPECT_THAT(text, Not(HasSubstr("memory")));
  EXPECT_THAT(text, Not(HasSubstr("start_time")));
}

TEST(ProcessMetricsTest, FollowsTheLastUpdate) {
  const std::string text = TextAfter({{1, 10, 10, 10, 10, 10}, {4, 20, 20, 20, 20, 20}});
  EXPECT_THAT(text, HasSubstr("\nprocess_cpu_seconds_total 4\n"));
  EXPECT_THAT(text, HasSubstr("\nprocess_open_fds 20\n"));
}

TEST(ProcessMetricsTest, NeverLetsCpuTimeFall) {
  ProcessStats absent;
  EXPECT_THAT(TextAfter({{4, 1, 1, 1, 1, 1}, {3, 1, 1, 1, 1, 1}, absent}),
              HasSubstr("\nprocess_cpu_seconds_total 4\n"));
}

}  // namespace
}  // namespace heyhi
