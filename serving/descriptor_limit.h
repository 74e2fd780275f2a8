#ifndef HEYHI_SERVING_DESCRIPTOR_LIMIT_H_
#define HEYHI_SERVING_DESCRIPTOR_LIMIT_H_

#include <cstddef>

namespace heyhi {

// Raises the limit of open files of this process as far as the system lets it;
// returns what it is then. The old limit stays where it cannot be raised.
std::size_t RaiseDescriptorLimit();

}  // namespace heyhi

#endif  // HEYHI_SERVING_DESCRIPTOR_LIMIT_H_
