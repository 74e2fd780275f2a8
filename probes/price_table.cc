#include "probes/price_table.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "embedded/price_data.h"
#include "probes/model_name.h"

namespace heyhi {
namespace {

constexpr absl::string_view kHeader =
    "provider,model,input_usd_per_million,output_usd_per_million,effective_from,read_on,source";
constexpr std::size_t kColumns = 7;

// How much of a wrong text an error shows.
constexpr std::size_t kShownText = 60;

absl::Status Expected(absl::string_view what, absl::string_view got) {
  return absl::InvalidArgumentError(absl::StrCat(
      "expected ", what, ", got \"", absl::CHexEscape(got.substr(0, kShownText)), "\""));
}

absl::StatusOr<std::string> ParseName(absl::string_view column, absl::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
  if (text.empty() || !plain) {
    return Expected(absl::StrCat("a ", column, " without spaces"), text);
  }
  return std::string(text);
}

absl::StatusOr<double> ParsePrice(absl::string_view column, absl::string_view text) {
  double price = 0;
  if (text.find_first_not_of("0123456789.") != absl::string_view::npos ||
      !absl::SimpleAtod(text, &price) || price > kHighestPriceUsd) {
    return Expected(absl::StrCat(column, " to be a plain number from 0 to ", kHighestPriceUsd),
                    text);
  }
  return price;
}

absl::StatusOr<absl::CivilDay> ParseDay(absl::string_view column, absl::string_view text) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(text, &day) || absl::FormatCivilTime(day) != text) {
    return Expected(absl::StrCat(column, " to be a day as YYYY-MM-DD"), text);
  }
  return day;
}

std::pair<std::string, std::string> Key(const std::string& provider, const std::string& model) {
  const std::string name = absl::AsciiStrToLower(model);
  return {provider, std::string(absl::StripPrefix(name, "models/"))};
}

}  // namespace

// Never destroyed: programs may still read it while they end.
const PriceTable& PriceTable::BuiltIn() {
  static const auto& table = *new PriceTable(*Parse(embedded::kPricesCsv));
  return table;
}

absl::StatusOr<PriceTable> PriceTable::Parse(std::string_view csv) {
  PriceTable table;
  bool header_seen = false;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(absl::string_view(csv.data(), csv.size()), '\n')) {
    ++number;
    line = absl::StripSuffix(line, "\r");
    if (line.empty() || line[0] == '#') continue;
    absl::Status status;
    if (header_seen) {
      status = table.AddRow(line);
    } else if (line != kHeader) {
      status = Expected(absl::StrCat("the header \"", kHeader, "\""), line);
    }
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", status.message()));
    }
    header_seen = true;
  }
  if (!header_seen) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", number, ": expected the header \"", kHeader, "\", got the end"));
  }
  return table;
}

absl::Status PriceTable::AddRow(absl::string_view row) {
  const std::vector<absl::string_view> fields = absl::StrSplit(row, ',');
  if (fields.size() != kColumns) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected ", kColumns, " columns, got ", fields.size()));
  }
  const auto provider = ParseName("provider", fields[0]);
  if (!provider.ok()) return provider.status();
  const auto model = ParseName("model", fields[1]);
  if (!model.ok()) return model.status();
  const auto input = ParsePrice("input_usd_per_million", fields[2]);
  if (!input.ok()) return input.status();
  const auto output = ParsePrice("output_usd_per_million", fields[3]);
  if (!output.ok()) return output.status();
  const auto effective_from = ParseDay("effective_from", fields[4]);
  if (!effective_from.ok()) return effective_from.status();
  const auto read_on = ParseDay("read_on", fields[5]);
  if (!read_on.ok()) return read_on.status();
  if (absl::StripAsciiWhitespace(fields[6]).empty()) return Expected("a source", fields[6]);
  auto& by_day = models_[Key(*provider, *model)].by_day;
  if (!by_day.emplace(*effective_from, Price{*input, *output}).second) {
    return absl::InvalidArgumentError(
        "expected one row for each provider, model and effective_from, got a second");
  }
  return absl::OkStatus();
}

const PriceTable::ModelPrices* PriceTable::FindModel(const std::string& provider,
                                                     const std::string& model) const {
  auto found = models_.find(Key(provider, model));
  if (found == models_.end()) found = models_.find(Key(provider, WithoutSnapshot(model)));
  return found == models_.end() ? nullptr : &found->second;
}

std::optional<Price> PriceTable::Find(const std::string& provider, const std::string& model,
                                      absl::Time at) const {
  const ModelPrices* prices = FindModel(provider, model);
  if (prices == nullptr) return std::nullopt;
  if (prices->configured.has_value()) return prices->configured;
  const auto next = prices->by_day.upper_bound(absl::ToCivilDay(at, absl::UTCTimeZone()));
  if (next == prices->by_day.begin()) return std::nullopt;
  return std::prev(next)->second;
}

void PriceTable::Override(const std::string& provider, const std::string& model, Price price) {
  models_[Key(provider, model)].configured = price;
  overrides_.push_back({provider, model, price});
}

double CostUsd(const Price& price, const TokenUsage& usage) {
  const auto input = static_cast<double>(std::max<std::int64_t>(usage.input, 0));
  const auto output = static_cast<double>(std::max<std::int64_t>(usage.output, 0));
  return (input * price.input_usd + output * price.output_usd) / 1e6;
}

}  // namespace heyhi
