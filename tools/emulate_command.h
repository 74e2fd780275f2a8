#ifndef HEYHI_TOOLS_EMULATE_COMMAND_H_
#define HEYHI_TOOLS_EMULATE_COMMAND_H_

#include <string>
#include <vector>

namespace heyhi {

// `heyhitool emulate`: runs the provider emulator until SIGINT or SIGTERM.
// `arguments` are those after the subcommand. Returns the process's exit code:
// 0, 1 where it could not start, 2 where the arguments are wrong. Blocks the two
// signals, so no thread may have been started before.
int RunEmulate(const std::vector<std::string>& arguments);

}  // namespace heyhi

#endif  // HEYHI_TOOLS_EMULATE_COMMAND_H_
