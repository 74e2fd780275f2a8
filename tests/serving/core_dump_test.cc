#include "serving/core_dump.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdlib>

namespace heyhi {
namespace {

// Ends this process, since there is no way back: with 0 where nothing is left open.
[[noreturn]] void ForbidAndLook() {
  ForbidCoreDumps();
  rlimit limit = {1, 1};
  const bool limited = getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0;
  std::_Exit(limited && prctl(PR_GET_DUMPABLE) == 0 ? 0 : 1);
}

TEST(CoreDumpTest, LeavesNoFileAndNoWayIn) {
  EXPECT_EXIT(ForbidAndLook(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace heyhi
