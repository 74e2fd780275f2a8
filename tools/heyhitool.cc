// The tools around HeyHi, one subcommand each.

#include <iostream>
#include <string>
#include <vector>

#include "serving/suggestion.h"
#include "tools/emulate_command.h"
#include "tools/probe_command.h"

namespace {

struct Subcommand {
  const char* name;
  const char* summary;
  int (*run)(const std::vector<std::string>& arguments);
};
constexpr Subcommand kSubcommands[] = {
    {"emulate", "Serve emulated LLM providers, healthy or with faults", &heyhi::RunEmulate},
    {"probe", "Make one call now and say what came of it", &heyhi::RunProbe},
};

void PrintHelp(std::ostream& out) {
  out << "usage: heyhitool SUBCOMMAND [flags]\n\nSubcommands:\n";
  for (const Subcommand& subcommand : kSubcommands) {
    out << "  " << subcommand.name << "\n        " << subcommand.summary << "\n";
  }
  out << "\nheyhitool SUBCOMMAND --help shows the flags; heyhitool --version the version.\n";
}

int FailUnknown(const std::string& word) {
  std::vector<std::string> names = {"--help", "--version"};
  for (const Subcommand& subcommand : kSubcommands) names.emplace_back(subcommand.name);
  std::cerr << "heyhitool: unknown subcommand \"" << word << "\"" << heyhi::DidYouMean(word, names)
            << ", try --help\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    PrintHelp(std::cerr);
    return 2;
  }
  if (arguments[0] == "--help") {
    PrintHelp(std::cout);
    return 0;
  }
  if (arguments[0] == "--version") {
    std::cout << "heyhitool " << HEYHI_VERSION << "\n";
    return 0;
  }
  for (const Subcommand& subcommand : kSubcommands) {
    if (arguments[0] == subcommand.name) {
      return subcommand.run({arguments.begin() + 1, arguments.end()});
    }
  }
  return FailUnknown(arguments[0]);
}
