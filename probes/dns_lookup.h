#ifndef HEYHI_PROBES_DNS_LOOKUP_H_
#define HEYHI_PROBES_DNS_LOOKUP_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "probes/reason.h"

namespace heyhi {

struct DnsAnswer {
  // Set on failure: kNxdomain, kServfail, kNoAddress, kDnsTimeout or kLocalResource.
  std::optional<Reason> failure;
  std::string detail;                  // the resolver's word for the failure
  std::vector<std::string> addresses;  // numeric, in the order to try them
};

// One look-up of one name by c-ares, driven by somebody's event loop. It reads
// the system's resolver configuration anew each time, so a changed
// /etc/resolv.conf is followed without a restart. Thread-compatible.
class DnsLookup {
 public:
  // Called when a descriptor is to be watched for these events; (fd, false,
  // false) ends the watch.
  using Watch = std::function<void(int fd, bool readable, bool writable)>;
  using Done = std::function<void(DnsAnswer)>;

  struct Options {
    // "127.0.0.1:5353": asks this server instead of the system's (for tests). Several
    // are separated by commas, and asked in this order.
    std::string server;
  };

  // Ends all watches. `done` is not called after this.
  virtual ~DnsLookup() = default;

  // Sends the question. `done` is called once, from here or from one of the two
  // methods below.
  virtual void Start() = 0;
  // The descriptor has become ready.
  virtual void OnReady(int fd, bool readable, bool writable) = 0;
  // Time has passed: resends or gives up as due.
  virtual void OnTimer() = 0;
  // How long until OnTimer should be called.
  virtual absl::Duration UntilTimer() const = 0;
};

// The first `count` in an order that tries both families early: the first one's and
// the other by turns, each in the order given. Pure.
std::vector<std::string> AlternateFamilies(const std::vector<std::string>& addresses,
                                           std::size_t count);

std::unique_ptr<DnsLookup> MakeDnsLookup(const std::string& host, const DnsLookup::Options& options,
                                         DnsLookup::Watch watch, DnsLookup::Done done);

}  // namespace heyhi

#endif  // HEYHI_PROBES_DNS_LOOKUP_H_
