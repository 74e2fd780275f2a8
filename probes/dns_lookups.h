#ifndef HEYHI_PROBES_DNS_LOOKUPS_H_
#define HEYHI_PROBES_DNS_LOOKUPS_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "probes/clock.h"
#include "probes/dns_lookup.h"
#include "probes/event_loop.h"

namespace heyhi {

// All look-ups under way on one event loop. A turn of the loop costs the same
// however many there are. Thread-compatible.
class DnsLookups {
 public:
  using Done = std::function<void(DnsAnswer)>;

  // `clock` and `loop` must outlive it. Its end gives up what is under way.
  DnsLookups(const Clock& clock, EventLoop& loop, DnsLookup::Options options);
  DnsLookups(const DnsLookups&) = delete;
  DnsLookups& operator=(const DnsLookups&) = delete;
  ~DnsLookups();

  // `done` is called once, from here, from the loop or from RunTimers; at the
  // deadline with kDnsTimeout.
  void Start(const std::string& host, MonotonicTime deadline, Done done);

  // Does what is due. When is NextTimer's answer; infinitely far without look-ups.
  void RunTimers();
  MonotonicTime NextTimer() const;

 private:
  class Running;
  using Timer = std::pair<MonotonicTime, Running*>;

  void Schedule(Running& running);
  void End(Running& running);

  const Clock& clock_;
  EventLoop& loop_;
  const DnsLookup::Options options_;
  std::map<Timer, std::unique_ptr<Running>> running_;  // the next due first
  // Destroyed when none of their callbacks is on the stack.
  std::vector<std::unique_ptr<Running>> ended_;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_DNS_LOOKUPS_H_
