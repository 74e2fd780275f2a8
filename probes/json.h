#ifndef HEYHI_PROBES_JSON_H_
#define HEYHI_PROBES_JSON_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

// JSON that cannot throw. Providers send nulls, wrong types and garbage where
// their documentation promises strings; every read here answers "not there"
// instead. This is the only wall around nlohmann/json.

namespace heyhi {

// A look at one value inside a JsonDocument, or at nothing. Cheap to copy; valid
// while the document lives.
class JsonView {
 public:
  JsonView() = default;  // looks at nothing
  explicit JsonView(const nlohmann::json* value) : value_(value) {}

  bool exists() const { return value_ != nullptr; }
  bool IsNull() const;
  bool IsObject() const;
  bool IsArray() const;

  // The member `key`, or nothing where this is no object or lacks it.
  JsonView operator[](const char* key) const;
  JsonView operator[](const std::string& key) const { return (*this)[key.c_str()]; }
  // The element `index`, or nothing where this is no array or too short.
  JsonView At(std::size_t index) const;
  // Elements of an array or members of an object; otherwise 0.
  std::size_t size() const;
  // The member names of an object, in the order of the library (sorted).
  std::vector<std::string> Keys() const;

  std::optional<std::string> AsString() const;    // strings only
  std::optional<double> AsNumber() const;         // any finite number
  std::optional<std::int64_t> AsInteger() const;  // whole numbers that fit
  std::optional<bool> AsBool() const;

  // AsString(), or "" where there is none.
  std::string StringOrEmpty() const { return AsString().value_or(""); }
  // The value's compact JSON text; invalid UTF-8 is replaced. "" for nothing.
  std::string Dump() const;

 private:
  friend class JsonObject;
  const nlohmann::json* value_ = nullptr;
};

// An owned, parsed text.
class JsonDocument {
 public:
  // Nothing where `text` is not exactly one JSON value, nests deeper than 64
  // (a million "[" killed another parser by its recursion), or holds more than
  // 100,000 values. As clients do, it takes broken UTF-8 and lone halves of escaped
  // characters for U+FFFD.
  static std::optional<JsonDocument> Parse(const std::string& text);

  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  JsonView root() const { return JsonView(value_.get()); }

 private:
  explicit JsonDocument(std::unique_ptr<nlohmann::json> value);
  std::unique_ptr<nlohmann::json> value_;
};

// A JSON object being written; members keep the order of their first Set.
class JsonObject {
 public:
  JsonObject();
  // A copy of an object that was read; of anything else an empty one.
  explicit JsonObject(JsonView object);
  JsonObject(const JsonObject&);
  JsonObject(JsonObject&&) noexcept;
  JsonObject& operator=(const JsonObject&);
  JsonObject& operator=(JsonObject&&) noexcept;
  ~JsonObject();

  JsonObject& Set(const std::string& key, const std::string& value);
  JsonObject& Set(const std::string& key, const char* value);
  JsonObject& Set(const std::string& key, double value);
  JsonObject& Set(const std::string& key, std::int64_t value);
  JsonObject& Set(const std::string& key, int value) {
    return Set(key, static_cast<std::int64_t>(value));
  }
  JsonObject& Set(const std::string& key, bool value);
  JsonObject& Set(const std::string& key, const JsonObject& value);
  JsonObject& Set(const std::string& key, const std::vector<JsonObject>& values);
  JsonObject& Set(const std::string& key, const std::vector<std::string>& values);
  // A copy of what was read; null for nothing.
  JsonObject& Set(const std::string& key, JsonView value);
  // Adds (or replaces) every member of `members`; objects that both have are
  // merged in their turn.
  JsonObject& Merge(const JsonObject& members);

  // Compact JSON text; invalid UTF-8 is replaced.
  std::string Dump() const;

 private:
  std::unique_ptr<nlohmann::ordered_json> value_;
};

// `text` with U+FFFD for whatever is no UTF-8.
std::string ValidUtf8(const std::string& text);

// A JSON array of strings, or of objects, as compact text.
std::string DumpJsonList(const std::vector<std::string>& values);
std::string DumpJsonList(const std::vector<JsonObject>& values);

}  // namespace heyhi

#endif  // HEYHI_PROBES_JSON_H_
