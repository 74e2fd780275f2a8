#include "probes/json.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace heyhi {
namespace {

constexpr int kMaxDepth = 64;
constexpr int kMaxValues = 100000;

// The library's parser does not recurse, but a text of a million brackets still
// costs it 60 MB, and 340,000 values cost a probe 190 ms of CPU in which every other
// one waits: both are counted before it begins.
bool HoldsTooMuch(const std::string& text) {
  int depth = 0;
  int values = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == ',') {
      ++values;
    } else if (c == '[' || c == '{') {
      ++values;
      if (++depth > kMaxDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return values > kMaxValues;
}

std::optional<unsigned> CodeUnitAt(const std::string& text, std::size_t at) {
  constexpr std::size_t kLength = 6;  // "\\uXXXX"
  unsigned unit = 0;
  if (at + kLength > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  const auto [end, error] =
      std::from_chars(text.data() + at + 2, text.data() + at + kLength, unit, 16);
  const bool whole = error == std::errc() && end == text.data() + at + kLength;
  return whole ? std::optional(unit) : std::nullopt;
}

// `text` with U+FFFD for each escaped half of a character whose other half is not
// beside it: a model that answers by the token may well end inside an emoji.
std::string WithoutLoneSurrogates(const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const auto unit = CodeUnitAt(text, at);
    std::size_t length = text[at] == '\\' ? 2 : 1;
    if (unit.has_value()) {
      length = 6;
      const auto next = CodeUnitAt(text, at + length);
      if (*unit >= 0xd800 && *unit < 0xdc00 && next >= 0xdc00U && next < 0xe000U) {
        length = 12;
      } else if (*unit >= 0xd800 && *unit < 0xe000) {
        result.append("\\ufffd");
        at += length;
        continue;
      }
    }
    result.append(text, at, length);
    at += length;
  }
  return result;
}

template <typename Json>
std::string DumpJson(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

bool JsonView::IsNull() const { return exists() && value_->is_null(); }
bool JsonView::IsObject() const { return exists() && value_->is_object(); }
bool JsonView::IsArray() const { return exists() && value_->is_array(); }

JsonView JsonView::operator[](const char* key) const {
  if (!IsObject()) return {};
  const auto found = value_->find(key);
  return found == value_->end() ? JsonView() : JsonView(&*found);
}

JsonView JsonView::At(std::size_t index) const {
  if (!IsArray() || index >= value_->size()) return {};
  return JsonView(&(*value_)[index]);
}

std::size_t JsonView::size() const { return IsArray() || IsObject() ? value_->size() : 0; }

std::vector<std::string> JsonView::Keys() const {
  std::vector<std::string> keys;
  if (!IsObject()) return keys;
  for (const auto& item : value_->items()) keys.push_back(item.key());
  return keys;
}

std::optional<std::string> JsonView::AsString() const {
  if (!exists() || !value_->is_string()) return std::nullopt;
  return value_->get_ref<const std::string&>();
}

std::optional<double> JsonView::AsNumber() const {
  if (!exists() || !value_->is_number()) return std::nullopt;
  const double number = value_->get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<std::int64_t> JsonView::AsInteger() const {
  // Not by way of double: that rounds from 2^53 on.
  if (exists() && value_->is_number_integer()) {
    const bool fits = !value_->is_number_unsigned() ||
                      value_->get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max();
    return fits ? std::optional(value_->get<std::int64_t>()) : std::nullopt;
  }
  const std::optional<double> number = AsNumber();
  if (!number.has_value() || std::trunc(*number) != *number || std::abs(*number) > 9e15) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*number);
}

std::optional<bool> JsonView::AsBool() const {
  if (!exists() || !value_->is_boolean()) return std::nullopt;
  return value_->get<bool>();
}

std::string JsonView::Dump() const { return exists() ? DumpJson(*value_) : ""; }

std::optional<JsonDocument> JsonDocument::Parse(const std::string& text) {
  if (HoldsTooMuch(text)) return std::nullopt;
  auto value = std::make_unique<nlohmann::json>(
      nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false));
  if (value->is_discarded()) {
    *value = nlohmann::json::parse(WithoutLoneSurrogates(ValidUtf8(text)), nullptr, false);
  }
  if (value->is_discarded()) return std::nullopt;
  return JsonDocument(std::move(value));
}

JsonDocument::JsonDocument(std::unique_ptr<nlohmann::json> value) : value_(std::move(value)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

JsonObject::JsonObject()
    : value_(std::make_unique<nlohmann::ordered_json>(nlohmann::ordered_json::object())) {}
JsonObject::JsonObject(JsonView object) : JsonObject() {
  // A round trip over the text: the two library types do not convert.
  if (object.IsObject()) *value_ = nlohmann::ordered_json::parse(object.Dump());
}
JsonObject::JsonObject(const JsonObject& other)
    : value_(std::make_unique<nlohmann::ordered_json>(*other.value_)) {}
JsonObject::JsonObject(JsonObject&& other) noexcept = default;
JsonObject& JsonObject::operator=(const JsonObject& other) {
  *value_ = *other.value_;
  return *this;
}
JsonObject& JsonObject::operator=(JsonObject&& other) noexcept = default;
JsonObject::~JsonObject() = default;

JsonObject& JsonObject::Set(const std::string& key, const std::string& value) {
  (*value_)[key] = value;
  return *this;
}
JsonObject& JsonObject::Set(const std::string& key, const char* value) {
  (*value_)[key] = value;
  return *this;
}
JsonObject& JsonObject::Set(const std::string& key, double value) {
  (*value_)[key] = value;
  return *this;
}
JsonObject& JsonObject::Set(const std::string& key, std::int64_t value) {
  (*value_)[key] = value;
  return *this;
}
JsonObject& JsonObject::Set(const std::string& key, bool value) {
  (*value_)[key] = value;
  return *this;
}
JsonObject& JsonObject::Set(const std::string& key, const JsonObject& value) {
  (*value_)[key] = *value.value_;
  return *this;
}
JsonObject& JsonObject::Set(const std::string& key, const std::vector<JsonObject>& values) {
  auto& array = (*value_)[key] = nlohmann::ordered_json::array();
  for (const JsonObject& value : values) array.push_back(*value.value_);
  return *this;
}
JsonObject& JsonObject::Set(const std::string& key, const std::vector<std::string>& values) {
  (*value_)[key] = values;
  return *this;
}
JsonObject& JsonObject::Set(const std::string& key, JsonView value) {
  // A round trip over the text: the two library types do not convert.
  (*value_)[key] = value.exists() ? nlohmann::ordered_json::parse(value.Dump()) : nullptr;
  return *this;
}
JsonObject& JsonObject::Merge(const JsonObject& members) {
  value_->update(*members.value_, /*merge_objects=*/true);
  return *this;
}

std::string JsonObject::Dump() const { return DumpJson(*value_); }

std::string ValidUtf8(const std::string& text) {
  // The library's decoder is as strict as the standard.
  const auto value = nlohmann::json::parse(DumpJson(nlohmann::json(text)), nullptr, false);
  return value.is_string() ? value.get<std::string>() : "";
}

std::string DumpJsonList(const std::vector<std::string>& values) {
  return DumpJson(nlohmann::json(values));
}

std::string DumpJsonList(const std::vector<JsonObject>& values) {
  std::string text = "[";
  for (const JsonObject& value : values) {
    if (text.size() > 1) text.push_back(',');
    text.append(value.Dump());
  }
  return text + "]";
}

}  // namespace heyhi
