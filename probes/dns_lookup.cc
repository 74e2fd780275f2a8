#include "probes/dns_lookup.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

// Three tries of 2, 4 and 8 seconds fit into the usual 20-second timeout.
constexpr int kTimeoutMilliseconds = 2000;
constexpr int kTries = 3;

Reason ReasonOf(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:
      return Reason::kNxdomain;
    case ARES_ENODATA:
      return Reason::kNoAddress;
    case ARES_ETIMEOUT:
      return Reason::kDnsTimeout;
    case ARES_ENOMEM:
    case ARES_EFILE:  // the configuration cannot be opened: no descriptors are left
      return Reason::kLocalResource;
    default:  // SERVFAIL, REFUSED, no server reachable, garbage
      return Reason::kServfail;
  }
}

std::vector<std::string> NumericAddresses(const ares_addrinfo* found) {
  std::vector<std::string> addresses;
  std::set<std::string> seen;
  for (const ares_addrinfo_node* node = found->nodes; node != nullptr; node = node->ai_next) {
    char text[INET6_ADDRSTRLEN] = "";
    if (getnameinfo(node->ai_addr, static_cast<socklen_t>(node->ai_addrlen), text, sizeof text,
                    nullptr, 0, NI_NUMERICHOST) != 0) {
      continue;
    }
    if (seen.insert(text).second) addresses.emplace_back(text);
  }
  return addresses;
}

// RFC 6761, 6.3: such names mean this machine, and no server is asked. c-ares
// 1.18 knows them from /etc/hosts alone, which containers may lack.
bool IsLocalhost(const std::string& host) {
  return host == "localhost" || absl::EndsWith(host, ".localhost");
}

class AresLookup : public DnsLookup {
 public:
  AresLookup(std::string host, Options options, Watch watch, Done done)
      : host_(std::move(host)),
        options_(std::move(options)),
        watch_(std::move(watch)),
        done_(std::move(done)) {}

  ~AresLookup() override {
    done_ = nullptr;  // destroying the channel reports ARES_EDESTRUCTION
    if (channel_ != nullptr) ares_destroy(channel_);
  }

  void Start() override {
    if (IsLocalhost(host_)) {
      Finish({std::nullopt, "", {"127.0.0.1", "::1"}});
      return;
    }
    ares_options settings = {};
    settings.timeout = kTimeoutMilliseconds;
    settings.tries = kTries;
    settings.sock_state_cb = &OnSocketState;
    settings.sock_state_cb_data = this;
    const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    if (const int status = ares_init_options(&channel_, &settings, mask); status != ARES_SUCCESS) {
      channel_ = nullptr;
      Finish({ReasonOf(status), ares_strerror(status), {}});
      return;
    }
    if (!options_.server.empty()) {
      ares_set_servers_ports_csv(channel_, options_.server.c_str());
    }
    ares_set_socket_functions(channel_, &kSocketFunctions, this);
    ares_addrinfo_hints hints = {};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel_, host_.c_str(), nullptr, &hints, &OnAnswer, this);
  }

  void OnReady(int fd, bool readable, bool writable) override {
    ares_process_fd(channel_, readable ? fd : ARES_SOCKET_BAD, writable ? fd : ARES_SOCKET_BAD);
  }

  void OnTimer() override {
    if (channel_ != nullptr) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  }

  absl::Duration UntilTimer() const override {
    timeval storage = {};
    const timeval* until =
        channel_ == nullptr ? nullptr : ares_timeout(channel_, nullptr, &storage);
    return until == nullptr ? absl::InfiniteDuration() : absl::DurationFromTimeval(*until);
  }

 private:
  // As c-ares itself would do it, but for remembering why there is no socket: its
  // own word for that is "connection refused".
  static ares_socket_t OpenSocket(int family, int type, int protocol, void* self) {
    const int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0 && errno != EAFNOSUPPORT) static_cast<AresLookup*>(self)->socket_errno_ = errno;
    return fd;
  }
  static int CloseSocket(ares_socket_t fd, void* /*self*/) { return close(fd); }
  static int Connect(ares_socket_t fd, const sockaddr* address, ares_socklen_t length,
                     void* /*self*/) {
    return connect(fd, address, length);
  }
  static ares_ssize_t Receive(ares_socket_t fd, void* bytes, std::size_t size, int flags,
                              sockaddr* from, ares_socklen_t* length, void* /*self*/) {
    return recvfrom(fd, bytes, size, flags, from, length);
  }
  static ares_ssize_t Send(ares_socket_t fd, const iovec* pieces, int count, void* /*self*/) {
    const msghdr message = {
        nullptr, 0, const_cast<iovec*>(pieces), static_cast<std::size_t>(count), nullptr, 0, 0};
    const ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    // That was about an earlier question on this socket. c-ares would give up this
    // one for it, and wait for an answer to that one.
    return sent < 0 && errno == ECONNREFUSED ? sendmsg(fd, &message, MSG_NOSIGNAL) : sent;
  }
  static constexpr ares_socket_functions kSocketFunctions = {&OpenSocket, &CloseSocket, &Connect,
                                                             &Receive, &Send};

  static void OnSocketState(void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<AresLookup*>(self)->watch_(fd, readable != 0, writable != 0);
  }

  static void OnAnswer(void* self, int status, int /*timeouts*/, ares_addrinfo* found) {
    DnsAnswer answer;
    if (status == ARES_SUCCESS && found != nullptr) answer.addresses = NumericAddresses(found);
    if (found != nullptr) ares_freeaddrinfo(found);
    if (status != ARES_SUCCESS) {
      answer.failure = ReasonOf(status);
      answer.detail = ares_strerror(status);
    } else if (answer.addresses.empty()) {
      answer.failure = Reason::kNoAddress;
      answer.detail = "the name has no usable address";
    }
    auto* lookup = static_cast<AresLookup*>(self);
    if (answer.failure.has_value() && lookup->socket_errno_ != 0) {
      answer.failure = Reason::kLocalResource;
      answer.detail = absl::StrCat("no socket: ", std::strerror(lookup->socket_errno_));
    }
    lookup->Finish(std::move(answer));
  }

  void Finish(DnsAnswer answer) {
    if (done_ == nullptr) return;
    const Done done = std::exchange(done_, nullptr);
    done(std::move(answer));
  }

  const std::string host_;
  const Options options_;
  const Watch watch_;
  Done done_;
  ares_channel channel_ = nullptr;
  int socket_errno_ = 0;  // of a socket that could not be made
};

bool IsIpv6(const std::string& address) { return absl::StrContains(address, ':'); }

}  // namespace

std::vector<std::string> AlternateFamilies(const std::vector<std::string>& addresses,
                                           std::size_t count) {
  std::vector<std::string> queues[2];  // the first address's family, the other
  for (const std::string& address : addresses) {
    queues[IsIpv6(address) == IsIpv6(addresses.front()) ? 0 : 1].push_back(address);
  }
  std::vector<std::string> chosen;
  for (std::size_t i = 0; chosen.size() < std::min(count, addresses.size()); ++i) {
    for (const auto& queue : queues) {
      if (i < queue.size() && chosen.size() < count) chosen.push_back(queue[i]);
    }
  }
  return chosen;
}

std::unique_ptr<DnsLookup> MakeDnsLookup(const std::string& host, const DnsLookup::Options& options,
                                         DnsLookup::Watch watch, DnsLookup::Done done) {
  return std::make_unique<AresLookup>(host, options, std::move(watch), std::move(done));
}

}  // namespace heyhi
