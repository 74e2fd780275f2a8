#include "tests/probes/node_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/str_split.h"

namespace heyhi {

NodeProcess::NodeProcess(const std::vector<std::string>& arguments) {
  int to_child[2] = {-1, -1};
  int from_child[2] = {-1, -1};
  if (pipe2(to_child, O_CLOEXEC) != 0 || pipe2(from_child, O_CLOEXEC) != 0) return;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
  std::vector<char*> argv = {const_cast<char*>("node")};  // only read
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  if (posix_spawnp(&pid_, "node", &actions, nullptr, argv.data(), environ) != 0) pid_ = -1;
  posix_spawn_file_actions_destroy(&actions);
  close(to_child[0]);
  close(from_child[1]);
  input_ = to_child[1];
  output_ = from_child[0];
}

NodeProcess::~NodeProcess() { Stop(); }

// False at the end of the output, or where nothing came.
bool NodeProcess::ReadMore(absl::Duration limit) {
  pollfd readable = {output_, POLLIN, 0};
  if (poll(&readable, 1, static_cast<int>(absl::ToInt64Milliseconds(limit))) != 1) return false;
  char buffer[512];
  const ssize_t count = read(output_, buffer, sizeof buffer);
  if (count <= 0) return false;
  unread_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

std::string NodeProcess::ReadLine(absl::Duration limit) {
  while (unread_.find('\n') == std::string::npos) {
    if (!ReadMore(limit)) return "";
  }
  const auto end = unread_.find('\n');
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

std::vector<std::string> NodeProcess::Stop() {
  if (input_ < 0) return {};
  close(input_);
  input_ = -1;
  while (ReadMore(absl::Minutes(1))) {
  }
  close(output_);
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
  return absl::StrSplit(unread_, '\n', absl::SkipEmpty());
}

}  // namespace heyhi
