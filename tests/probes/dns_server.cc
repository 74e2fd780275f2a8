#include "tests/probes/dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "serving/listen_socket.h"

namespace heyhi {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr int kTypeA = 1;
constexpr int kTypeAaaa = 28;

struct Question {
  std::string name;  // in lower case, without the last dot
  int type = 0;
  std::size_t end = 0;  // where the question section ends
};

// The only question of a query (RFC 1035, 4.1); nothing where it is malformed.
std::optional<Question> ReadQuestion(const std::string& query) {
  const auto byte = [&query](std::size_t i) { return static_cast<std::uint8_t>(query[i]); };
  Question question;
  std::size_t at = kHeaderBytes;
  while (at < query.size() && byte(at) != 0) {
    const std::size_t length = byte(at);
    if (at + 1 + length > query.size()) return std::nullopt;
    if (!question.name.empty()) question.name.push_back('.');
    question.name.append(query, at + 1, length);
    at += 1 + length;
  }
  if (at + 5 > query.size()) return std::nullopt;
  question.type = byte(at + 1) * 256 + byte(at + 2);
  question.end = at + 5;
  question.name = absl::AsciiStrToLower(question.name);
  return question;
}

void AppendNumber16(std::string* out, std::size_t number) {
  out->push_back(static_cast<char>(number >> 8));
  out->push_back(static_cast<char>(number & 0xff));
}

// One record: the name it is about, its type and its data.
void AppendRecord(std::string* out, const std::string& name, int type, const std::string& data) {
  out->append(name);
  AppendNumber16(out, static_cast<std::size_t>(type));
  out->append("\0\1\0\0\0\x3c", 6);  // class IN, a minute to live
  AppendNumber16(out, data.size());
  out->append(data);
}

std::string AddressBytes(const std::string& address, bool ipv6) {
  char bytes[sizeof(in6_addr)];
  inet_pton(ipv6 ? AF_INET6 : AF_INET, address.c_str(), bytes);
  return {bytes, ipv6 ? sizeof(in6_addr) : sizeof(in_addr)};
}

// "a.b" as labels.
std::string NameBytes(const std::string& name) {
  std::string bytes;
  for (const absl::string_view label : absl::StrSplit(name, '.')) {
    bytes.push_back(static_cast<char>(label.size()));
    bytes.append(label.data(), label.size());
  }
  bytes.push_back('\0');
  return bytes;
}

std::string Answer(const std::string& query, const Question& question, const DnsRecords& records) {
  constexpr int kTypeCname = 5;
  const bool ipv6 = question.type == kTypeAaaa;
  std::vector<std::string> addresses;
  if (ipv6) addresses = records.ipv6;
  if (question.type == kTypeA) addresses = records.ipv4;
  const bool other_code = ipv6 && records.response_code_ipv6 >= 0;
  const int code = other_code ? records.response_code_ipv6 : records.response_code;
  std::string answer = query.substr(0, 2);
  if (records.lie == DnsLie::kWrongId) answer[0] = static_cast<char>(answer[0] ^ 1);
  answer.push_back('\x81');                          // a response
  answer.push_back(static_cast<char>(0x80 | code));  // recursion available
  AppendNumber16(&answer, 1);                        // questions
  AppendNumber16(&answer, records.aliases.size() + addresses.size());
  answer.append(4, '\0');  // nothing else
  answer.append(query, kHeaderBytes, question.end - kHeaderBytes);
  if (records.lie == DnsLie::kWrongQuestion) answer[kHeaderBytes + 1] = 'x';
  if (records.lie == DnsLie::kBrokenRecords) return answer + std::string(100, '\xff');
  std::string name = "\xc0\x0c";  // the name of the question
  for (const std::string& alias : records.aliases) {
    AppendRecord(&answer, name, kTypeCname, NameBytes(alias));
    name = NameBytes(alias);
  }
  for (const std::string& address : addresses) {
    AppendRecord(&answer, name, question.type, AddressBytes(address, ipv6));
  }
  if (records.lie == DnsLie::kGarbage) return std::string(200, '\xff');
  if (records.lie == DnsLie::kCut) answer.resize(answer.size() - 8);
  return answer;
}

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

}  // namespace

DnsServer::DnsServer(std::map<std::string, DnsRecords> names) : names_(std::move(names)) {
  // A port that is free for TCP may be taken for UDP.
  for (int tries = 0; tries < 20 && fd_ < 0; ++tries) {
    const auto listening = OpenListenSocket("127.0.0.1:0");
    if (!listening.ok()) std::abort();
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const sockaddr_in own = Loopback(listening->port);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0) {
      fd_ = fd;
      tcp_fd_ = listening->fd;
      address_ = listening->address;
    } else {
      close(fd);
      close(listening->fd);
    }
  }
  wake_fd_ = eventfd(0, EFD_CLOEXEC);
  if (fd_ < 0 || wake_fd_ < 0) std::abort();
  thread_ = std::thread([this] { Run(); });
}

DnsServer::~DnsServer() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
  }
  eventfd_write(wake_fd_, 1);
  thread_.join();
  for (const int fd : {fd_, tcp_fd_, wake_fd_}) close(fd);
}

std::vector<std::string> DnsServer::questions() const {
  const MutexLock lock(&mutex_);
  return questions_;
}

void DnsServer::Release() {
  {
    const MutexLock lock(&mutex_);
    released_ = true;
  }
  eventfd_write(wake_fd_, 1);
}

void DnsServer::Run() {
  for (;;) {
    pollfd fds[] = {{wake_fd_, POLLIN, 0}, {fd_, POLLIN, 0}, {tcp_fd_, POLLIN, 0}};
    poll(fds, std::size(fds), -1);
    if (fds[0].revents != 0) {
      eventfd_t count = 0;
      eventfd_read(wake_fd_, &count);
      const MutexLock lock(&mutex_);
      if (stopping_) return;
    }
    for (const Query& query : std::exchange(held_, {})) Reply(query);
    if (fds[1].revents != 0) HandleDatagram();
    if (fds[2].revents != 0) HandleConnection();
  }
}

void DnsServer::HandleDatagram() {
  char buffer[1500];
  Query query = {};
  socklen_t length = sizeof query.client;
  const ssize_t count =
      recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&query.client), &length);
  query.bytes.assign(buffer, count < 0 ? 0 : static_cast<std::size_t>(count));
  const std::optional<Question> question = ReadQuestion(query.bytes);
  if (!question.has_value()) return;
  {
    const MutexLock lock(&mutex_);
    questions_.push_back(question->name);
  }
  Reply(query);
}

void DnsServer::Reply(const Query& query) {
  constexpr std::size_t kLargestDatagram = 512;
  const DnsRecords records = RecordsFor(query.bytes);
  if (records.silent) return;
  {
    const MutexLock lock(&mutex_);
    if (records.held && !released_) {
      held_.push_back(query);
      return;
    }
  }
  std::string answer = Answer(query.bytes, *ReadQuestion(query.bytes), records);
  if (answer.size() > kLargestDatagram) {
    answer = Answer(query.bytes, *ReadQuestion(query.bytes), DnsRecords());
    answer[2] = static_cast<char>(answer[2] | 2);  // cut: ask over TCP
  }
  sendto(fd_, answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&query.client),
         sizeof query.client);
}

// One query; TCP is for what is too long.
void DnsServer::HandleConnection() {
  const int fd = accept4(tcp_fd_, nullptr, nullptr, SOCK_CLOEXEC);
  std::uint8_t prefix[2] = {};
  if (recv(fd, prefix, sizeof prefix, MSG_WAITALL) == sizeof prefix) {
    std::string query(prefix[0] * 256U + prefix[1], '\0');
    if (recv(fd, query.data(), query.size(), MSG_WAITALL) == static_cast<ssize_t>(query.size()) &&
        ReadQuestion(query).has_value()) {
      const std::string answer = Answer(query, *ReadQuestion(query), RecordsFor(query));
      std::string framed;
      AppendNumber16(&framed, answer.size());
      framed += answer;
      send(fd, framed.data(), framed.size(), MSG_NOSIGNAL);
    }
  }
  close(fd);
}

DnsRecords DnsServer::RecordsFor(const std::string& query) const {
  const auto found = names_.find(ReadQuestion(query)->name);
  if (found != names_.end()) return found->second;
  DnsRecords none;
  none.response_code = 3;
  return none;
}

}  // namespace heyhi
