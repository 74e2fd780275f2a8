#include "serving/out_of_memory.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <string_view>

// Absent where the program is not linked with mimalloc: under sanitizers.
// NOLINTNEXTLINE(readability-identifier-naming): mimalloc's
extern "C" __attribute__((weak)) void mi_register_error(void (*handler)(int error, void* argument),
                                                        void* argument);

namespace heyhi {
namespace {

// Allocates nothing.
void SayIt() {
  static std::atomic<bool> said{false};
  if (said.exchange(true)) return;
  constexpr std::string_view kWord =
      "out of memory: give this process more (MemoryMax=), or fewer targets\n";
  static_cast<void>(!write(STDERR_FILENO, kWord.data(), kWord.size()));
}

}  // namespace

void SayWhenMemoryRunsOut() {
  if (mi_register_error != nullptr) {
    mi_register_error(
        [](int error, void* /*argument*/) {
          if (error == ENOMEM) SayIt();
        },
        nullptr);
  }
  std::set_new_handler([] {
    SayIt();
    std::abort();
  });
}

}  // namespace heyhi
