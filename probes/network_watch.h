#ifndef HEYHI_PROBES_NETWORK_WATCH_H_
#define HEYHI_PROBES_NETWORK_WATCH_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "probes/clock.h"
#include "probes/http_transport.h"

namespace heyhi {

// Tells failures of our own network from those of the providers, by canaries: neutral
// endpoints that are connected to (TCP and TLS, no request) when something goes wrong.
//
// A round asks all of them at once. The network failed in a round if at least two of
// three did; or over a stretch of time if as many canaries each needed TCP
// retransmissions or failed, and so did a third of all the connections made to them
// then: that is how a line that loses packets looks.
//
// A canary that has never answered, or not for three hours, while ten probes and more
// were answered is blocked on the way there and says nothing about the network: it is
// left out.
//
// Thread-compatible, on the transport's thread.
class NetworkWatch {
 public:
  // Unrelated, and none behind another's network: Wikimedia, Apple, Fastly.
  static std::vector<std::string> DefaultCanaries();

  struct Options {
    // "host:port", three or more; with none the network is never said to be down.
    std::vector<std::string> canaries = DefaultCanaries();
    std::string ca_file;  // PEM bundle to verify them with; "" means the system's
    // The HTTP proxy through which they are asked, as "http://host:port"; "" for none.
    std::string proxy;
    // Asks them before anything fails too: at the start, and hourly.
    bool without_trouble = true;

    friend bool operator==(const Options&, const Options&) = default;
  };

  // Both must outlive it.
  NetworkWatch(HttpTransport& transport, const Clock& clock, Options options);

  // Other canaries, from now on: what the ones before said counts no more. The same
  // ones change nothing. Who waits for a verdict waits for theirs.
  void Replace(const Options& options);

  // Something looks wrong: asks the canaries, soon if they were asked just now. After
  // twenty rounds within a minute only every 2 s: they belong to others.
  void Ask();

  // A probe that began at `since` has failed on the way: calls `done` with whether our
  // network failed at any time from then to now. Asks the canaries for it; the answer
  // comes with theirs, at most kLongestWait from now, from within RunUntil or RunDue.
  using Verdict = std::function<void(bool network_failed)>;
  void Judge(MonotonicTime since, Verdict done);
  static constexpr absl::Duration kLongestWait = absl::Seconds(3);

  // A probe was answered from beyond this network, well or not.
  void ProbeAnswered();
  // Whether any target fails now: then the canaries are asked every 15 s.
  void SetTrouble(bool trouble) { trouble_ = trouble; }

  // Does what is due; returns when it should be called again.
  MonotonicTime RunDue();

  // What the newest round said; true before the first.
  bool up() const { return up_; }
  // Those that failed when they were last asked, with the reason: "https://a.test:443/ tls_ca".
  std::vector<std::string> Failing() const;
  // The canaries that are left out now.
  std::vector<std::string> Blocked() const;

 private:
  enum class Mark : std::uint8_t { kUnknown, kGood, kLossy, kFailed };
  struct Round {
    std::uint64_t number;
    MonotonicTime begun;
    std::size_t waiting;      // canaries that have not answered
    std::vector<Mark> marks;  // by canary
    MonotonicTime heard;      // when the last of them was made
  };
  struct Canary {
    std::string url;
    std::optional<MonotonicTime> answered_at;
    std::optional<Reason> failure;  // when it was last asked
    int rounds_failed_since = 0;
    int probes_answered_since = 0;
  };
  struct Question {
    MonotonicTime since;
    MonotonicTime asked;
    Verdict done;
    bool is_new;  // has not been looked at
  };

  void SetOptions(Options options);
  void BeginRound();
  void TakeAnswer(std::uint64_t round, std::size_t canary, const HttpExchange& exchange);
  void AnswerQuestions();
  // The least time between two rounds, now.
  absl::Duration Spacing() const;
  bool FailedSince(MonotonicTime since) const;
  bool Failed(const Round& round) const;
  bool LostPacketsSince(MonotonicTime since) const;
  bool IsCleared(const Question& question) const;
  bool IsOpen(const Round& round) const;
  bool WantsARound(const Question& question) const;
  bool IsHurt(const Round& round) const;
  bool Tells(const Round& round) const;
  static bool ReachesInto(const Round& round, MonotonicTime since);
  bool IsBlocked(const Canary& canary) const;
  bool IsOut(const Canary& canary) const;
  // So many canaries must agree that the network failed; 0 where they cannot tell.
  std::size_t Enough() const;
  MonotonicTime NextRoundAt() const;

  HttpTransport& transport_;
  const Clock& clock_;
  Options options_;
  std::vector<Canary> canaries_;
  std::deque<Round> rounds_;  // newest last
  std::uint64_t rounds_begun_ = 0;
  MonotonicTime last_begun_ = -absl::InfiniteDuration();
  bool asked_;  // a round is wanted as soon as may be
  std::vector<Question> questions_;
  bool has_news_ = false;  // a canary has answered since the questions were looked at
  bool trouble_ = false;
  bool up_ = true;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_NETWORK_WATCH_H_
