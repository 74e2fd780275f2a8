#ifndef HEYHI_TESTS_PROBES_DNS_SERVER_H_
#define HEYHI_TESTS_PROBES_DNS_SERVER_H_

#include <netinet/in.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "serving/mutex.h"

namespace heyhi {

// How a DnsServer lies.
enum class DnsLie {
  kNone,
  kWrongId,        // answers another query
  kWrongQuestion,  // answers for another name
  kGarbage,        // bytes that are no message
  kBrokenRecords,  // a right beginning, then garbage
  kCut,            // the first half of an answer, not marked as cut
};

// What a DnsServer says of one name.
struct DnsRecords {
  std::vector<std::string> ipv4 = {};     // A records
  std::vector<std::string> ipv6 = {};     // AAAA records
  std::vector<std::string> aliases = {};  // CNAMEs, each of the one before
  int response_code = 0;                  // 2: SERVFAIL, 3: NXDOMAIN, 5: REFUSED
  int response_code_ipv6 = -1;            // for AAAA, where it is another
  bool silent = false;                    // no answer at all
  bool held = false;                      // answers after Release
  DnsLie lie = DnsLie::kNone;
};

// A DNS server on a port of 127.0.0.1, with a thread of its own. Names that it does
// not know do not exist. What does not fit into a datagram is told over TCP.
class DnsServer {
 public:
  explicit DnsServer(std::map<std::string, DnsRecords> names);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  // "127.0.0.1:40123"
  const std::string& address() const { return address_; }
  // The names asked for so far, once for each question.
  std::vector<std::string> questions() const;
  // Answers what is held, and holds nothing any more.
  void Release();

 private:
  struct Query {
    std::string bytes;
    sockaddr_in client;
  };

  void Run();
  void HandleDatagram();
  void HandleConnection();
  void Reply(const Query& query);
  DnsRecords RecordsFor(const std::string& query) const;

  const std::map<std::string, DnsRecords> names_;
  int fd_ = -1;       // UDP
  int tcp_fd_ = -1;   // listens on the same port
  int wake_fd_ = -1;  // readable when there is something new below
  std::string address_;
  mutable Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::string> questions_ ABSL_GUARDED_BY(mutex_);
  std::vector<Query> held_;  // the thread's own
  std::thread thread_;
};

}  // namespace heyhi

#endif  // HEYHI_TESTS_PROBES_DNS_SERVER_H_
