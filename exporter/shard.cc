#include "exporter/shard.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

constexpr int kMostShards = 1000;

// FNV-1a, then the finaliser of MurmurHash3, which spreads what FNV leaves close
// together. Never to be changed: it decides which exporter has which target.
std::uint64_t StableHash(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdU;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53U;
  return hash ^ (hash >> 33);
}

}  // namespace

// Rendezvous hashing: the shard whose number scores highest with the target.
bool Shard::Has(const TargetId& target) const {
  int winner = 1;
  std::uint64_t highest = 0;
  for (int i = 1; i <= count; ++i) {
    const std::uint64_t score = StableHash(absl::StrCat(target.Name(), "#", i));
    if (score >= highest) {
      highest = score;
      winner = i;
    }
  }
  return winner == number;
}

absl::StatusOr<Shard> ParseShard(const std::string& text) {
  Shard shard;
  const std::size_t slash = text.find('/');
  if (slash != std::string::npos && absl::SimpleAtoi(text.substr(0, slash), &shard.number) &&
      absl::SimpleAtoi(text.substr(slash + 1), &shard.count) && shard.count >= 1 &&
      shard.count <= kMostShards && shard.number >= 1 && shard.number <= shard.count) {
    return shard;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "flag --shard: expected I/N with I from 1 to N, such as 2/5, not \"", text, "\""));
}

}  // namespace heyhi
