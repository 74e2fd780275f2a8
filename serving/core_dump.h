#ifndef HEYHI_SERVING_CORE_DUMP_H_
#define HEYHI_SERVING_CORE_DUMP_H_

namespace heyhi {

// Keeps this process's memory, and with it the keys, from becoming a file when it crashes,
// and from being read by other processes of the same user. Call it before a secret is read.
void ForbidCoreDumps();

}  // namespace heyhi

#endif  // HEYHI_SERVING_CORE_DUMP_H_
