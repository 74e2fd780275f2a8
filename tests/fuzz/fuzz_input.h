#ifndef HEYHI_TESTS_FUZZ_FUZZ_INPUT_H_
#define HEYHI_TESTS_FUZZ_FUZZ_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/time/time.h"
#include "probes/http_transport.h"

namespace heyhi {

// Ends the run with the broken promise; libFuzzer keeps the input.
inline void Promise(bool kept, const char* promise) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

// The bytes of one run, taken from the front.
class FuzzInput {
 public:
  FuzzInput(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  // 0 where nothing is left.
  unsigned TakeByte() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  std::string TakeRest() {
    std::string rest(data_, data_ + size_);
    size_ = 0;
    return rest;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

// Marks the pieces in which a body came: `piece_size` bytes a microsecond.
inline void CutBody(HttpExchange* exchange, std::size_t piece_size) {
  exchange->pieces.clear();
  for (std::size_t end = 0; end < exchange->body.size();) {
    end = end + piece_size < exchange->body.size() ? end + piece_size : exchange->body.size();
    exchange->pieces.push_back({end, absl::Microseconds(static_cast<int>(end))});
  }
}

}  // namespace heyhi

#endif  // HEYHI_TESTS_FUZZ_FUZZ_INPUT_H_
