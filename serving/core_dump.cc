#include "serving/core_dump.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace heyhi {

void ForbidCoreDumps() {
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  // A pipe in core_pattern ignores the limit, but not this; it also stops ptrace.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace heyhi
