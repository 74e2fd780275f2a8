// heyhi-bench-probes: sends many probes over the path that the exporter's take, and
// prints as one JSON object what they cost and how long each was said to last.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "probes/clock.h"
#include "probes/curl_transport.h"
#include "probes/json.h"
#include "probes/price_table.h"
#include "probes/prober.h"
#include "probes/target.h"
#include "serving/descriptor_limit.h"
#include "serving/flags.h"

namespace heyhi {
namespace {

// Between two looks at this process's memory, and at most between two at the clock.
constexpr absl::Duration kSampleInterval = absl::Milliseconds(50);

struct Plan {
  std::vector<std::string> urls;  // taken in turn
  std::string warm_up_url;
  std::string ca_file;
  int probes = 0;
  int warm_up = 0;
  int concurrency = 0;  // this many in flight at any time, or
  double rate = 0;      // this many a second, whatever is in flight
  absl::Duration timeout;
};

double CpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return absl::ToDoubleSeconds(absl::DurationFromTimeval(usage.ru_utime) +
                               absl::DurationFromTimeval(usage.ru_stime));
}

std::int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t virtual_pages = 0;
  std::int64_t resident_pages = 0;
  statm >> virtual_pages >> resident_pages;
  return resident_pages * sysconf(_SC_PAGESIZE);
}

// Sends the probes of a plan and keeps what came of them.
class Run {
 public:
  Run(const Plan& plan, const Clock& clock, HttpTransport& transport)
      : plan_(plan), clock_(clock), transport_(transport), prober_(transport, clock, prices_) {
    for (const std::string& url : plan.urls) targets_.push_back(TargetFor(url));
  }

  void WarmUp() {
    const auto target = TargetFor(plan_.warm_up_url);
    for (int i = 0; i < plan_.warm_up; ++i) {
      prober_.Start(target, [](const ProbeResult& /*result*/) {});
      while (transport_.in_flight() > 0) transport_.RunUntil(absl::InfiniteDuration());
    }
  }

  void Measure() {
    resident_before_ = ResidentBytes();
    const double cpu_before = CpuSeconds();
    begun_ = clock_.Monotonic();
    while (started_ < plan_.probes || transport_.in_flight() > 0) {
      MonotonicTime next = absl::InfiniteDuration();
      while (started_ < plan_.probes && MayStart(&next)) StartOne();
      Step(next);
    }
    wall_seconds_ = absl::ToDoubleSeconds(clock_.Monotonic() - begun_);
    cpu_seconds_ = CpuSeconds() - cpu_before;
  }

  std::string Json() const;

 private:
  std::shared_ptr<const Target> TargetFor(const std::string& url) const {
    auto target = std::make_shared<Target>();
    target->id = {"bench", "bench", "chat", "bench"};
    target->base_url = url;
    target->api_key = Secret("sk-bench-0123456789abcdef");
    target->ca_file = plan_.ca_file;
    target->timeout = plan_.timeout;
    return target;
  }

  // Otherwise `next` is when to ask again, where time alone decides.
  bool MayStart(MonotonicTime* next) const {
    if (plan_.rate <= 0)
      return transport_.in_flight() < static_cast<std::size_t>(plan_.concurrency);
    *next = begun_ + absl::Seconds(started_ / plan_.rate);
    return clock_.Monotonic() >= *next;
  }

  void StartOne() {
    const auto& target = targets_[static_cast<std::size_t>(started_) % targets_.size()];
    const int number = started_++;
    prober_.Start(target, [this, number](const ProbeResult& result) {
      results_.push_back({number, result.started_at, result.times.total,
                          result.outcome != Outcome::kFailed, result.detail});
    });
  }

  void Step(MonotonicTime deadline) {
    transport_.RunUntil(std::min(deadline, clock_.Monotonic() + kSampleInterval));
    most_in_flight_ = std::max(most_in_flight_, transport_.in_flight());
    if (clock_.Monotonic() < next_sample_) return;
    resident_peak_ = std::max(resident_peak_, ResidentBytes());
    next_sample_ = clock_.Monotonic() + kSampleInterval;
  }

  struct Ended {
    int number;
    absl::Time started_at;
    absl::Duration total;
    bool ok;
    std::string detail;
  };

  const Plan& plan_;
  const Clock& clock_;
  HttpTransport& transport_;
  const PriceTable prices_;
  Prober prober_;
  std::vector<std::shared_ptr<const Target>> targets_;
  std::vector<Ended> results_;
  int started_ = 0;
  MonotonicTime begun_;
  MonotonicTime next_sample_;
  std::size_t most_in_flight_ = 0;
  std::int64_t resident_before_ = 0;
  std::int64_t resident_peak_ = 0;
  double wall_seconds_ = 0;
  double cpu_seconds_ = 0;
};

std::string Run::Json() const {
  std::vector<JsonObject> probes;
  std::string first_failure;
  int ok = 0;
  for (const Ended& ended : results_) {
    ok += ended.ok ? 1 : 0;
    if (!ended.ok && first_failure.empty()) first_failure = ended.detail;
    probes.push_back(JsonObject()
                         .Set("number", ended.number)
                         .Set("start_ns", absl::ToUnixNanos(ended.started_at))
                         .Set("total_seconds", absl::ToDoubleSeconds(ended.total)));
  }
  return JsonObject()
      .Set("wall_seconds", wall_seconds_)
      .Set("cpu_seconds", cpu_seconds_)
      .Set("ok", ok)
      .Set("first_failure", first_failure)
      .Set("most_in_flight", static_cast<std::int64_t>(most_in_flight_))
      .Set("resident_before_bytes", resident_before_)
      .Set("resident_peak_bytes", resident_peak_)
      .Set("probes", probes)
      .Dump();
}

struct Flags {
  std::vector<std::string> urls;
  std::string warm_up_url;
  std::string ca_file;
  std::string probes = "1000";
  std::string warm_up = "20";
  std::string concurrency = "16";
  std::string rate = "0";
  std::string timeout = "30s";
};

FlagSet DeclareFlags(Flags& flags) {
  FlagSet set("heyhi-bench-probes", "Sends many probes as the exporter does and measures them.");
  set.AddList("url", &flags.urls, "URL", "Base URL of an openai_chat API; repeated ones in turn.");
  set.AddString("warm-up-url", &flags.warm_up_url, "URL", "As --url, for the warm-up.");
  set.AddString("ca-file", &flags.ca_file, "FILE", "Verifies the server.");
  set.AddString("probes", &flags.probes, "N", "How many probes to measure.");
  set.AddString("warm-up", &flags.warm_up, "N", "Probes before these, one by one.");
  set.AddString("concurrency", &flags.concurrency, "N", "Keeps so many in flight.");
  set.AddString("rate", &flags.rate, "N", "Starts so many a second instead.");
  set.AddString("timeout", &flags.timeout, "DURATION", "Of each probe.");
  return set;
}

absl::StatusOr<Plan> ReadPlan(const std::vector<std::string>& arguments) {
  Flags flags;
  FlagSet set = DeclareFlags(flags);
  if (absl::Status status = set.Parse(arguments); !status.ok()) return status;
  Plan plan;
  plan.urls = flags.urls;
  plan.warm_up_url = flags.warm_up_url;
  plan.ca_file = flags.ca_file;
  const bool good = absl::SimpleAtoi(flags.probes, &plan.probes) &&
                    absl::SimpleAtoi(flags.warm_up, &plan.warm_up) &&
                    absl::SimpleAtoi(flags.concurrency, &plan.concurrency) &&
                    absl::SimpleAtod(flags.rate, &plan.rate) &&
                    absl::ParseDuration(flags.timeout, &plan.timeout);
  if (!good || plan.urls.empty() || plan.warm_up_url.empty() || plan.probes < 1 ||
      plan.concurrency < 1) {
    return absl::InvalidArgumentError(absl::StrCat("wrong flags\n", set.HelpText()));
  }
  return plan;
}

absl::Status Main(const std::vector<std::string>& arguments) {
  const auto plan = ReadPlan(arguments);
  if (!plan.ok()) return plan.status();
  std::signal(SIGPIPE, SIG_IGN);
  RaiseDescriptorLimit();  // every probe in flight holds a descriptor
  if (absl::Status status = InitNetwork(); !status.ok()) return status;
  const RealClock clock;
  const auto transport = MakeCurlTransport(clock, CurlTransportOptions());
  if (!transport.ok()) return transport.status();
  Run run(*plan, clock, **transport);
  run.WarmUp();
  run.Measure();
  std::printf("%s\n", run.Json().c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace heyhi

int main(int argc, char** argv) {
  const absl::Status status = heyhi::Main({argv + 1, argv + argc});
  if (!status.ok()) {
    std::fprintf(stderr, "heyhi-bench-probes: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}
