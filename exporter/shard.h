#ifndef HEYHI_EXPORTER_SHARD_H_
#define HEYHI_EXPORTER_SHARD_H_

#include <string>

#include "absl/status/statusor.h"
#include "probes/target.h"

namespace heyhi {

// One of `count` exporters that share the targets of one configuration. Each target
// belongs to exactly one of them, by a hash of its provider, model and check that is
// the same on every machine and in every version. Another exporter takes its part
// from each of the others and moves nothing else.
struct Shard {
  int number = 1;  // from 1
  int count = 1;

  bool Has(const TargetId& target) const;
};

// Reads "2/5"; the error says what was expected.
absl::StatusOr<Shard> ParseShard(const std::string& text);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_SHARD_H_
