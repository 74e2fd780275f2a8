#include "exporter/shard.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace heyhi {
namespace {

TargetId Numbered(int i) {
  return {"provider-" + std::to_string(i % 7), "model-" + std::to_string(i), "chat", "eu-1"};
}

int ShardOf(const TargetId& target, int count) {
  int owner = 0;
  for (int number = 1; number <= count; ++number) {
    if (!Shard{number, count}.Has(target)) continue;
    EXPECT_EQ(owner, 0) << target.Name() << " belongs to two";
    owner = number;
  }
  EXPECT_NE(owner, 0) << target.Name() << " belongs to none";
  return owner;
}

TEST(ShardTest, EachTargetBelongsToExactlyOneAndAllGetAboutAsMany) {
  constexpr int kTargets = 5000;
  std::vector<int> sizes(6);
  for (int i = 0; i < kTargets; ++i) ++sizes[static_cast<std::size_t>(ShardOf(Numbered(i), 5))];
  for (int number = 1; number <= 5; ++number) {
    EXPECT_NEAR(sizes[static_cast<std::size_t>(number)], kTargets / 5.0, 120) << number;
  }
}

TEST(ShardTest, AnotherShardTakesItsPartAndMovesNothingElse) {
  constexpr int kTargets = 3000;
  int moved = 0;
  for (int i = 0; i < kTargets; ++i) {
    const int before = ShardOf(Numbered(i), 4);
    const int after = ShardOf(Numbered(i), 5);
    if (before == after) continue;
    EXPECT_EQ(after, 5);
    ++moved;
  }
  EXPECT_NEAR(moved, kTargets / 5.0, 100);
}

// Which exporter has which target must not change with a new version.
TEST(ShardTest, IsTheSameForEver) {
  std::string owners;
  for (int i = 0; i < 20; ++i) owners += std::to_string(ShardOf(Numbered(i), 9));
  EXPECT_EQ(owners, "39176192791862881382");
}

TEST(ShardTest, TheRegionDoesNotMatter) {
  TargetId elsewhere = Numbered(1);
  elsewhere.region = "us-2";
  EXPECT_EQ(ShardOf(Numbered(1), 7), ShardOf(elsewhere, 7));
}

TEST(ParseShardTest, ReadsNumberAndCount) {
  const auto shard = ParseShard("2/5");
  ASSERT_TRUE(shard.ok()) << shard.status();
  EXPECT_EQ(shard->number, 2);
  EXPECT_EQ(shard->count, 5);
}

TEST(ParseShardTest, RefusesWhatIsNoShard) {
  for (const char* text : {"", "2", "0/5", "6/5", "-1/5", "2/0", "2/5/9", "a/b", "2/1001", "/5"}) {
    const auto shard = ParseShard(text);
    ASSERT_FALSE(shard.ok()) << text;
    EXPECT_EQ(shard.status().message(),
              "flag --shard: expected I/N with I from 1 to N, such as 2/5, not \"" +
                  std::string(text) + "\"");
  }
}

}  // namespace
}  // namespace heyhi
