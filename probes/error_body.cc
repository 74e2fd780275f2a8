#include "probes/error_body.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

std::string TextOrNumber(JsonView value) {
  if (const auto text = value.AsString()) return *text;
  if (const auto number = value.AsInteger()) return absl::StrCat(*number);
  return "";
}

// Mistral wraps validation errors: the message is an object, its text is wanted.
std::string MessageText(JsonView message) {
  if (const auto text = message.AsString()) return *text;
  return message.IsObject() || message.IsArray() ? message.Dump() : "";
}

// Rules look for words, which no provider hides behind pages of others.
std::string LowerText(JsonView message) {
  constexpr std::size_t kMostText = 16384;
  return absl::AsciiStrToLower(MessageText(message).substr(0, kMostText));
}

// More details than any provider sends are an attack on our time.
constexpr std::size_t kMostDetails = 64;

std::size_t DetailCount(JsonView list) {
  return list.IsArray() ? std::min(list.size(), kMostDetails) : 0;
}

// Google lists its details, each of another type; Anthropic has one object.
void ReadDetails(JsonView details, ErrorBody* result) {
  result->detail_code = details["error_code"].StringOrEmpty();
  result->has_detail_list = DetailCount(details) > 0;
  for (std::size_t i = 0; i < DetailCount(details); ++i) {
    const JsonView detail = details.At(i);
    if (const auto reason = detail["reason"].AsString()) result->detail_reasons.push_back(*reason);
    const JsonView violations = detail["violations"];
    for (std::size_t j = 0; j < DetailCount(violations); ++j) {
      const auto id = violations.At(j)["quotaId"].AsString();
      if (id.has_value()) result->quota_ids.push_back(*id);
    }
  }
}

}  // namespace

bool IsHtml(const HttpExchange& exchange) {
  if (absl::StrContains(absl::AsciiStrToLower(exchange.Header("content-type")), "text/html")) {
    return true;
  }
  const auto start = exchange.body.find_first_not_of(" \t\r\n");
  return start != std::string::npos && exchange.body[start] == '<';
}

JsonView UnwrapSingle(JsonView value) {
  return value.IsArray() && value.size() == 1 ? value.At(0) : value;
}

ErrorBody ReadErrorObject(JsonView error) {
  ErrorBody result;
  if (error.AsString().has_value()) {
    result.text = LowerText(error);
    return result;
  }
  result.type = error["type"].StringOrEmpty();
  if (result.type.empty()) {  // Amazon's, behind a namespace
    const std::string name = error["__type"].StringOrEmpty();
    result.type = name.substr(name.find('#') + 1);
  }
  result.code = TextOrNumber(error["code"]);
  result.status = TextOrNumber(error["status"]);
  if (result.status.empty()) result.status = TextOrNumber(error["raw_status_code"]);
  result.param = absl::AsciiStrToLower(error["param"].StringOrEmpty());
  ReadDetails(error["details"], &result);
  result.text = LowerText(error["message"]);
  if (result.text.empty()) result.text = LowerText(error["Message"]);  // Amazon's too
  return result;
}

ErrorBody ReadErrorBody(JsonView body) {
  body = UnwrapSingle(body);
  const JsonView error = body["error"];
  if (error.IsObject()) return ReadErrorObject(error);
  if (error.AsString().has_value()) {
    ErrorBody result = ReadErrorObject(error);
    result.code = TextOrNumber(body["code"]);
    return result;
  }
  ErrorBody result = ReadErrorObject(body);
  if (result.text.empty()) result.text = LowerText(body["detail"]);
  return result;
}

}  // namespace heyhi
