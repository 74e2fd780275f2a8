#ifndef HEYHI_PROBES_PUBLIC_ADDRESS_H_
#define HEYHI_PROBES_PUBLIC_ADDRESS_H_

#include <string>

namespace heyhi {

// True for a numeric IPv4 or IPv6 address (no brackets, no zone) that a public
// server can have: not this machine, not a private, shared, link-local or reserved
// network, not multicast, not documentation. An IPv4 address inside an IPv6 one
// (mapped, NAT64, 6to4) is judged as itself. False for what is no address. Pure.
bool IsPublicAddress(const std::string& address);

// True for one of this machine, or of a private, shared or link-local network: an
// answer from there says nothing about the way to the internet. Pure.
bool IsPrivateAddress(const std::string& address);

}  // namespace heyhi

#endif  // HEYHI_PROBES_PUBLIC_ADDRESS_H_
