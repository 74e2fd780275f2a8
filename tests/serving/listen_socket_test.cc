#include "serving/listen_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

using ::testing::StartsWith;

// Opens a socket for as long as the test needs it.
class OpenSocket {
 public:
  explicit OpenSocket(const std::string& address) : result_(OpenListenSocket(address)) {}
  OpenSocket(const OpenSocket&) = delete;
  OpenSocket& operator=(const OpenSocket&) = delete;
  ~OpenSocket() {
    if (result_.ok()) close(result_->fd);
  }

  const absl::Status& status() const { return result_.status(); }
  const ListenSocket& operator*() const { return *result_; }

 private:
  const absl::StatusOr<ListenSocket> result_;
};

bool MachineHasIpv6() {
  const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_in6 loopback = {};
  loopback.sin6_family = AF_INET6;
  loopback.sin6_addr = in6addr_loopback;
  const bool has = bind(fd, reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback) == 0;
  close(fd);
  return has;
}

// Whether a TCP connection to 127.0.0.1 is accepted.
bool Connects(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

TEST(ListenSocketTest, NamesTheRealPort) {
  const OpenSocket socket("127.0.0.1:0");
  ASSERT_TRUE(socket.status().ok()) << socket.status();
  EXPECT_GT((*socket).port, 0);
  EXPECT_EQ((*socket).address, absl::StrCat("127.0.0.1:", (*socket).port));
}

TEST(ListenSocketTest, TakesConnections) {
  const OpenSocket socket("127.0.0.1:0");
  ASSERT_TRUE(socket.status().ok()) << socket.status();
  EXPECT_TRUE(Connects((*socket).port));
}

TEST(ListenSocketTest, ResolvesNames) {
  const OpenSocket socket("localhost:0");
  ASSERT_TRUE(socket.status().ok()) << socket.status();
  EXPECT_GT((*socket).port, 0);
}

TEST(ListenSocketTest, TakesIpv4OnEveryInterface) {
  const OpenSocket socket(":0");
  ASSERT_TRUE(socket.status().ok()) << socket.status();
  EXPECT_TRUE(Connects((*socket).port));
}

TEST(ListenSocketTest, TakesAnIpv6AddressInBrackets) {
  if (!MachineHasIpv6()) GTEST_SKIP() << "the machine has no IPv6";
  const OpenSocket socket("[::1]:0");
  ASSERT_TRUE(socket.status().ok()) << socket.status();
  EXPECT_EQ((*socket).address, absl::StrCat("[::1]:", (*socket).port));
}

TEST(ListenSocketTest, RefusesMalformedAddresses) {
  const std::string addresses[] = {"",
                                   "127.0.0.1",
                                   "127.0.0.1:",
                                   "127.0.0.1:http",
                                   "127.0.0.1:65536",
                                   ":-1",
                                   "127.0.0.1:80x",
                                   "::1",
                                   "::1:80",
                                   "[::1]",
                                   "[]:80",
                                   "[::1:80",
                                   "127.0.0.1: 80",
                                   "127.0.0.1:+80",
                                   ":",
                                   "[::1] :80",
                                   "99999999999:999999999999"};
  for (const std::string& address : addresses) {
    const OpenSocket socket(address);
    EXPECT_EQ(socket.status(),
              absl::InvalidArgumentError("listen address \"" + address +
                                         "\": expected host:port, [ipv6]:port or :port"));
  }
}

TEST(ListenSocketTest, SaysWhyAPortInUseCannotBeBound) {
  const OpenSocket first("127.0.0.1:0");
  ASSERT_TRUE(first.status().ok()) << first.status();
  const OpenSocket second((*first).address);
  EXPECT_EQ(second.status(), absl::UnavailableError("cannot listen on \"" + (*first).address +
                                                    "\": Address already in use"));
}

TEST(ListenSocketTest, SaysWhyAnAddressOfAnotherMachineCannotBeBound) {
  const OpenSocket socket("192.0.2.1:0");
  EXPECT_THAT(std::string(socket.status().message()),
              StartsWith("cannot listen on \"192.0.2.1:0\": "));
}

}  // namespace
}  // namespace heyhi
