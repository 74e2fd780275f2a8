#ifndef HEYHI_PROBES_ANSWER_RECORDER_H_
#define HEYHI_PROBES_ANSWER_RECORDER_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "probes/http_transport.h"

namespace heyhi {

// Writes an answer into an HttpExchange as it comes in, line by line and piece by
// piece, and stops where it grows out of bounds. Thread-compatible.
class AnswerRecorder {
 public:
  struct Caps {
    std::size_t header_bytes = 0;  // of all headers, interim answers' and trailers too
    std::size_t body_bytes = 0;
    int interim_answers = 100;  // those with a 1xx status
  };

  // `result` must outlive it.
  AnswerRecorder(const Caps& caps, HttpExchange& result) : caps_(caps), result_(result) {}

  // A status line, a header, a trailer or the empty line after them, at that time of
  // the exchange. False where a cap is passed: failure and failure_detail say which.
  bool AddHeaderLine(std::string_view line, absl::Duration at);
  bool AddBody(std::string_view bytes, absl::Duration at);
  // No more will come: the status of an interim answer is none.
  void End();

 private:
  void AddStatusLine(std::string_view line, absl::Duration at);
  bool Refuse(Reason reason, std::string detail);

  const Caps caps_;
  HttpExchange& result_;
  std::size_t header_bytes_ = 0;
  int interim_answers_ = 0;
  bool awaits_status_ = true;  // a line that begins with "HTTP/" is one
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_ANSWER_RECORDER_H_
