#include "exporter/maintenance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace heyhi {
namespace {

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

absl::Time Utc(const char* text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%S", text, &time, &error)) << error;
  return time;
}

// Each day between these minutes.
MaintenanceWindow Daily(const char* zone, int from, int to) {
  MaintenanceWindow window;
  window.zone = Zone(zone);
  window.weekly = true;
  std::fill(std::begin(window.days), std::end(window.days), true);
  window.from_minute = from;
  window.to_minute = to;
  return window;
}

TEST(MaintenanceWindowTest, OnceIsHalfOpenAndInItsZone) {
  MaintenanceWindow window;
  window.zone = Zone("Asia/Seoul");  // UTC+9, no DST
  window.from = absl::CivilMinute(2026, 12, 1, 2, 0);
  window.to = absl::CivilMinute(2026, 12, 1, 4, 30);
  EXPECT_FALSE(window.IsOpen(Utc("2026-11-30 16:59:59")));
  EXPECT_TRUE(window.IsOpen(Utc("2026-11-30 17:00:00")));
  EXPECT_TRUE(window.IsOpen(Utc("2026-11-30 19:29:59")));
  EXPECT_FALSE(window.IsOpen(Utc("2026-11-30 19:30:00")));
  EXPECT_EQ(window.NextChange(Utc("2026-11-01 00:00:00")), Utc("2026-11-30 17:00:00"));
  EXPECT_EQ(window.NextChange(Utc("2026-11-30 17:00:00")), Utc("2026-11-30 19:30:00"));
  EXPECT_EQ(window.NextChange(Utc("2026-11-30 19:30:00")), absl::InfiniteFuture());
}

TEST(MaintenanceWindowTest, WeeklyKnowsItsDaysAndRunsPastMidnight) {
  MaintenanceWindow window;
  window.weekly = true;
  window.days[5] = true;  // Saturday; 2026-11-28 is one
  window.from_minute = 22 * 60;
  window.to_minute = 2 * 60;
  EXPECT_FALSE(window.IsOpen(Utc("2026-11-28 21:59:59")));
  EXPECT_TRUE(window.IsOpen(Utc("2026-11-28 22:00:00")));
  EXPECT_TRUE(window.IsOpen(Utc("2026-11-29 01:59:59")));
  EXPECT_FALSE(window.IsOpen(Utc("2026-11-29 02:00:00")));
  EXPECT_FALSE(window.IsOpen(Utc("2026-11-29 22:30:00"))) << "Sunday";
  EXPECT_EQ(window.NextChange(Utc("2026-11-29 02:00:00")), Utc("2026-12-05 22:00:00"));
}

TEST(MaintenanceWindowTest, MayLastTheWholeDay) {
  const MaintenanceWindow window = Daily("Asia/Seoul", 0, 24 * 60);
  for (int hour = 0; hour < 48; ++hour) {
    EXPECT_TRUE(window.IsOpen(Utc("2026-11-28 00:00:00") + absl::Hours(hour))) << hour;
  }
}

// On 2026-03-29 Berlin's clocks go from 02:00 to 03:00: the hour between is missing.
TEST(MaintenanceWindowTest, BeginsAtTheChangeWhereItsTimeIsLeftOut) {
  const MaintenanceWindow window = Daily("Europe/Berlin", 2 * 60 + 30, 4 * 60);
  EXPECT_FALSE(window.IsOpen(Utc("2026-03-29 00:59:59")));
  EXPECT_TRUE(window.IsOpen(Utc("2026-03-29 01:00:00"))) << "03:00 there";
  EXPECT_TRUE(window.IsOpen(Utc("2026-03-29 01:59:59")));
  EXPECT_FALSE(window.IsOpen(Utc("2026-03-29 02:00:00"))) << "04:00 there";
  EXPECT_TRUE(window.IsOpen(Utc("2026-03-30 00:30:00"))) << "02:30 on the next day";
}

TEST(MaintenanceWindowTest, IsEmptyWhereAllOfItIsLeftOut) {
  const MaintenanceWindow window = Daily("Europe/Berlin", 2 * 60 + 10, 2 * 60 + 50);
  for (int minute = 0; minute < 24 * 60; ++minute) {
    EXPECT_FALSE(window.IsOpen(Utc("2026-03-28 12:00:00") + absl::Minutes(minute)) &&
                 minute < 13 * 60)
        << minute;
  }
}

// On 2026-10-25 they go back from 03:00 to 02:00: the hour comes twice.
TEST(MaintenanceWindowTest, CoversBothHoursWhereItsTimeComesTwice) {
  const MaintenanceWindow window = Daily("Europe/Berlin", 2 * 60, 2 * 60 + 30);
  EXPECT_FALSE(window.IsOpen(Utc("2026-10-24 23:59:59")));
  EXPECT_TRUE(window.IsOpen(Utc("2026-10-25 00:00:00"))) << "the first 02:00";
  EXPECT_TRUE(window.IsOpen(Utc("2026-10-25 01:29:59"))) << "the second 02:29";
  EXPECT_FALSE(window.IsOpen(Utc("2026-10-25 01:30:00")));
}

TEST(MaintenanceWindowTest, CoversTheTargetsThatItNames) {
  MaintenanceWindow window;
  const TargetId target{"openai", "gpt-6-luna", "chat", "eu-1"};
  EXPECT_TRUE(window.Covers(target)) << "all";
  for (const char* name : {"openai", "openai/gpt-6-luna", "openai/gpt-6-luna/chat"}) {
    window.targets = {name};
    EXPECT_TRUE(window.Covers(target)) << name;
  }
  for (const char* name : {"open", "openai/gpt-6", "openai/gpt-6-luna/stream", "xai"}) {
    window.targets = {name};
    EXPECT_FALSE(window.Covers(target)) << name;
  }
  window.targets = {"xai", "openai"};
  EXPECT_TRUE(window.Covers(target));
}

}  // namespace
}  // namespace heyhi
