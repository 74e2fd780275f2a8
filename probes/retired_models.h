#ifndef HEYHI_PROBES_RETIRED_MODELS_H_
#define HEYHI_PROBES_RETIRED_MODELS_H_

#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace heyhi {

// A model that its provider has switched off, or has said it will.
struct RetiredModel {
  std::string_view pattern;  // the whole name, or a family that ends in '*'
  // The first day (UTC) without it; where only a report tells, the report's.
  absl::CivilDay retired_on;
  std::string_view replacement;  // the model that the provider names instead, or ""
};

// The row of a model that is retired at `at`, else null. Paths ("models/gpt-4",
// "openai/gpt-4"), tails (":free") and case do not matter, and snapshots go with
// their model ("gpt-4-0613" with "gpt-4"). The row lives forever.
const RetiredModel* FindRetiredModel(const std::string& model, absl::Time at);

// Where an error says only "not found", this tells a retired model from a
// misspelt one.
bool IsRetiredModel(const std::string& model, absl::Time at);

}  // namespace heyhi

#endif  // HEYHI_PROBES_RETIRED_MODELS_H_
