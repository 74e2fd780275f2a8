// heyhi-exporter: probes the configured LLM APIs and serves the results.

#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "exporter/config.h"
#include "exporter/config_text.h"
#include "exporter/daemon.h"
#include "exporter/health_check.h"
#include "exporter/reloader.h"
#include "exporter/shard.h"
#include "probes/clock.h"
#include "probes/curl_transport.h"
#include "serving/core_dump.h"
#include "serving/descriptor_limit.h"
#include "serving/flags.h"
#include "serving/log.h"
#include "serving/out_of_memory.h"
#include "serving/service_manager.h"
#include "serving/signals.h"
#include "serving/thread.h"
#include "serving/web.h"
#include "serving/web_config_watch.h"

namespace heyhi {
namespace {

// Exit codes: those of sysexits.h where one fits.
constexpr int kExitOk = 0;
constexpr int kExitFailure = 1;
constexpr int kExitUsage = 64;
constexpr int kExitConfig = 78;

struct Flags {
  std::string config_file = "heyhi.yml";
  bool config_check = false;
  bool config_print = false;
  bool healthcheck = false;
  bool enable_lifecycle = false;
  std::vector<std::string> listen_addresses = {"127.0.0.1:10095"};
  std::string web_config_file;
  std::string log_level = "info";
  std::string log_format = "logfmt";
  std::string shard = "1/1";
  bool demo = false;
  bool version = false;
  bool help = false;
};

FlagSet DeclareFlags(Flags& flags) {
  FlagSet set("heyhi-exporter",
              "Probes LLM APIs with tiny real calls and exposes the results to Prometheus.");
  set.AddString("config.file", &flags.config_file, "heyhi.yml", "The configuration to run with.");
  set.AddBool("config.check", &flags.config_check, "Check the configuration and exit.");
  set.AddBool("config.print", &flags.config_print,
              "Print the configuration in effect, every option spelled out, and exit.");
  set.AddList("web.listen-address", &flags.listen_addresses, "HOST:PORT",
              "Where to serve; may be repeated. Port 0 takes a free one.");
  set.AddString("web.config.file", &flags.web_config_file, "FILE",
                "TLS and passwords for the addresses above, in exporter-toolkit's format; read "
                "again when it changes.");
  set.AddBool("web.enable-lifecycle", &flags.enable_lifecycle,
              "Let POST /-/reload read the configuration again, as SIGHUP does.");
  set.AddString("shard", &flags.shard, "I/N",
                "Probe only the I-th of N parts of the targets; the other parts are for other "
                "exporters with the same configuration.");
  set.AddString("log.level", &flags.log_level, "LEVEL",
                "Least level to log: debug, info, warn or error.");
  set.AddString("log.format", &flags.log_format, "FORMAT", "How to log: logfmt or json.");
  set.AddBool("healthcheck", &flags.healthcheck,
              "Ask the exporter that serves on the first --web.listen-address whether it is "
              "healthy, and exit with 0 if it is, else with 1.");
  set.AddBool("demo", &flags.demo,
              "Say in log, page and metrics that the configured providers are simulated.");
  set.AddBool("version", &flags.version, "Show the version and exit.");
  set.AddBool("help", &flags.help, "Show this text and exit.");
  return set;
}

// One line on standard error, whatever a file or an argument put into it.
int Complain(int exit_code, std::string message) {
  for (char& c : message) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  std::fprintf(stderr, "heyhi-exporter: %s\n", message.c_str());
  return exit_code;
}

// A probe takes up to three descriptors (its connection, two DNS sockets), and some
// are kept for scrapes, pages, files and canaries.
std::size_t InFlightThatFit(std::size_t wanted, Logger& logger) {
  constexpr std::size_t kPerProbe = 3;
  constexpr std::size_t kReserved = 96;
  const std::size_t limit = RaiseDescriptorLimit();
  const std::size_t fit =
      std::max<std::size_t>(1, (limit - std::min(kReserved, limit / 2)) / kPerProbe);
  if (fit >= wanted) return wanted;
  logger.Warn(
      "the limit of open files lets fewer probes run at once than max_in_flight; raise it "
      "(ulimit -n, LimitNOFILE=) to at least the number needed",
      {{"limit", absl::StrCat(limit)},
       {"probes", absl::StrCat(fit)},
       {"needed", absl::StrCat(wanted * kPerProbe + kReserved)}});
  return fit;
}

TransportLimits LimitsOf(const Config& config, Logger& logger) {
  TransportLimits limits;
  limits.max_handshakes = config.max_handshakes;
  limits.max_in_flight = InFlightThatFit(config.max_in_flight, logger);
  // One provider that hangs must leave room for the others.
  limits.max_in_flight_per_host = std::max<std::size_t>(1, limits.max_in_flight / 2);
  return limits;
}

// Until a signal ends it; SIGHUP reads the configuration again.
std::string WaitForTheEnd(const Signals& signals, Reloader& reloader, Daemon& daemon,
                          ServiceManager& manager) {
  for (;;) {
    // Whether the exporter is alive only the thread that probes can tell.
    daemon.CallSoon([&manager] { manager.Alive(); });
    const int signal = signals.WaitFor(manager.watchdog_interval());
    if (signal == SIGHUP) {
      reloader.Request([](const absl::Status&) {});  // the log says how it ended
    } else if (signal != 0) {
      return SignalName(signal);
    }
  }
}

int AskWhetherHealthy(const Flags& flags, Logger& logger) {
  bool tls = false;
  if (!flags.web_config_file.empty()) {
    const auto web = WebConfigWatch(flags.web_config_file, logger).Load();
    if (!web.ok()) return Complain(kExitFailure, std::string(web.status().message()));
    tls = web->tls.has_value();
  }
  absl::Status status = InitNetwork();
  if (status.ok()) status = CheckHealth(flags.listen_addresses.front(), tls);
  return status.ok() ? kExitOk : Complain(kExitFailure, std::string(status.message()));
}

int StartWeb(const Flags& flags, Web& web) {
  if (!flags.web_config_file.empty()) {
    if (absl::Status status = web.LoadConfig(flags.web_config_file); !status.ok()) {
      return Complain(kExitConfig, std::string(status.message()));
    }
  }
  if (absl::Status status = web.Start(flags.listen_addresses); !status.ok()) {
    const bool malformed = absl::IsInvalidArgument(status);
    return Complain(malformed ? kExitUsage : kExitFailure, std::string(status.message()));
  }
  return kExitOk;
}

void Announce(const Flags& flags, std::size_t targets, const std::string& region, Logger& logger) {
  if (flags.demo) {
    logger.Warn("DEMO: the providers are simulated; nothing here says anything about real ones");
  }
  logger.Info("probing",
              {{"targets", absl::StrCat(targets)}, {"region", region}, {"shard", flags.shard}});
  if (targets == 0) {
    logger.Warn("no target belongs to this shard: nothing is probed here",
                {{"shard", flags.shard}});
  }
}

// `load` reads the configuration again.
int Serve(const Flags& flags, Config config, const Reloader::Load& load, ServiceManager& manager,
          Logger& logger) {
  const Signals signals({SIGINT, SIGTERM, SIGHUP});

  RealClock clock;
  CurlTransportOptions network;
  network.user_agent = absl::StrCat("heyhi-exporter/", HEYHI_VERSION);
  auto transport = MakeCurlTransport(clock, network);
  if (!transport.ok()) {
    return Complain(kExitFailure, std::string(transport.status().message()));
  }

  Daemon::Options options;
  options.version = HEYHI_VERSION;
  options.revision = HEYHI_REVISION;
  options.demo = flags.demo;
  options.schedule.seed = std::random_device{}();
  options.limits = [&logger](const Config& current) { return LimitsOf(current, logger); };
  const std::size_t target_count = config.targets.size();
  const std::string region = config.region;
  Daemon daemon(std::move(config), options, clock, **transport, logger);

  auto reloader = std::make_unique<Reloader>(load, daemon, logger);
  WebSources sources = daemon.Sources();
  if (flags.enable_lifecycle) {
    sources.reload = [&reloader](Reloader::Done done) { reloader->Request(std::move(done)); };
  }
  WebRoutes routes(std::move(sources), clock);
  auto web = std::make_unique<Web>(
      [&routes](const ServerRequest& request, Responder responder) {
        const auto reply = std::make_shared<Responder>(std::move(responder));
        routes.Answer(request,
                      [reply](ServerResponse response) { reply->Send(std::move(response)); });
      },
      logger);
  if (const int exit_code = StartWeb(flags, *web); exit_code != kExitOk) return exit_code;
  Announce(flags, target_count, region, logger);

  absl::Status status = reloader->Start();
  std::thread probing;
  if (status.ok()) status = StartThread(&probing, [&daemon] { daemon.Run(); });
  if (!status.ok()) {
    daemon.Stop();
    daemon.Run();  // it only answers who waits for it
    return Complain(kExitFailure, std::string(status.message()));
  }
  manager.Ready("probing");
  const std::string signal = WaitForTheEnd(signals, *reloader, daemon, manager);
  manager.Stopping();
  logger.Info("stopping", {{"signal", signal}});
  daemon.Stop();
  probing.join();
  web.reset();
  return kExitOk;
}

int Main(const std::vector<std::string>& arguments) {
  ForbidCoreDumps();
  SayWhenMemoryRunsOut();
  ServiceManager manager;
  Flags flags;
  FlagSet set = DeclareFlags(flags);
  if (absl::Status status = set.Parse(arguments); !status.ok()) {
    return Complain(kExitUsage, std::string(status.message()));
  }
  if (flags.help) {
    std::printf("%s", set.HelpText().c_str());
    return kExitOk;
  }
  if (flags.version) {
    std::printf("heyhi-exporter %s (revision %s)\n", HEYHI_VERSION, HEYHI_REVISION);
    return kExitOk;
  }
  const auto log_options = ParseLogOptions(flags.log_level, flags.log_format);
  if (!log_options.ok()) return Complain(kExitUsage, std::string(log_options.status().message()));
  Logger logger(*log_options);

  if (flags.healthcheck) return AskWhetherHealthy(flags, logger);
  const auto shard = ParseShard(flags.shard);
  if (!shard.ok()) return Complain(kExitUsage, std::string(shard.status().message()));
  const Reloader::Load load = [&flags, &shard] {
    return LoadConfig(flags.config_file, SystemConfigSources(),
                      [&shard](const TargetId& target) { return shard->Has(target); });
  };
  auto config = load();
  if (!config.ok()) return Complain(kExitConfig, std::string(config.status().message()));
  if (flags.config_check && !flags.web_config_file.empty()) {
    const auto web = WebConfigWatch(flags.web_config_file, logger).Load();
    if (!web.ok()) return Complain(kExitConfig, std::string(web.status().message()));
  }
  if (flags.config_print) {
    std::printf("%s", ConfigText(*config).c_str());
    if (std::fflush(stdout) != 0) return Complain(kExitFailure, "cannot write to standard output");
    return kExitOk;
  }
  if (flags.config_check) {
    std::printf("%s: good, %zu target%s\n", flags.config_file.c_str(), config->targets.size(),
                config->targets.size() == 1 ? "" : "s");
    return kExitOk;
  }
  if (absl::Status status = InitNetwork(); !status.ok()) {
    return Complain(kExitFailure, std::string(status.message()));
  }
  return Serve(flags, *std::move(config), load, manager, logger);
}

}  // namespace
}  // namespace heyhi

int main(int argc, char** argv) { return heyhi::Main({argv + 1, argv + argc}); }
