#include "exporter/price_settings.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "serving/suggestion.h"

namespace heyhi {
namespace {

constexpr char kPricesForm[] =
    "prices: expected entries such as {provider: openai, model: gpt-6-luna, input: 0.10, output: "
    "0.50}, in USD per million tokens";

bool ReadUsd(const std::string& text, double* usd) {
  return absl::SimpleAtod(text, usd) && std::isfinite(*usd) && *usd >= 0 &&
         *usd <= kHighestPriceUsd;
}

absl::StatusOr<PriceSetting> ReadPrice(const YamlNode& node, int* line) {
  const std::vector<std::string> keys = {"provider", "model", "input", "output"};
  std::map<std::string, std::string> values;
  *line = node.line;
  if (node.kind != YamlNode::Kind::kMap) return absl::InvalidArgumentError(kPricesForm);
  for (const auto& [key, value] : node.entries) {
    *line = key.line;
    if (std::find(keys.begin(), keys.end(), key.scalar) == keys.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("prices: unknown key \"", key.scalar, "\"", DidYouMean(key.scalar, keys)));
    }
    if (value.kind != YamlNode::Kind::kScalar) return absl::InvalidArgumentError(kPricesForm);
    values[key.scalar] = value.scalar;
  }
  *line = node.line;
  if (values.size() != keys.size()) return absl::InvalidArgumentError(kPricesForm);
  PriceSetting setting{values["provider"], values["model"], {}, node.line};
  if (!ReadUsd(values["input"], &setting.price.input_usd) ||
      !ReadUsd(values["output"], &setting.price.output_usd)) {
    return absl::InvalidArgumentError(
        absl::StrCat("prices: input and output of ", setting.provider, "/", setting.model,
                     " must be USD per million tokens, from 0 to 10000"));
  }
  return setting;
}

}  // namespace

absl::StatusOr<std::vector<PriceSetting>> ReadPrices(const YamlNode& node, int* line) {
  *line = node.line;
  if (node.kind != YamlNode::Kind::kSequence) return absl::InvalidArgumentError(kPricesForm);
  std::vector<PriceSetting> settings;
  for (const YamlNode& item : node.items) {
    auto setting = ReadPrice(item, line);
    if (!setting.ok()) return setting.status();
    settings.push_back(*std::move(setting));
  }
  return settings;
}

}  // namespace heyhi
