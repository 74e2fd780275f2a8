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
};

constexpr std::uint32_t Ipv4(std::uint32_t a, std::uint32_t b, std::uint32_t c = 0) {
  return (a << 24) | (b << 16) | (c << 8);
}

// IANA's registry of special-purpose IPv4 addresses, as far as it is not global.
constexpr Ipv4Net kSpecialIpv4[] = {
    {Ipv4(0, 0), 8},           // this network
    {Ipv4(10, 0), 8},          // private
    {Ipv4(100, 64), 10},       // shared by carriers (CGNAT)
    {Ipv4(127, 0), 8},         // this machine
    {Ipv4(169, 254), 16},      // link-local; clouds keep their secrets here
    {Ipv4(172, 16), 12},       // private
    {Ipv4(192, 0, 0), 24},     // protocol assignments
    {Ipv4(192, 0, 2), 24},     // documentation
    {Ipv4(192, 88, 99), 24},   // 6to4 relays, abolished
    {Ipv4(192, 168), 16},      // private
    {Ipv4(198, 18), 15},       // benchmarks
    {Ipv4(198, 51, 100), 24},  // documentation
    {Ipv4(203, 0, 113), 24},   // documentation
    {Ipv4(224, 0), 4},         // multicast
    {Ipv4(240, 0), 4},         // reserved, broadcast
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

bool IsPublicIpv4(std::uint32_t address) {
  for (const Ipv4Net& net : kSpecialIpv4) {
    if (((address ^ net.base) >> (32 - net.prefix)) == 0) return false;
  }
  return true;
}

bool IsPublicIpv6(const in6_addr& address) {
  const auto ipv4_at = [&address](std::size_t at) {
    std::uint32_t inside = 0;
    std::memcpy(&inside, address.s6_addr + at, sizeof inside);
    return ntohl(inside);
  };
  if (IsIn(address, kMapped) || IsIn(address, kNat64)) return IsPublicIpv4(ipv4_at(12));
  if (IsIn(address, k6to4)) return IsPublicIpv4(ipv4_at(2));
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

}  // namespace heyhi
