#ifndef HEYHI_PROBES_CURL_MULTIS_H_
#define HEYHI_PROBES_CURL_MULTIS_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "probes/clock.h"
#include "probes/curl_exchange.h"
#include "probes/event_loop.h"

namespace heyhi {

// Moves exchanges on by libcurl's multi handles on one event loop. libcurl keeps one
// parsed certificate bundle per handle, so every bundle gets a handle of its own:
// alternating on one would parse 145 certificates per probe, and charge the time to
// the provider's handshake. Thread-compatible.
class CurlMultis {
 public:
  // `clock` and `loop` must outlive it. It must outlive the exchanges added.
  CurlMultis(const Clock& clock, EventLoop& loop);
  CurlMultis(const CurlMultis&) = delete;
  CurlMultis& operator=(const CurlMultis&) = delete;
  ~CurlMultis();

  // Begins to move a prepared exchange. False where libcurl takes no more.
  bool Add(CurlExchange& exchange);

  // Does what is due. When is NextTimer's answer.
  void RunTimers();
  MonotonicTime NextTimer() const;

  // Those that have ended since the last call: they have their results.
  std::vector<CurlExchange*> TakeEnded();

 private:
  class Multi;

  Multi* MultiFor(const std::string& ca_file);

  const Clock& clock_;
  EventLoop& loop_;
  std::map<std::string, std::unique_ptr<Multi>> multis_;  // by certificate bundle
  std::set<CurlExchange*> unwatched_;  // with a socket that the kernel does not watch
  std::set<CurlExchange*> to_nudge_;
  std::set<CurlExchange*> to_read_;  // once more, as they are early
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_CURL_MULTIS_H_
