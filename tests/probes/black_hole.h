#ifndef HEYHI_TESTS_PROBES_BLACK_HOLE_H_
#define HEYHI_TESTS_PROBES_BLACK_HOLE_H_

#include <string>
#include <vector>

namespace heyhi {

// A port of this machine where connections neither stand nor are refused: its queue
// is full, so the kernel drops whatever asks for one.
class BlackHole {
 public:
  // "127.0.0.1:0" or "[::1]:40123"; 0 leaves the port to the system.
  explicit BlackHole(const std::string& address = "127.0.0.1:0");
  ~BlackHole();
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;

  int port() const { return port_; }
  std::string url(const std::string& scheme = "http") const;
  // From now on connections stand; those that the kernel dropped have to ask again.
  // Nobody answers on them.
  void Open();

 private:
  int listen_fd_ = -1;
  int port_ = 0;
  std::string address_;
  std::vector<int> fds_;
};

}  // namespace heyhi

#endif  // HEYHI_TESTS_PROBES_BLACK_HOLE_H_
