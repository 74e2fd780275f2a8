#include "tests/probes/dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

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

std::string Answer(const std::string& query, const Question& question, const DnsRecords& records) {
  const bool ipv6 = question.type == kTypeAaaa;
  std::vector<std::string> addresses;
  if (ipv6) addresses = records.ipv6;
  if (question.type == kTypeA) addresses = records.ipv4;
  std::string answer = query.substr(0, 2);
  answer.push_back('\x81');                                           // a response
  answer.push_back(static_cast<char>(0x80 | records.response_code));  // recursion available
  AppendNumber16(&answer, 1);                                         // questions
  AppendNumber16(&answer, addresses.size());                          // answers
  answer.append(4, '\0');                                             // nothing else
  answer.append(query, kHeaderBytes, question.end - kHeaderBytes);
  for (const std::string& address : addresses) {
    char bytes[sizeof(in6_addr)];
    inet_pton(ipv6 ? AF_INET6 : AF_INET, address.c_str(), bytes);
    const std::size_t length = ipv6 ? sizeof(in6_addr) : sizeof(in_addr);
    answer.append("\xc0\x0c", 2);  // the name of the question
    AppendNumber16(&answer, static_cast<std::size_t>(question.type));
    answer.append("\0\1\0\0\0\x3c", 6);  // class IN, a minute to live
    AppendNumber16(&answer, length);
    answer.append(bytes, length);
  }
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
  fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in bound = Loopback(0);
  socklen_t length = sizeof bound;
  if (bind(fd_, reinterpret_cast<sockaddr*>(&bound), length) != 0 ||
      getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &length) != 0) {
    std::abort();
  }
  address_ = absl::StrCat("127.0.0.1:", ntohs(bound.sin_port));
  thread_ = std::thread([this] { Run(); });
}

DnsServer::~DnsServer() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
  }
  // An empty datagram to itself wakes the thread.
  sockaddr_in self = {};
  socklen_t length = sizeof self;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&self), &length);
  sendto(fd_, "", 0, 0, reinterpret_cast<const sockaddr*>(&self), length);
  thread_.join();
  close(fd_);
}

std::vector<std::string> DnsServer::questions() const {
  const MutexLock lock(&mutex_);
  return questions_;
}

void DnsServer::Run() {
  for (;;) {
    char buffer[1500];
    sockaddr_in client = {};
    socklen_t length = sizeof client;
    const ssize_t count =
        recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&client), &length);
    const std::string query(buffer, count < 0 ? 0 : static_cast<std::size_t>(count));
    const std::optional<Question> question = ReadQuestion(query);
    {
      const MutexLock lock(&mutex_);
      if (stopping_) return;
      if (!question.has_value()) continue;
      questions_.push_back(question->name);
    }
    const auto found = names_.find(question->name);
    DnsRecords records;
    records.response_code = 3;
    if (found != names_.end()) records = found->second;
    if (records.silent) continue;
    const std::string answer = Answer(query, *question, records);
    sendto(fd_, answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&client),
           length);
  }
}

}  // namespace heyhi
