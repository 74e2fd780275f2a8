#ifndef HEYHI_EXPORTER_PROBE_PAGE_H_
#define HEYHI_EXPORTER_PROBE_PAGE_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "exporter/latest_results.h"
#include "probes/clock.h"
#include "probes/prober.h"
#include "probes/target.h"
#include "serving/http_server.h"
#include "serving/mutex.h"

namespace heyhi {

// A probe that somebody asked for.
struct ManualProbe {
  std::shared_ptr<const Target> target;
  ProbeResult result;
};

// Answers /probe, as users of blackbox_exporter know it, for configured targets: from the
// last result where it is read, from one call made now where it is posted. Thread-safe.
class ProbePage {
 public:
  // A posted call costs money: so long a target has none after one.
  static constexpr absl::Duration kLeastBetween = absl::Minutes(1);

  struct Sources {
    // The configured target of that name, with or without its check.
    std::function<std::optional<TargetStanding>(const std::string& name)> find;
    // Makes one call. `done` is called once, on any thread: with nothing where the target
    // has gone. Where the program ends meanwhile it may be destroyed uncalled.
    std::function<void(const TargetId& target,
                       std::function<void(std::optional<ManualProbe>)> done)>
        probe_now;
  };
  using Reply = std::function<void(ServerResponse)>;

  // `clock` outlives the page.
  ProbePage(Sources sources, const Clock& clock) : sources_(std::move(sources)), clock_(clock) {}

  ServerResponse Get(const ServerRequest& request);
  void Post(const ServerRequest& request, const Reply& reply);

 private:
  // The target that the request names, or what to answer instead.
  std::optional<TargetStanding> Find(const ServerRequest& request, ServerResponse* refusal) const;
  // How long the target must be left alone; zero where a call may be made now, which then
  // is the last one.
  absl::Duration TakeTurn(const std::string& target);

  const Sources sources_;
  const Clock& clock_;
  Mutex mutex_;
  std::map<std::string, MonotonicTime> posted_at_ ABSL_GUARDED_BY(mutex_);  // by target
};

// What a result says in Prometheus' text format, by the names of blackbox_exporter where
// it has them.
std::string ProbeMetricsText(const ProbeResult& result);

// The same for people: the verdict with the rule that matched, phases, headers without
// their secrets, and what a scrape would have got.
std::string ProbeTrace(const Target& target, const ProbeResult& result, const std::string& origin);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_PROBE_PAGE_H_
