#include "probes/answer_recorder.h"

#include <charconv>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

// 0 for what is no number.
int StatusOf(std::string_view line) {
  const auto space = line.find(' ');
  int status = 0;
  if (space == std::string_view::npos) return status;
  const std::string_view digits = line.substr(space + 1, 3);
  std::from_chars(digits.data(), digits.data() + digits.size(), status);
  return status;
}

}  // namespace

bool AnswerRecorder::Refuse(Reason reason, std::string detail) {
  result_.failure = reason;
  result_.failure_detail = std::move(detail);
  return false;
}

bool AnswerRecorder::AddHeaderLine(std::string_view line, absl::Duration at) {
  header_bytes_ += line.size();
  if (header_bytes_ > caps_.header_bytes) {
    return Refuse(Reason::kHeaderTooLarge,
                  absl::StrCat("headers of more than ", caps_.header_bytes, " bytes"));
  }
  if (awaits_status_ && line.starts_with("HTTP/")) {
    AddStatusLine(line, at);
    if (interim_answers_ <= caps_.interim_answers) return true;
    return Refuse(Reason::kHeaderTooLarge,
                  absl::StrCat("more than ", caps_.interim_answers, " interim answers (1xx)"));
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  std::string name(line.substr(0, colon));
  absl::AsciiStrToLower(&name);
  std::string value(line.substr(colon + 1));
  absl::StripAsciiWhitespace(&value);
  result_.headers.emplace_back(std::move(name), std::move(value));
  return true;
}

void AnswerRecorder::AddStatusLine(std::string_view line, absl::Duration at) {
  result_.headers.clear();  // of the interim answer before it
  result_.status = StatusOf(line);
  // An interim answer is no first byte of the answer.
  const bool is_final = result_.status < 100 || result_.status >= 200;
  awaits_status_ = !is_final;
  if (!is_final) ++interim_answers_;
  if (is_final && !result_.times.first_byte.has_value()) result_.times.first_byte = at;
}

bool AnswerRecorder::AddBody(std::string_view bytes, absl::Duration at) {
  constexpr std::size_t kMostPieces = 4096;
  if (result_.body.size() + bytes.size() > caps_.body_bytes) {
    return Refuse(Reason::kBodyTooLarge,
                  absl::StrCat("a body of more than ", caps_.body_bytes, " bytes"));
  }
  result_.body.append(bytes);
  if (result_.pieces.size() >= kMostPieces) result_.pieces.pop_back();
  result_.pieces.push_back({result_.body.size(), at});
  return true;
}

void AnswerRecorder::End() {
  if (awaits_status_) result_.status = 0;
}

}  // namespace heyhi
