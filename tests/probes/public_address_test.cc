#include "probes/public_address.h"

#include <gtest/gtest.h>

namespace heyhi {
namespace {

TEST(PublicAddressTest, TakesThoseOfPublicServers) {
  for (const char* address :
       {"1.1.1.1",          "8.8.8.8",         "9.255.255.255",        "11.0.0.0",
        "100.63.255.255",   "100.128.0.0",     "126.255.255.255",      "128.0.0.0",
        "169.253.255.255",  "169.255.0.0",     "172.15.255.255",       "172.32.0.0",
        "192.0.1.0",        "192.0.3.0",       "192.167.255.255",      "192.169.0.0",
        "198.17.255.255",   "198.20.0.0",      "203.0.112.255",        "203.0.114.0",
        "223.255.255.255",  "2606:4700::1111", "2001:4860:4860::8888", "2a00:1450::1",
        "2001:200::1",      "2001:db9::1",     "3fff:1000::1",         "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8", "2002:808:808::1"}) {
    EXPECT_TRUE(IsPublicAddress(address)) << address;
  }
}

struct RefusedAddress {
  const char* address;
  const char* why;
};

constexpr RefusedAddress kRefused[] = {
    {"0.0.0.0", "this network"},
    {"0.255.255.255", "this network"},
    {"10.0.0.0", "private"},
    {"10.255.255.255", "private"},
    {"100.64.0.0", "carriers"},
    {"100.127.255.255", "carriers"},
    {"127.0.0.1", "this machine"},
    {"127.255.255.255", "this machine"},
    {"169.254.0.0", "link-local"},
    {"169.254.169.254", "a cloud's secrets"},
    {"172.16.0.0", "private"},
    {"172.31.255.255", "private"},
    {"192.0.0.8", "protocols"},
    {"192.0.2.1", "documentation"},
    {"192.88.99.1", "abolished"},
    {"192.168.0.0", "private"},
    {"192.168.255.255", "private"},
    {"198.18.0.0", "benchmarks"},
    {"198.19.255.255", "benchmarks"},
    {"198.51.100.7", "documentation"},
    {"203.0.113.7", "documentation"},
    {"224.0.0.1", "multicast"},
    {"239.255.255.255", "multicast"},
    {"240.0.0.1", "reserved"},
    {"255.255.255.255", "broadcast"},
    {"::", "unspecified"},
    {"::1", "this machine"},
    {"::8.8.8.8", "IPv4-compatible, abolished"},
    {"::ffff:127.0.0.1", "mapped"},
    {"::ffff:10.0.0.1", "mapped"},
    {"::ffff:a9fe:a9fe", "mapped, in hexadecimal"},
    {"64:ff9b::10.0.0.1", "NAT64"},
    {"64:ff9b::7f00:1", "NAT64, in hexadecimal"},
    {"64:ff9b:1::8.8.8.8", "NAT64 of a local network"},
    {"100::1", "discarded"},
    {"2001::1", "Teredo"},
    {"2001:1ff::1", "protocols"},
    {"2001:db8::1", "documentation"},
    {"2001:db8:ffff::1", "documentation"},
    {"2002:7f00:1::1", "6to4 of this machine"},
    {"2002:a00:1::1", "6to4, private"},
    {"3fff::1", "documentation"},
    {"3fff:fff::1", "documentation"},
    {"fc00::1", "unique local"},
    {"fdff::1", "unique local"},
    {"fe80::1", "link-local"},
    {"febf::1", "link-local"},
    {"fec0::1", "site-local"},
    {"ff02::1", "multicast"},
    {"4000::1", "not given out"},
    {"fe80::1%lo", "with a zone"},
    {"[2606:4700::1111]", "in brackets"},
    {"8.8.8", "no address"},
    {"8.8.8.8 ", "no address"},
    {"0x8.8.8.8", "no address"},
    {"example.com", "a name"},
    {"", "nothing"},
};

class RefusedAddressTest : public ::testing::TestWithParam<RefusedAddress> {};

TEST_P(RefusedAddressTest, IsNotPublic) {
  EXPECT_FALSE(IsPublicAddress(GetParam().address)) << GetParam().address << ": " << GetParam().why;
}

INSTANTIATE_TEST_SUITE_P(PublicAddressTest, RefusedAddressTest, ::testing::ValuesIn(kRefused));

TEST(PrivateAddressTest, IsOneOfThisMachineOrANetworkNearIt) {
  for (const char* address : {"127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1",
                              "169.254.169.254", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1"}) {
    EXPECT_TRUE(IsPrivateAddress(address)) << address;
  }
  for (const char* address : {"8.8.8.8", "172.32.0.1", "203.0.113.7", "2606:4700::1111",
                              "::ffff:8.8.8.8", "example.com", ""}) {
    EXPECT_FALSE(IsPrivateAddress(address)) << address;
  }
}

}  // namespace
}  // namespace heyhi
