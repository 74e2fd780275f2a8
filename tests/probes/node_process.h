#ifndef HEYHI_TESTS_PROBES_NODE_PROCESS_H_
#define HEYHI_TESTS_PROBES_NODE_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace heyhi {

// A Node.js program that runs until its standard input ends.
class NodeProcess {
 public:
  // `arguments` begin with the path of the script.
  explicit NodeProcess(const std::vector<std::string>& arguments);
  ~NodeProcess();

  // The next line of its output; "" where none comes within `limit`.
  std::string ReadLine(absl::Duration limit);
  // Ends the program, and returns the lines that are left.
  std::vector<std::string> Stop();

 private:
  bool ReadMore(absl::Duration limit);

  pid_t pid_ = -1;
  int input_ = -1;   // we write
  int output_ = -1;  // we read
  std::string unread_;
};

}  // namespace heyhi

#endif  // HEYHI_TESTS_PROBES_NODE_PROCESS_H_
