#ifndef HEYHI_TOOLS_PROBE_COMMAND_H_
#define HEYHI_TOOLS_PROBE_COMMAND_H_

#include <string>
#include <vector>

namespace heyhi {

// `heyhitool probe`: makes one call now and says on standard output what came of it.
// `arguments` are those after the subcommand. Returns the process's exit code: 0 for
// ok and slow, 1 for failed, 2 where there was no call, with one line on standard
// error that says why. Keys come from environment and files, never from arguments.
// Initialises the network, so no thread may have been started before; SIGINT ends
// the process as usual.
int RunProbe(const std::vector<std::string>& arguments);

}  // namespace heyhi

#endif  // HEYHI_TOOLS_PROBE_COMMAND_H_
