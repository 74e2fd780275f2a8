#ifndef HEYHI_PROBES_SSE_PARSER_H_
#define HEYHI_PROBES_SSE_PARSER_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace heyhi {

// One server-sent event that carries data.
struct SseEvent {
  std::string name;  // "" where the stream names none
  std::string data;  // its lines joined by line feeds
};

// Reads a text/event-stream as the HTML standard (9.2.6) says, however the bytes
// are cut into pieces: lines end in CR, LF or both; comments, ids and retry times
// are passed over; an event that its blank line does not end never arrives.
// Thread-compatible.
class SseParser {
 public:
  static constexpr std::size_t kMaxLineBytes = std::size_t{64} * 1024;
  static constexpr std::size_t kMaxEventBytes = std::size_t{256} * 1024;

  using OnEvent = std::function<void(const SseEvent&)>;

  // Takes the next bytes and calls `on_event` for each event that they complete.
  // False once a line or an event is larger than the caps: nothing more is read.
  bool Feed(std::string_view bytes, const OnEvent& on_event);

 private:
  bool EndLine(const OnEvent& on_event);
  void TakeField(std::string_view field, std::string_view value);

  std::string line_;
  SseEvent event_;
  bool has_data_ = false;
  bool after_cr_ = false;      // a line feed that comes next belongs to the line before
  bool at_first_line_ = true;  // where a byte order mark may stand
  bool too_large_ = false;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_SSE_PARSER_H_
