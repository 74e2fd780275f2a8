#include "exporter/daemon.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace heyhi {
namespace {

std::string Milliseconds(absl::Duration duration) {
  return absl::StrFormat("%.0fms", absl::ToDoubleMilliseconds(duration));
}

}  // namespace

Daemon::Daemon(Config config, Options options, const Clock& clock, HttpTransport& transport,
               Logger& logger)
    : options_(std::move(options)),
      clock_(clock),
      transport_(transport),
      logger_(logger),
      probe_metrics_(table_),
      process_metrics_(table_),
      network_up_family_(table_.AddFamily(
          MetricType::kGauge, "heyhi_network_up",
          "Whether this exporter's own network works (1) or its canaries could not be reached when "
          "they were last asked (0).")),
      watch_(transport, clock, config.network),
      opinion_(transport, clock),
      prober_(transport, clock, config_.prices, &watch_, &opinion_),
      scheduler_(clock, options_.schedule, {},
                 {[this](std::size_t index, const std::shared_ptr<const Target>& target) {
                    AddTarget(index, target);
                  },
                  [this](std::size_t index) { RemoveTarget(index); },
                  [this](std::size_t index, absl::Duration slip) { StartProbe(index, slip); },
                  [this](std::size_t /*index*/, SkipCause cause, int count) {
                    probe_metrics_.Skipped(cause, count);
                  },
                  [this](std::size_t index, TargetState state, absl::Duration interval) {
                    SetSchedule(index, state, interval);
                  }}),
      cost_watch_(table_, clock, logger, scheduler_) {
  AddSelfMetrics();
  PutInForce(std::move(config));
}

void Daemon::Post(TaskQueue::Task task) {
  tasks_.Post(std::move(task));
  transport_.Wake();
}

void Daemon::CallSoon(std::function<void()> call) {
  Post([call = std::move(call)](bool running) {
    if (running) call();
  });
}

void Daemon::Replace(Config config, std::function<void(bool in_force)> done) {
  const auto next = std::make_shared<Config>(std::move(config));
  Post([this, next, done = std::move(done)](bool running) {
    if (running) PutInForce(std::move(*next));
    done(running);
  });
}

void Daemon::ProbeNow(const TargetId& target,
                      std::function<void(std::optional<ManualProbe>)> done) {
  Post([this, target, done = std::move(done)](bool running) {
    if (!running) return done(std::nullopt);
    StartManualProbe(target, done);
  });
}

void Daemon::StartManualProbe(const TargetId& id,
                              std::function<void(std::optional<ManualProbe>)> done) {
  const auto found = std::find_if(targets_.begin(), targets_.end(), [&id](const auto& target) {
    return target != nullptr && target->id == id;
  });
  if (found == targets_.end()) return done(std::nullopt);
  const auto index = static_cast<std::size_t>(found - targets_.begin());
  const std::shared_ptr<const Target> target = *found;
  prober_.Start(target, [this, index, target, done = std::move(done)](const ProbeResult& result) {
    if (targets_[index] != nullptr && targets_[index]->id == target->id) {
      probe_metrics_.Discarded(index, result);
      LearnFrom(index, result);
    } else {
      Forget(target->id);
    }
    done(ManualProbe{target, result});
  });
}

void Daemon::PutInForce(Config config) {
  table_.ChangeAsAWhole([this, &config] {
    ReplaceTargets(std::move(config));
    reload_successful_.Set(1);
    reload_success_time_.Set(absl::ToDoubleSeconds(clock_.Now() - absl::UnixEpoch()));
  });
}

void Daemon::ReplaceTargets(Config config) {
  if (network_up_group_ == nullptr || config.region != config_.region) {
    if (network_up_group_ != nullptr) table_.RemoveGroups({network_up_group_});
    network_up_group_ = table_.AddGroup({{"region", config.region}});
    network_up_metric_ = table_.AddGauge(network_up_family_, {}, network_up_group_);
  }
  config_ = std::move(config);
  {
    const MutexLock lock(&in_force_mutex_);
    in_force_ = std::make_shared<const Config>(config_);
  }
  if (options_.limits != nullptr) transport_.SetLimits(options_.limits(config_));
  watch_.Replace(config_.network);
  cost_watch_.SetBudget(config_.monthly_budget_usd);
  network_up_ = watch_.up();
  network_up_metric_.Set(network_up_ ? 1 : 0);
  latest_.SetOrder(scheduler_.Replace(config_.targets, config_.maintenance));
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (targets_[i] != nullptr) cost_watch_.SetTarget(i, *targets_[i], config_.prices);
  }
  probe_metrics_.DropRemoved();
}

void Daemon::AddTarget(std::size_t index, const std::shared_ptr<const Target>& target) {
  if (index >= targets_.size()) {
    targets_.resize(index + 1);
    in_trouble_.resize(index + 1);
    learned_caps_.resize(index + 1);
  }
  targets_[index] = target;
  const bool has_price =
      config_.prices.Find(target->id.provider, target->id.model, absl::InfiniteFuture())
          .has_value();
  probe_metrics_.SetTarget(index, target, has_price);
  latest_.SetTarget(index, target);
  if (learned_caps_[index] > target->call.token_cap) RaiseTokenCap(index, learned_caps_[index]);
}

void Daemon::RemoveTarget(std::size_t index) {
  opinion_.Forget(targets_[index]->id);
  targets_[index] = nullptr;
  learned_caps_[index] = 0;
  SetTrouble(index, false);
  cost_watch_.RemoveTarget(index);
  probe_metrics_.RemoveTarget(index);
  latest_.RemoveTarget(index);
}

void Daemon::AddSelfMetrics() {
  const auto gauge = [this](const char* name, const char* help, const MetricLabels& labels = {}) {
    return table_.AddGauge(table_.AddFamily(MetricType::kGauge, name, help), labels);
  };
  gauge("heyhi_demo_mode", "1 where the providers are simulated.").Set(options_.demo ? 1 : 0);
  gauge("heyhi_build_info", "Facts about this build; always 1.",
        {{"version", options_.version}, {"revision", options_.revision}})
      .Set(1);
  reload_successful_ =
      gauge("heyhi_config_last_reload_successful", "Whether the configuration was last read well.");
  reload_success_time_ = gauge("heyhi_config_last_reload_success_timestamp_seconds",
                               "When the configuration was last read well.");
}

void Daemon::Run() {
  while (!stopping_) Step(absl::InfiniteDuration());
  tasks_.Run(/*running=*/false);
}

void Daemon::Step(MonotonicTime deadline) {
  probing_ = true;
  tasks_.Run(/*running=*/true);
  // Verdicts come first: they may change what is due.
  const MonotonicTime next_verdict = prober_.RunDue();
  WatchNetwork();
  const MonotonicTime next_look = cost_watch_.RunDue();
  const MonotonicTime next_probe = scheduler_.RunDue();
  transport_.RunUntil(std::min({next_verdict, next_look, next_probe, deadline}));
}

void Daemon::Stop() {
  stopping_ = true;
  transport_.Wake();
}

void Daemon::StartProbe(std::size_t index, absl::Duration slip) {
  probe_metrics_.Started();
  prober_.Start(
      targets_[index], [this, index](const ProbeResult& result) { TakeResult(index, result); },
      [this, slip](absl::Duration waited) { probe_metrics_.Began(slip + waited); });
}

void Daemon::SetSchedule(std::size_t index, TargetState state, absl::Duration interval) {
  probe_metrics_.SetSchedule(index, state, interval);
  latest_.SetSchedule(index, state, interval);
  if (state == TargetState::kPaused) SetTrouble(index, false);  // nobody looks
}

void Daemon::WatchNetwork() {
  if (const std::vector<std::string> blocked = watch_.Blocked(); blocked != blocked_canaries_) {
    blocked_canaries_ = blocked;
    logger_.Warn(
        "canaries that never answer while probes are answered are left out; with fewer than two "
        "left, failures on the way count as the providers'",
        {{"left_out", absl::StrJoin(blocked, ", ")}});
  }
  const bool up = watch_.up();
  if (up == network_up_.exchange(up)) return;
  network_up_metric_.Set(up ? 1 : 0);
  if (up) {
    logger_.Info("own network works again", {{"region", config_.region}});
  } else {
    logger_.Warn(
        "own network is down: canaries cannot be reached; failures on the way to "
        "providers count as the network's fault",
        {{"region", config_.region}, {"canaries", absl::StrJoin(watch_.Failing(), ", ")}});
  }
}

// While something fails the canaries are asked regularly.
void Daemon::NoteTrouble(std::size_t index, const ProbeResult& result) {
  const bool trouble = result.outcome == Outcome::kFailed && !result.nearby &&
                       (result.fault == Fault::kProvider || result.fault == Fault::kNetwork);
  SetTrouble(index, trouble);
}

void Daemon::SetTrouble(std::size_t index, bool trouble) {
  if (in_trouble_[index] == trouble) return;
  in_trouble_[index] = trouble;
  trouble_count_ = trouble ? trouble_count_ + 1 : trouble_count_ - 1;
  watch_.SetTrouble(trouble_count_ > 0);
}

void Daemon::TakeResult(std::size_t index, const ProbeResult& result) {
  probe_metrics_.Ended();
  if (result.disturbed) {
    if (!scheduler_.GivenUp(index)) return Forget(result.target);
    probe_metrics_.Discarded(index, result);
    LearnFrom(index, result);
    WarnOfStandstill(result);
    return;
  }
  const std::optional<Trigger> trigger = scheduler_.Finished(index, FindingOf(result));
  if (!trigger.has_value()) return Forget(result.target);
  probe_metrics_.Completed(index, result, *trigger);
  NoteTrouble(index, result);
  LearnFrom(index, result);
  LogChange(latest_.Replace(index, result), result);
}

// The result came after its target had gone. A new one of that name starts anew, too.
void Daemon::Forget(const TargetId& target) { opinion_.Forget(target); }

// Once a minute, however many probes it spoils.
void Daemon::WarnOfStandstill(const ProbeResult& result) {
  ++disturbed_unsaid_;
  logger_.Debug("probe does not count: this process stood still during it",
                {{"target", result.target.Name()}});
  const MonotonicTime now = clock_.Monotonic();
  if (now - disturbed_said_at_ < absl::Minutes(1)) return;
  logger_.Warn(
      "probes do not count, since this process stood still during them: the machine was "
      "suspended, or has too little processor time for it",
      {{"probes", absl::StrCat(disturbed_unsaid_)}});
  disturbed_said_at_ = now;
  disturbed_unsaid_ = 0;
}

// What a call tells whether its outcome counts or not.
void Daemon::LearnFrom(std::size_t index, const ProbeResult& result) {
  if (result.cost_usd.has_value()) cost_watch_.Spend(index, *result.cost_usd);
  LearnTokenCap(index, result);
}

// What the provider names as the least it accepts is used from the next probe on,
// until the program ends.
void Daemon::LearnTokenCap(std::size_t index, const ProbeResult& result) {
  if (!result.named_token_cap.has_value() ||
      *result.named_token_cap <= targets_[index]->call.token_cap) {
    return;
  }
  learned_caps_[index] = *result.named_token_cap;
  RaiseTokenCap(index, learned_caps_[index]);
  logger_.Info(
      "the provider named a least output-token cap, which is used from now on; set "
      "max_tokens to keep it over a restart",
      {{"target", result.target.Name()}, {"max_tokens", absl::StrCat(*result.named_token_cap)}});
}

void Daemon::RaiseTokenCap(std::size_t index, int token_cap) {
  auto raised = std::make_shared<Target>(*targets_[index]);
  raised->call.token_cap = token_cap;
  targets_[index] = std::move(raised);
  probe_metrics_.SetTokenCap(index, token_cap);
  cost_watch_.SetTarget(index, *targets_[index], config_.prices);
}

// One line when a target's outcome or reason changes, whatever number of probes
// say the same; single probes at debug.
void Daemon::LogChange(const TargetStanding& before, const ProbeResult& result) {
  const std::string target = result.target.Name();
  const std::string took = Milliseconds(result.times.total);
  const bool failed = result.outcome == Outcome::kFailed;
  logger_.Debug("probe ended", {{"target", target},
                                {"outcome", std::string(OutcomeName(result.outcome))},
                                {"took", took},
                                {"status", absl::StrCat(result.http_status)},
                                {"reason", failed ? std::string(ReasonName(*result.reason)) : ""},
                                {"fault", failed ? std::string(FaultName(result.fault)) : ""}});
  if (result.rerouted.value_or(false) &&
      !(before.last.has_value() && before.last->rerouted.value_or(false))) {
    logger_.Warn("another model answers than the one asked for",
                 {{"target", target}, {"served_model", result.served_model}});
  }
  const bool is_news = !before.last.has_value() || !SayTheSame(*before.last, result) ||
                       before.last->fault != result.fault;
  if (!is_news) return;
  if (result.outcome == Outcome::kFailed) {
    logger_.Warn("probe failed", {{"target", target},
                                  {"error_type", std::string(ErrorTypeName(result.error_type))},
                                  {"reason", std::string(ReasonName(*result.reason))},
                                  {"fault", std::string(FaultName(result.fault))},
                                  {"took", took},
                                  {"detail", result.detail},
                                  {"request_id", result.request_id},
                                  {"advice", AdviceFor(result)}});
  } else if (result.outcome == Outcome::kSlow) {
    logger_.Warn("target is slow", {{"target", target}, {"took", took}});
  } else {
    logger_.Info("target is ok", {{"target", target}, {"took", took}});
  }
}

std::string Daemon::MetricsText(const ProcessStats& stats) {
  std::string text;
  AppendMetrics(stats, &text);
  return text;
}

void Daemon::AppendMetrics(const ProcessStats& stats, std::string* text) {
  {
    const MutexLock lock(&process_mutex_);
    process_metrics_.Update(stats);
  }
  table_.WriteText(text);
}

std::shared_ptr<const Config> Daemon::InForce() {
  const MutexLock lock(&in_force_mutex_);
  return in_force_;
}

WebSources Daemon::Sources() {
  WebSources sources;
  sources.config = [this] { return InForce(); };
  sources.metrics_text = [this](std::string* text) { AppendMetrics(ReadProcessStats(), text); };
  sources.probe.find = [this](const std::string& name) { return latest_.Find(name); };
  sources.probe.probe_now = [this](const TargetId& target, auto done) {
    ProbeNow(target, std::move(done));
  };
  sources.ready = [this] { return probing_.load(); };
  sources.landing_page = [this] {
    LandingPageFacts facts;
    facts.version = options_.version;
    facts.region = InForce()->region;
    facts.demo = options_.demo;
    facts.network_up = network_up_;
    facts.now = clock_.Now();
    facts.targets = latest_.Snapshot();
    return facts;
  };
  return sources;
}

}  // namespace heyhi
