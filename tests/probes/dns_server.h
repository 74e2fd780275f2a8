#ifndef HEYHI_TESTS_PROBES_DNS_SERVER_H_
#define HEYHI_TESTS_PROBES_DNS_SERVER_H_

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "serving/mutex.h"

namespace heyhi {

// What a DnsServer says of one name.
struct DnsRecords {
  std::vector<std::string> ipv4 = {};  // A records
  std::vector<std::string> ipv6 = {};  // AAAA records
  int response_code = 0;               // 2: SERVFAIL, 3: NXDOMAIN, 5: REFUSED
  bool silent = false;                 // no answer at all
};

// A DNS server on a UDP port of 127.0.0.1, with a thread of its own. Names
// that it does not know do not exist.
class DnsServer {
 public:
  explicit DnsServer(std::map<std::string, DnsRecords> names);
  ~DnsServer();

  // "127.0.0.1:40123"
  const std::string& address() const { return address_; }
  // The names asked for so far, once for each question.
  std::vector<std::string> questions() const;

 private:
  void Run();

  const std::map<std::string, DnsRecords> names_;
  int fd_ = -1;
  std::string address_;
  mutable Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::string> questions_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace heyhi

#endif  // HEYHI_TESTS_PROBES_DNS_SERVER_H_
