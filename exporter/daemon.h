#ifndef HEYHI_EXPORTER_DAEMON_H_
#define HEYHI_EXPORTER_DAEMON_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "exporter/config.h"
#include "exporter/cost_watch.h"
#include "exporter/landing_page.h"
#include "exporter/latest_results.h"
#include "exporter/probe_metrics.h"
#include "exporter/probe_page.h"
#include "exporter/scheduler.h"
#include "exporter/task_queue.h"
#include "exporter/web_routes.h"
#include "probes/clock.h"
#include "probes/http_transport.h"
#include "probes/network_watch.h"
#include "probes/prober.h"
#include "probes/second_opinion.h"
#include "serving/log.h"
#include "serving/metric_table.h"
#include "serving/process_metrics.h"

namespace heyhi {

// Ties the exporter together: the schedule starts probes, results become
// metrics, log lines and the landing page. Time and network come from outside,
// so that tests run all of it on a simulated clock.
class Daemon {
 public:
  struct Options {
    std::string version = "unknown";
    std::string revision = "unknown";
    bool demo = false;
    Scheduler::Options schedule;
    // What a transport may do at once under this configuration.
    std::function<TransportLimits(const Config&)> limits;
  };

  // All arguments but `config` must outlive the daemon. The schedule begins now.
  Daemon(Config config, Options options, const Clock& clock, HttpTransport& transport,
         Logger& logger);

  // Probes until Stop; gives up what is in flight. Called once, on one thread.
  void Run();
  // Starts what is due and waits for the network until `deadline` at most; the
  // body of Run, for tests that turn the clock themselves.
  void Step(MonotonicTime deadline);
  // Ends Run soon. Any thread.
  void Stop();

  // Calls `call` on the probing thread between two of its steps, unless the daemon ends
  // first. Any thread.
  void CallSoon(std::function<void()> call);
  // Makes one call now, for somebody who asked: its cost counts, its outcome does not.
  // `done` is called once: with nothing where the target has gone or the daemon has ended.
  // Where the daemon ends during the call, `done` is destroyed uncalled. On the probing
  // thread, or on this one after the end. Any thread.
  void ProbeNow(const TargetId& target, std::function<void(std::optional<ManualProbe>)> done);

  // Puts another configuration in force, soon: what stays keeps its state and counters,
  // what goes loses its series. `done` is called once, on the probing thread: with true
  // when it is in force, or false where the daemon ends first (on this thread where it has
  // ended). Any thread.
  void Replace(Config config, std::function<void(bool in_force)> done);
  // A new configuration could not be read, and the old one stays. Any thread.
  void NoteFailedReload() { reload_successful_.Set(0); }

  // The configuration in force. Any thread.
  std::shared_ptr<const Config> InForce();

  // What the HTTP paths show; callable from any thread while the daemon lives.
  WebSources Sources();
  // The text of /metrics, with the given facts of the process.
  std::string MetricsText(const ProcessStats& stats);
  void AppendMetrics(const ProcessStats& stats, std::string* text);

 private:
  void AddSelfMetrics();
  // Has the probing thread call `task` between two steps.
  void Post(TaskQueue::Task task);
  void StartManualProbe(const TargetId& id, std::function<void(std::optional<ManualProbe>)> done);
  void PutInForce(Config config);
  void ReplaceTargets(Config config);
  void AddTarget(std::size_t index, const std::shared_ptr<const Target>& target);
  void RemoveTarget(std::size_t index);
  void StartProbe(std::size_t index, absl::Duration slip);
  void SetSchedule(std::size_t index, TargetState state, absl::Duration interval);
  void WatchNetwork();
  void NoteTrouble(std::size_t index, const ProbeResult& result);
  void SetTrouble(std::size_t index, bool trouble);
  void TakeResult(std::size_t index, const ProbeResult& result);
  void WarnOfStandstill(const ProbeResult& result);
  void Forget(const TargetId& target);
  void RaiseTokenCap(std::size_t index, int token_cap);
  void LearnFrom(std::size_t index, const ProbeResult& result);
  void LearnTokenCap(std::size_t index, const ProbeResult& result);
  void LogChange(const TargetStanding& before, const ProbeResult& result);

  Config config_;  // the probing thread's own, as all that has no lock
  // As they are probed now, by index: the configuration's, with what was learned.
  std::vector<std::shared_ptr<const Target>> targets_;
  const Options options_;
  const Clock& clock_;
  HttpTransport& transport_;
  Logger& logger_;

  std::vector<int> learned_caps_;  // by index; 0: none

  MetricTable table_;
  ProbeMetrics probe_metrics_;
  Mutex process_mutex_;
  ProcessMetrics process_metrics_ ABSL_GUARDED_BY(process_mutex_);
  MetricTable::Family* const network_up_family_;
  MetricTable::Group* network_up_group_ = nullptr;  // of the region
  Gauge network_up_metric_;
  Gauge reload_successful_;
  Gauge reload_success_time_;
  LatestResults latest_;
  NetworkWatch watch_;
  SecondOpinion opinion_;
  Prober prober_;
  // The targets whose last result was not ok through no fault of ours.
  std::vector<bool> in_trouble_;
  std::size_t trouble_count_ = 0;
  std::vector<std::string> blocked_canaries_;
  // Discarded probes that no warning has told of, and when the last one was.
  int disturbed_unsaid_ = 0;
  MonotonicTime disturbed_said_at_ = -absl::InfiniteDuration();
  Scheduler scheduler_;
  CostWatch cost_watch_;  // stretches the schedule
  std::atomic<bool> network_up_{true};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> probing_{false};

  TaskQueue tasks_;
  // A copy, for other threads.
  Mutex in_force_mutex_;
  std::shared_ptr<const Config> in_force_ ABSL_GUARDED_BY(in_force_mutex_);
};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_DAEMON_H_
