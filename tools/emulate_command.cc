#include "tools/emulate_command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "probes/json.h"
#include "serving/descriptor_limit.h"
#include "serving/flags.h"
#include "serving/log.h"
#include "serving/signals.h"
#include "tools/emulator.h"

namespace heyhi {
namespace {

struct Flags {
  std::string https_address = "127.0.0.1:0";
  std::string http_address = "127.0.0.1:0";
  std::string testdata = "tests/testdata";
  std::string ca_file;
  std::vector<std::string> tls_names;
  std::string latency = "0";
  std::string seed = "1";
  std::string ready_file;
  std::string log_level = "info";
  std::string log_format = "logfmt";
  bool help = false;
};

FlagSet DeclareFlags(Flags* flags) {
  FlagSet set(
      "heyhitool emulate",
      "Answers as LLM providers do, with recorded answers and with faults set at run time.");
  set.AddString("web.listen-address", &flags->https_address, "HOST:PORT",
                "Address to serve HTTPS on; port 0 takes a free one; empty turns it off.");
  set.AddString("http.listen-address", &flags->http_address, "HOST:PORT",
                "Address to serve plain HTTP on; empty turns it off.");
  set.AddString("testdata", &flags->testdata, "DIR",
                "Folder of recorded cases, <provider>/<case>.json.");
  set.AddString("tls.ca-file", &flags->ca_file, "FILE",
                "Where to write the CA certificate that clients must trust; empty writes none.");
  set.AddList("tls.name", &flags->tls_names, "HOST",
              "Host name that the certificate holds for besides localhost; may be repeated.");
  set.AddString("latency", &flags->latency, "LATENCY",
                "Wait before each answer: 250ms, 100ms..900ms (uniform) or 250ms/700ms "
                "(lognormal, median/p95).");
  set.AddString("seed", &flags->seed, "NUMBER", "Seed of the random latencies.");
  set.AddString("ready-file", &flags->ready_file, "FILE",
                "Where to write the addresses as JSON once both listeners are up.");
  set.AddString("log.level", &flags->log_level, "LEVEL", "debug, info, warn or error.");
  set.AddString("log.format", &flags->log_format, "FORMAT", "logfmt or json.");
  set.AddBool("help", &flags->help, "Show this text.");
  return set;
}

// The names go into OpenSSL's list of alternative names, where a comma begins
// another one.
bool IsHostName(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-';
  });
}

absl::StatusOr<EmulatorOptions> ReadOptions(const Flags& flags) {
  EmulatorOptions options;
  options.https_address = flags.https_address;
  options.http_address = flags.http_address;
  options.testdata = flags.testdata;
  const auto latency = Latency::Parse(flags.latency);
  if (!latency.ok()) return latency.status();
  options.latency = *latency;
  for (const std::string& name : flags.tls_names) {
    if (!IsHostName(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("flag --tls.name: expected a host name, not \"", name, "\""));
    }
    options.certificate.names.push_back(absl::StrCat("DNS:", name));
  }
  if (!absl::SimpleAtoi(flags.seed, &options.seed)) {
    return absl::InvalidArgumentError(
        absl::StrCat("flag --seed: expected a whole number, not \"", flags.seed, "\""));
  }
  return options;
}

// Readers see the whole file or none.
absl::Status WriteFileAtomically(const std::string& path, const std::string& text) {
  const std::string unfinished = absl::StrCat(path, ".", getpid(), ".tmp");
  std::ofstream file(unfinished, std::ios::binary);
  file << text;
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(unfinished, path, error);
  if (!file || error) {
    std::error_code ignored;
    std::filesystem::remove(unfinished, ignored);
    return absl::UnavailableError(absl::StrCat("cannot write the file \"", path, "\""));
  }
  return absl::OkStatus();
}

absl::Status WriteFiles(const Flags& flags, const Emulator& emulator) {
  if (!flags.ca_file.empty()) {
    auto written = WriteFileAtomically(flags.ca_file, emulator.ca_certificate());
    if (!written.ok()) return written;
  }
  if (flags.ready_file.empty()) return absl::OkStatus();
  JsonObject addresses;
  if (!emulator.https_address().empty()) addresses.Set("https", emulator.https_address());
  if (!emulator.http_address().empty()) addresses.Set("http", emulator.http_address());
  return WriteFileAtomically(flags.ready_file, absl::StrCat(addresses.Dump(), "\n"));
}

void LogStart(const Emulator& emulator, Logger& logger) {
  std::string url;
  if (!emulator.https_address().empty()) {
    url = absl::StrCat("https://", emulator.https_address());
    logger.Info("serving https", {{"address", emulator.https_address()}});
  }
  if (!emulator.http_address().empty()) {
    url = absl::StrCat("http://", emulator.http_address());
    logger.Info("serving http", {{"address", emulator.http_address()}});
  }
  logger.Info("faults are set at the admin endpoint",
              {{"url", absl::StrCat(url, "/admin/faults")},
               {"cases", absl::StrCat(emulator.case_count())}});
}

int FailUsage(const absl::Status& status) {
  std::cerr << "heyhitool emulate: " << status.message() << "\n";
  return 2;
}

}  // namespace

int RunEmulate(const std::vector<std::string>& arguments) {
  Flags flags;
  FlagSet set = DeclareFlags(&flags);
  if (auto parsed = set.Parse(arguments); !parsed.ok()) return FailUsage(parsed);
  if (flags.help) {
    std::cout << set.HelpText();
    return 0;
  }
  auto options = ReadOptions(flags);
  if (!options.ok()) return FailUsage(options.status());
  const auto log_options = ParseLogOptions(flags.log_level, flags.log_format);
  if (!log_options.ok()) return FailUsage(log_options.status());

  Logger logger(*log_options);
  options->logger = &logger;
  const Signals stop({SIGINT, SIGTERM});
  RaiseDescriptorLimit();  // stalled calls hold their connections
  const auto emulator = StartEmulator(*options);
  if (!emulator.ok()) {
    logger.Error("cannot start", {{"err", std::string(emulator.status().message())}});
    return 1;
  }
  LogStart(**emulator, logger);
  if (auto written = WriteFiles(flags, **emulator); !written.ok()) {
    logger.Error("cannot start", {{"err", std::string(written.message())}});
    return 1;
  }
  logger.Info("stopping", {{"signal", SignalName(stop.Wait())}});
  return 0;
}

}  // namespace heyhi
