#include "probes/sse_parser.h"

namespace heyhi {

bool SseParser::Feed(std::string_view bytes, const OnEvent& on_event) {
  while (!too_large_ && !bytes.empty()) {
    if (after_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);
    after_cr_ = false;
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, end);
    if (line_.size() + part.size() > kMaxLineBytes) {
      too_large_ = true;
      break;
    }
    line_.append(part);
    if (end == std::string_view::npos) break;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (!EndLine(on_event)) too_large_ = true;
  }
  return !too_large_;
}

// False where the event has outgrown its cap.
bool SseParser::EndLine(const OnEvent& on_event) {
  std::string_view line = line_;
  if (at_first_line_) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  }
  at_first_line_ = false;
  if (line.empty()) {
    if (has_data_) on_event(event_);
    event_ = {};
    has_data_ = false;
  } else if (line.front() != ':') {
    const std::size_t colon = line.find(':');
    const bool has_value = colon != std::string_view::npos;
    std::string_view value = has_value ? line.substr(colon + 1) : std::string_view();
    if (value.starts_with(' ')) value.remove_prefix(1);
    TakeField(line.substr(0, colon), value);
  }
  line_.clear();
  return event_.data.size() <= kMaxEventBytes;
}

void SseParser::TakeField(std::string_view field, std::string_view value) {
  if (field == "event") event_.name = std::string(value);
  if (field != "data") return;
  if (has_data_) event_.data.push_back('\n');
  event_.data.append(value);
  has_data_ = true;
}

}  // namespace heyhi
