#include "probes/http_date.h"

#include <gtest/gtest.h>

namespace heyhi {
namespace {

TEST(HttpDateTest, ReadsTheFormOfToday) {
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), absl::FromUnixSeconds(784111777));
}

TEST(HttpDateTest, TakesNothingElse) {
  for (const char* text :
       {"", "now", "784111777", "1994-11-06T08:49:37Z", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 +0900",
        "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT and more"}) {
    EXPECT_EQ(ParseHttpDate(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace heyhi
