#ifndef HEYHI_EXPORTER_COST_PLAN_H_
#define HEYHI_EXPORTER_COST_PLAN_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "exporter/config.h"
#include "probes/price_table.h"
#include "probes/target.h"

namespace heyhi {

// What one call of the target will cost, in USD, before any was made: its prompt's tokens
// and all that its cap allows, at the newest price. More than most calls do cost. Nothing
// where the price is not known.
std::optional<double> ExpectedCallUsd(const Target& target, const PriceTable& prices);

// Whether the configuration's targets, each probed at its interval and never confirmed,
// stay within its budget in a month of 31 days; without a budget they do. The error has the
// sum, and the targets that make the most of it.
absl::Status CheckBudget(const Config& config);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_COST_PLAN_H_
