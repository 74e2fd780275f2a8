#include "tools/probe_command.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "exporter/probe_report.h"
#include "probes/clock.h"
#include "probes/curl_transport.h"
#include "probes/prober.h"
#include "probes/support_sample.h"
#include "serving/flags.h"
#include "tools/probe_target.h"

namespace heyhi {
namespace {

constexpr int kExitAnswered = 0;
constexpr int kExitFailed = 1;
constexpr int kExitOurs = 2;

// What --help shows as the default; it stands for a flag that is not given.
constexpr char kNoConfigGiven[] = "heyhi.yml, where it is here and has the target";

// The flags that set one option of the configuration each.
struct OptionFlag {
  const char* option;
  const char* placeholder;
  const char* help;
};
constexpr OptionFlag kOptionFlags[] = {
    {"timeout", "DURATION", "No right answer by then is a failure; 100ms to 2m."},
    {"base_url", "URL", "An endpoint of your own, or another address of a known provider."},
    {"dialect", "NAME", "How to talk to it, if not as the provider does (or openai_chat)."},
    {"api_key_env", "NAME", "The environment variable that holds its key."},
    {"api_key_file", "FILE", "The file that holds its key."},
    {"ca_file", "FILE", "PEM bundle that verifies it, instead of the system's."},
    {"proxy", "URL", "The HTTP proxy to go through; http://host:port."},
};
constexpr char kPlainHttp[] = "allow_plain_http";

struct Flags {
  std::string config_file = kNoConfigGiven;
  std::string check;
  std::string options[std::size(kOptionFlags)];
  bool allow_plain_http = false;
  bool json = false;
  bool help = false;
};

FlagSet DeclareFlags(Flags* flags) {
  FlagSet set("heyhitool probe PROVIDER[/MODEL][/CHECK]",
              "Makes one call now and says what came of it: whether the API answers, how fast, and "
              "if not, why.\nExits with 0 (ok or slow), 1 (failed) or 2 (no call was made).");
  set.AddString("config.file", &flags->config_file, "FILE",
                "Probe the target as the exporter does with this configuration.");
  set.AddString("check", &flags->check, "CHECK", "chat or stream; the same as /CHECK.");
  set.AddBool("json", &flags->json, "Say everything as one line of JSON.");
  for (std::size_t i = 0; i < std::size(kOptionFlags); ++i) {
    const OptionFlag& flag = kOptionFlags[i];
    set.AddString(FlagOfOption(flag.option).substr(2), &flags->options[i], flag.placeholder,
                  flag.help);
  }
  set.AddBool(FlagOfOption(kPlainHttp).substr(2), &flags->allow_plain_http,
              "Call an http address beyond this machine; the key is readable on the way.");
  set.AddBool("help", &flags->help, "Show this text.");
  return set;
}

// Takes what is no flag and no flag's value out of the arguments.
std::vector<std::string> TakeNames(std::vector<std::string>* arguments) {
  std::vector<std::string> names;
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < arguments->size(); ++i) {
    const std::string& argument = (*arguments)[i];
    if (!absl::StartsWith(argument, "-")) {
      names.push_back(argument);
      continue;
    }
    rest.push_back(argument);
    const bool stands_alone = absl::StrContains(argument, "=") || argument == "-h" ||
                              argument == "--help" || argument == "--json" ||
                              absl::StartsWith(argument, "--no-") ||
                              argument == FlagOfOption(kPlainHttp);
    if (!stands_alone && i + 1 < arguments->size()) rest.push_back((*arguments)[++i]);
  }
  *arguments = rest;
  return names;
}

absl::StatusOr<TargetRequest> ReadRequest(const Flags& flags,
                                          const std::vector<std::string>& names) {
  if (names.size() != 1) {
    // What else was given is not shown: it may be a key.
    return absl::InvalidArgumentError(
        absl::StrCat("expected one target, got ", names.size(),
                     ": name it as PROVIDER[/MODEL][/CHECK], such as openai, or try --help"));
  }
  TargetRequest request;
  request.name = names.front();
  request.check = flags.check;
  if (flags.config_file != kNoConfigGiven) request.config_file = flags.config_file;
  for (std::size_t i = 0; i < std::size(kOptionFlags); ++i) {
    if (!flags.options[i].empty()) {
      request.options.emplace_back(kOptionFlags[i].option, flags.options[i]);
    }
  }
  if (flags.allow_plain_http) request.options.emplace_back(kPlainHttp, "true");
  return request;
}

std::string Variable(const char* name) {
  // Read before any thread is started.
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool SpeaksUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = absl::AsciiStrToLower(Variable(name));
    if (!value.empty())
      return absl::StrContains(value, "utf-8") || absl::StrContains(value, "utf8");
  }
  return false;
}

ReportOptions OptionsForOutput(const std::string& origin) {
  ReportOptions options;
  options.origin = origin;
  const bool is_terminal = isatty(STDOUT_FILENO) == 1;
  const std::string terminal = Variable("TERM");
  options.colour =
      is_terminal && Variable("NO_COLOR").empty() && !terminal.empty() && terminal != "dumb";
  options.utf8 = !is_terminal || SpeaksUtf8();
  return options;
}

// One line on standard error, whatever a file or an argument put into it.
int Complain(const absl::Status& status) {
  std::string message = CleanText(std::string(status.message()), Secret(), 4096);
  for (char& c : message) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  std::fprintf(stderr, "heyhitool probe: %s\n", message.c_str());
  return kExitOurs;
}

absl::StatusOr<ProbeResult> ProbeOnce(const PlannedProbe& plan) {
  RealClock clock;
  CurlTransportOptions options;
  options.user_agent = absl::StrCat("heyhitool/", HEYHI_VERSION);
  const auto transport = MakeCurlTransport(clock, options);
  if (!transport.ok()) return transport.status();
  NetworkWatch::Options network = plan.network;
  network.without_trouble = false;
  NetworkWatch watch(**transport, clock, std::move(network));
  Prober prober(**transport, clock, plan.prices, &watch);
  std::optional<ProbeResult> result;
  prober.Start(plan.target, [&result](const ProbeResult& ended) { result = ended; });
  while (!result.has_value()) {
    const MonotonicTime next = prober.RunDue();
    if (!result.has_value()) (*transport)->RunUntil(next);
  }
  return *std::move(result);
}

int Probe(const PlannedProbe& plan, bool json) {
  const ReportOptions options = OptionsForOutput(plan.origin);
  // A server that hangs up must not end us; writing to its connection says so as well.
  std::signal(SIGPIPE, SIG_IGN);
  if (absl::Status status = InitNetwork(); !status.ok()) return Complain(status);
  if (isatty(STDERR_FILENO) == 1) {
    std::fprintf(stderr, "calling %s, at most %s\n", plan.target->id.Name().c_str(),
                 absl::FormatDuration(plan.target->timeout).c_str());
  }
  const auto result = ProbeOnce(plan);
  if (!result.ok()) return Complain(result.status());
  const std::string text = json ? ReportJson(*plan.target, *result, options) + "\n"
                                : ReportText(*plan.target, *result, options);
  if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
    return Complain(absl::UnavailableError("cannot write to standard output"));
  }
  if (result->reason.has_value() && IsOwnTrouble(*result->reason)) return kExitOurs;
  return result->outcome == Outcome::kFailed ? kExitFailed : kExitAnswered;
}

}  // namespace

int RunProbe(const std::vector<std::string>& arguments) {
  Flags flags;
  FlagSet set = DeclareFlags(&flags);
  std::vector<std::string> rest = arguments;
  const std::vector<std::string> names = TakeNames(&rest);
  if (auto parsed = set.Parse(rest); !parsed.ok()) return Complain(parsed);
  if (flags.help) {
    std::printf("%s", set.HelpText().c_str());
    return kExitAnswered;
  }
  const auto request = ReadRequest(flags, names);
  if (!request.ok()) return Complain(request.status());
  const auto plan = PlanProbe(*request, SystemConfigSources());
  if (!plan.ok()) return Complain(plan.status());
  return Probe(*plan, flags.json);
}

}  // namespace heyhi
