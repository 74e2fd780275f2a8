#ifndef HEYHI_TESTS_EXPORTER_DAEMON_FIXTURE_H_
#define HEYHI_TESTS_EXPORTER_DAEMON_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "exporter/daemon.h"
#include "tests/probes/scripted_transport.h"

namespace heyhi {

// In the region eu-1, each minute.
std::shared_ptr<const Target> MakeTarget(const std::string& provider, const std::string& model,
                                         const std::string& check = "chat");

// The daemon on a simulated clock and a scripted network, with its log in a file.
class DaemonTest : public testing::Test {
 protected:
  DaemonTest();
  ~DaemonTest() override;

  void Begin(Config config, ScriptedTransport::Script script, bool demo = false);
  void RunFor(absl::Duration time);
  std::string Log() const;
  static ProcessStats FixedProcess() { return {1.5, 16777216, 33554432, 12, 1024, 1789999990}; }

  SimulatedClock clock_;
  bool network_works_ = true;  // what the canaries say
  std::optional<ScriptedTransport> transport_;
  std::optional<Logger> logger_;
  std::optional<Daemon> daemon_;

 private:
  HttpExchange AnswerOfACanary() const;

  const int log_fd_;
};

}  // namespace heyhi

#endif  // HEYHI_TESTS_EXPORTER_DAEMON_FIXTURE_H_
