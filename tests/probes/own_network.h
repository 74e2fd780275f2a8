#ifndef HEYHI_TESTS_PROBES_OWN_NETWORK_H_
#define HEYHI_TESTS_PROBES_OWN_NETWORK_H_

#include <functional>
#include <string>

namespace heyhi {

// Runs `body` on a thread in a network of its own, where the machine has this IPv4
// address beside 127.0.0.1, and nothing leads anywhere else. False where this
// process may not make networks: `body` has not run.
bool RunInOwnNetwork(const std::string& address, const std::function<void()>& body);

}  // namespace heyhi

#endif  // HEYHI_TESTS_PROBES_OWN_NETWORK_H_
