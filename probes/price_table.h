#ifndef HEYHI_PROBES_PRICE_TABLE_H_
#define HEYHI_PROBES_PRICE_TABLE_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "probes/dialect.h"

namespace heyhi {

// What a model costs, in USD per one million tokens.
struct Price {
  double input_usd = 0;
  double output_usd = 0;

  friend bool operator==(const Price& a, const Price& b) = default;
};

// The dearest price that is believed, in USD per one million tokens.
inline constexpr double kHighestPriceUsd = 10'000;

// What calls cost: list prices by day, and those that the configuration names
// instead. Thread-compatible. Copies are independent.
class PriceTable {
 public:
  // The prices of probes/prices.csv, which is part of the program. Parsed once.
  static const PriceTable& BuiltIn();

  // Reads the format of probes/prices.csv: the header line as it stands there,
  // then one row a line. Empty lines and lines that begin with '#' are skipped.
  // An error names the line, and says what was expected.
  static absl::StatusOr<PriceTable> Parse(std::string_view csv);

  // The price in force at `at`: of the newest row of that provider and model that
  // has begun; nothing where none is known. A snapshot ("gpt-6-luna-2026-09-22")
  // without rows of its own costs what its model costs. Case and "models/" in
  // front do not matter; other paths do.
  std::optional<Price> Find(const std::string& provider, const std::string& model,
                            absl::Time at) const;

  // Sets a price that wins over all rows of that provider and model, at all times.
  void Override(const std::string& provider, const std::string& model, Price price);
  // What Override was called with, in that order.
  struct Entry {
    std::string provider;
    std::string model;
    Price price;

    friend bool operator==(const Entry&, const Entry&) = default;
  };
  const std::vector<Entry>& overrides() const { return overrides_; }

 private:
  struct ModelPrices {
    std::optional<Price> configured;
    std::map<absl::CivilDay, Price> by_day;  // from that day (UTC) on
  };

  absl::Status AddRow(absl::string_view row);
  const ModelPrices* FindModel(const std::string& provider, const std::string& model) const;

  std::map<std::pair<std::string, std::string>, ModelPrices> models_;
  std::vector<Entry> overrides_;
};

// What a call cost, in USD. Negative counts of tokens cost nothing.
double CostUsd(const Price& price, const TokenUsage& usage);

}  // namespace heyhi

#endif  // HEYHI_PROBES_PRICE_TABLE_H_
