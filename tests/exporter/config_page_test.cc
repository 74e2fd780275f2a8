#include "exporter/config_page.h"

#include <gmock/gmock.h>

#include <memory>

namespace heyhi {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

std::shared_ptr<const Config> ConfigOf(const std::string& region) {
  Config config;
  config.region = region;
  return std::make_shared<const Config>(std::move(config));
}

TEST(ConfigPageTest, ShowsTheConfigurationInForce) {
  auto in_force = ConfigOf("one");
  ConfigPage page([&in_force] { return in_force; });
  const ServerResponse first = page.Answer();
  EXPECT_EQ(first.status, 200);
  EXPECT_THAT(first.headers, Contains(Pair("Content-Type", "text/plain; charset=utf-8")));
  EXPECT_THAT(*first.shared_body, HasSubstr("\nregion: \"one\"\n"));

  in_force = ConfigOf("two");
  EXPECT_THAT(*page.Answer().shared_body, HasSubstr("\nregion: \"two\"\n"));
  EXPECT_THAT(*first.shared_body, HasSubstr("\nregion: \"one\"\n")) << "it is being sent";
}

TEST(ConfigPageTest, MakesOneTextForAllReaders) {
  const auto in_force = ConfigOf("one");
  ConfigPage page([&in_force] { return in_force; });
  EXPECT_EQ(page.Answer().shared_body, page.Answer().shared_body);
}

}  // namespace
}  // namespace heyhi
