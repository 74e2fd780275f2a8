#include "probes/public_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace heyhi {
namespace {

struct Ipv4Net {
  std::uint32_t base;
  int prefix;
  bool is_private = false;  // of this machine, or of networks near it
};

constexpr std::uint32_t Ipv4(std::uint32_t a, std::uint32_t b, std::uint32_t c = 0) {
  return (a << 24) | (b << 16) | (c << 8);
}

// IANA's registry of special-purpose IPv4 addresses, as far as it is not global.
constexpr Ipv4Net kSpecialIpv4[] = {
    {Ipv4(0, 0), 8},             // this network
    {Ipv4(10, 0), 8, true},      // private
    {Ipv4(100, 64), 10, true},   // shared by carriers (CGNAT)
    {Ipv4(127, 0), 8, true},     // this machine
    {Ipv4(169, 254), 16, true},  // link-local; clouds keep their secrets here
    {Ipv4(172, 16), 12, true},   // private
    {Ipv4(192, 0, 0), 24},       // protocol assignments
    {Ipv4(192, 0, 2), 24},       // documentation
    {Ipv4(192, 88, 99), 24},     // 6to4 relays, abolished
    {Ipv4(192, 168), 16, true},  // private
    {Ipv4(198, 18), 15},         // benchmarks
    {Ipv4(198, 51, 100), 24},    // documentation
    {Ipv4(203, 0, 113), 24},     // documentation
    {Ipv4(224, 0), 4},           // multicast
    {Ipv4(240, 0), 4},           // reserved, broadcast
};

struct Ipv6Net {
  std::array<std::uint8_t, 16> base;
  int prefix;
};

// Parts of 2000::/3, the only global block, that are not global.
constexpr Ipv6Net kSpecialIpv6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23},  // protocol assignments, Teredo, ORCHID
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x3f, 0xff}, 20},              // documentation
};

constexpr Ipv6Net kPrivateIpv6[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128},  // this machine
    {{0xfe, 0x80}, 10},                                       // link-local
    {{0xfc}, 7},                                              // unique local
};

constexpr Ipv6Net kGlobalIpv6 = {{0x20}, 3};
// Blocks with an IPv4 address inside.
constexpr Ipv6Net kMapped = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
constexpr Ipv6Net kNat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};
constexpr Ipv6Net k6to4 = {{0x20, 0x02}, 16};

bool IsIn(const in6_addr& address, const Ipv6Net& net) {
  for (int bit = 0; bit < net.prefix; bit += 8) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const int bits = net.prefix - bit < 8 ? net.prefix - bit : 8;
    const int mask = 0xff & (0xff << (8 - bits));
    if (((address.s6_addr[byte] ^ net.base[byte]) & mask) != 0) return false;
  }
  return true;
}

const Ipv4Net* SpecialNetOf(std::uint32_t address) {
  for (const Ipv4Net& net : kSpecialIpv4) {
    if (((address ^ net.base) >> (32 - net.prefix)) == 0) return &net;
  }
  return nullptr;
}

bool IsPublicIpv4(std::uint32_t address) { return SpecialNetOf(address) == nullptr; }

bool IsPrivateIpv4(std::uint32_t address) {
  const Ipv4Net* net = SpecialNetOf(address);
  return net != nullptr && net->is_private;
}

std::uint32_t Ipv4Inside(const in6_addr& address, std::size_t at) {
  std::uint32_t inside = 0;
  std::memcpy(&inside, address.s6_addr + at, sizeof inside);
  return ntohl(inside);
}

bool IsPublicIpv6(const in6_addr& address) {
  if (IsIn(address, kMapped) || IsIn(address, kNat64)) return IsPublicIpv4(Ipv4Inside(address, 12));
  if (IsIn(address, k6to4)) return IsPublicIpv4(Ipv4Inside(address, 2));
  for (const Ipv6Net& net : kSpecialIpv6) {
    if (IsIn(address, net)) return false;
  }
  return IsIn(address, kGlobalIpv6);
}

}  // namespace

bool IsPublicAddress(const std::string& address) {
  in_addr ipv4 = {};
  if (inet_pton(AF_INET, address.c_str(), &ipv4) == 1) return IsPublicIpv4(ntohl(ipv4.s_addr));
  in6_addr ipv6 = {};
  return inet_pton(AF_INET6, address.c_str(), &ipv6) == 1 && IsPublicIpv6(ipv6);
}

bool IsPrivateAddress(const std::string& address) {
  in_addr ipv4 = {};
  if (inet_pton(AF_INET, address.c_str(), &ipv4) == 1) return IsPrivateIpv4(ntohl(ipv4.s_addr));
  in6_addr ipv6 = {};
  if (inet_pton(AF_INET6, address.c_str(), &ipv6) != 1) return false;
  if (IsIn(ipv6, kMapped)) return IsPrivateIpv4(Ipv4Inside(ipv6, 12));
  for (const Ipv6Net& net : kPrivateIpv6) {
    if (IsIn(ipv6, net)) return true;
  }
  return false;
}

}  // namespace heyhi
