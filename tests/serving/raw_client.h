#ifndef HEYHI_TESTS_SERVING_RAW_CLIENT_H_
#define HEYHI_TESTS_SERVING_RAW_CLIENT_H_

#include <string>

#include "absl/time/time.h"

namespace heyhi {

// A TCP connection that sends exactly the bytes it is told to, for tests of servers.
class RawClient {
 public:
  // Connects to 127.0.0.1:port, from `source` (any 127.x.y.z). `receive_buffer` in bytes,
  // 0 for the system's.
  explicit RawClient(int port, const std::string& source = "127.0.0.1", int receive_buffer = 0);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return fd_ >= 0; }
  // False where the peer has closed.
  bool Send(const std::string& bytes);
  // Reads until the peer closes, resets, or `limit` is over; the last shows in closed().
  std::string ReadToEnd(absl::Duration limit = absl::Seconds(60));
  // Reads until `text` has come, too.
  std::string ReadUntil(const std::string& text, absl::Duration limit = absl::Seconds(60));
  bool closed() const { return closed_; }

 private:
  int fd_ = -1;
  bool closed_ = false;
};

}  // namespace heyhi

#endif  // HEYHI_TESTS_SERVING_RAW_CLIENT_H_
