#include "probes/network_watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

// A round begins at most kSpacing after a failure and lasts at most kPatience, which
// together is less than NetworkWatch::kLongestWait (while rounds are wide apart the one
// before must do). Where it is not good by the next spacing another begins beside it.
constexpr absl::Duration kSpacing = absl::Milliseconds(500);
constexpr absl::Duration kPatience = absl::Milliseconds(2400);

// When there is much trouble for long.
constexpr absl::Duration kWideSpacing = absl::Seconds(2);
constexpr std::size_t kRoundsPerMinute = 20;

constexpr absl::Duration kEveryInTrouble = absl::Seconds(15);
constexpr absl::Duration kEveryWhileDown = absl::Seconds(5);
// Without trouble: only to know which canaries can be reached at all.
constexpr absl::Duration kEveryElse = absl::Hours(1);

// Longer than any probe with its verdict takes.
constexpr absl::Duration kRemembered = absl::Seconds(150);

constexpr absl::Duration kBlockedAfter = absl::Hours(3);
constexpr int kProbesThatShowABlock = 10;

// A canary that has failed so many times in a row is out itself: with one retransmission
// to another that is no loss of packets.
constexpr int kRoundsThatShowAnOutage = 3;

// A look-up that takes so long was sent again: its question or answer was lost.
constexpr absl::Duration kResentLookup = absl::Milliseconds(1900);

// We stood still ourselves: what happened to the connection meanwhile says nothing.
constexpr absl::Duration kStoodStill = absl::Milliseconds(250);

}  // namespace

std::vector<std::string> NetworkWatch::DefaultCanaries() {
  return {"www.wikipedia.org:443", "www.apple.com:443", "deb.debian.org:443"};
}

NetworkWatch::NetworkWatch(HttpTransport& transport, const Clock& clock, Options options)
    : transport_(transport), clock_(clock), asked_(options.without_trouble) {
  SetOptions(std::move(options));
}

void NetworkWatch::SetOptions(Options options) {
  options_ = std::move(options);
  canaries_.clear();
  for (const std::string& canary : options_.canaries) {
    canaries_.emplace_back().url = absl::StrCat("https://", canary, "/");
  }
}

void NetworkWatch::Replace(const Options& options) {
  if (options == options_) return;
  SetOptions(options);
  rounds_.clear();  // answers that are on their way belong to none
  up_ = true;
  asked_ = true;
  for (Question& question : questions_) {
    question.is_new = true;
    question.asked = clock_.Monotonic();  // the new ones get their time to answer
  }
}

void NetworkWatch::Ask() { asked_ = true; }

void NetworkWatch::Judge(MonotonicTime since, Verdict done) {
  questions_.push_back({since, clock_.Monotonic(), std::move(done), /*is_new=*/true});
}

void NetworkWatch::ProbeAnswered() {
  for (Canary& canary : canaries_) {
    canary.probes_answered_since =
        std::min(canary.probes_answered_since + 1, kProbesThatShowABlock);
  }
}

MonotonicTime NetworkWatch::RunDue() {
  if (NextRoundAt() <= clock_.Monotonic()) BeginRound();
  AnswerQuestions();
  MonotonicTime next = NextRoundAt();
  for (const Question& question : questions_) next = std::min(next, question.asked + kLongestWait);
  return next;
}

MonotonicTime NetworkWatch::NextRoundAt() const {
  if (canaries_.empty()) return absl::InfiniteDuration();
  // The newest question has had the fewest rounds.
  const bool wanted = asked_ || (!questions_.empty() && WantsARound(questions_.back()));
  if (wanted) return last_begun_ + Spacing();
  if (!up_) return last_begun_ + kEveryWhileDown;
  if (trouble_) return last_begun_ + kEveryInTrouble;
  return options_.without_trouble ? last_begun_ + kEveryElse : absl::InfiniteDuration();
}

absl::Duration NetworkWatch::Spacing() const {
  const MonotonicTime minute_ago = clock_.Monotonic() - absl::Minutes(1);
  const auto recent = std::count_if(rounds_.begin(), rounds_.end(),
                                    [&](const Round& r) { return r.begun > minute_ago; });
  return static_cast<std::size_t>(recent) < kRoundsPerMinute ? kSpacing : kWideSpacing;
}

void NetworkWatch::BeginRound() {
  const MonotonicTime now = clock_.Monotonic();
  asked_ = false;
  last_begun_ = now;
  while (!rounds_.empty() && rounds_.front().begun < now - kRemembered) rounds_.pop_front();
  const std::uint64_t number = ++rounds_begun_;
  rounds_.push_back({number, now, canaries_.size(), {canaries_.size(), Mark::kUnknown}, now});
  for (std::size_t i = 0; i < canaries_.size(); ++i) {
    HttpRequest request;
    request.method = "GET";
    request.url = canaries_[i].url;
    request.ca_file = options_.ca_file;
    request.proxy = options_.proxy;
    request.timeout = kPatience;
    request.connect_only = true;
    transport_.Start(std::move(request), [this, number, i](const HttpExchange& exchange) {
      TakeAnswer(number, i, exchange);
    });
  }
}

void NetworkWatch::TakeAnswer(std::uint64_t number, std::size_t index,
                              const HttpExchange& exchange) {
  const auto round = std::find_if(rounds_.begin(), rounds_.end(),
                                  [number](const Round& r) { return r.number == number; });
  if (round == rounds_.end()) return;  // we slept for minutes
  Canary& canary = canaries_[index];
  if (!exchange.failure.has_value()) {
    canary.answered_at = clock_.Monotonic();
    canary.rounds_failed_since = 0;
    canary.probes_answered_since = 0;
    const bool lossy = exchange.retransmissions > 0 ||
                       exchange.times.dns.value_or(absl::ZeroDuration()) >= kResentLookup;
    round->marks[index] = lossy ? Mark::kLossy : Mark::kGood;
    canary.failure = std::nullopt;
  } else if (exchange.stalled < kStoodStill && exchange.failure != Reason::kLocalResource) {
    ++canary.rounds_failed_since;
    canary.failure = exchange.failure;
    // A proxy that does not let us there was reached: that much of the network works.
    round->marks[index] = exchange.failure == Reason::kProxyRefused ? Mark::kGood : Mark::kFailed;
  }
  --round->waiting;
  round->heard = clock_.Monotonic();
  has_news_ = true;
  if (Failed(*round) || LostPacketsSince(clock_.Monotonic() - kPatience)) {
    up_ = false;
  } else if (round->waiting == 0 && Tells(*round)) {
    up_ = true;
  }
  AnswerQuestions();
}

void NetworkWatch::AnswerQuestions() {
  const MonotonicTime now = clock_.Monotonic();
  const absl::Duration spacing = Spacing();
  const bool has_news = std::exchange(has_news_, false);
  std::vector<Question> open;
  std::vector<std::pair<Verdict, bool>> answers;
  for (Question& question : questions_) {
    const bool is_new = std::exchange(question.is_new, false);
    const bool is_due = now >= question.asked + kLongestWait;
    if (!has_news && !is_new && !is_due) {  // many may wait
      open.push_back(std::move(question));
      continue;
    }
    // Where a probe fails at once, the last round before it may have told already, and the
    // network be back before the next. That a round was good says nothing of later times.
    bool failed = FailedSince(std::min(question.since, question.asked - spacing));
    if (failed || Enough() == 0 || IsCleared(question) || is_due) {
      if (is_due) failed = failed || !up_;  // no round could tell: as it was when one last did
      answers.emplace_back(std::move(question.done), failed);
    } else {
      open.push_back(std::move(question));
    }
  }
  questions_ = std::move(open);
  // Last, since they may ask again.
  for (const auto& [done, failed] : answers) done(failed);
}

// By a round from after the failure in which all canaries were good; or else by two, since
// a lossy line can spare two canaries of three once.
bool NetworkWatch::IsCleared(const Question& question) const {
  int ended = 0;
  for (const Round& round : rounds_) {
    if (IsOpen(round)) return false;
    if (round.begun < question.asked) continue;
    if (!Tells(round)) continue;
    ++ended;
    if (ended == 2 || !IsHurt(round)) return true;
  }
  return false;
}

// Some canary that counts has not answered.
bool NetworkWatch::IsOpen(const Round& round) const {
  if (round.waiting == 0) return false;
  for (std::size_t i = 0; i < canaries_.size(); ++i) {
    if (round.marks[i] == Mark::kUnknown && !IsBlocked(canaries_[i])) return true;
  }
  return false;
}

// Three rounds after a failure are enough to see a line that loses packets.
bool NetworkWatch::WantsARound(const Question& question) const {
  constexpr int kEnoughRounds = 3;
  const auto begun = std::count_if(rounds_.begin(), rounds_.end(), [&question](const Round& round) {
    return round.begun >= question.asked;
  });
  return begun < kEnoughRounds;
}

// Not where we stood still ourselves while most canaries were asked.
bool NetworkWatch::Tells(const Round& round) const {
  std::size_t known = 0;
  for (std::size_t i = 0; i < canaries_.size(); ++i) {
    if (round.marks[i] != Mark::kUnknown && !IsBlocked(canaries_[i])) ++known;
  }
  return known >= Enough();
}

// A round from before may find out only after `since` what it lacks.
bool NetworkWatch::ReachesInto(const Round& round, MonotonicTime since) {
  return round.heard >= since;
}

bool NetworkWatch::IsHurt(const Round& round) const {
  for (std::size_t i = 0; i < canaries_.size(); ++i) {
    if (!IsOut(canaries_[i]) && round.marks[i] != Mark::kGood) return true;
  }
  return false;
}

bool NetworkWatch::FailedSince(MonotonicTime since) const {
  return LostPacketsSince(since) ||
         std::any_of(rounds_.begin(), rounds_.end(),
                     [&](const Round& r) { return ReachesInto(r, since) && Failed(r); });
}

bool NetworkWatch::Failed(const Round& round) const {
  std::size_t failed = 0;
  for (std::size_t i = 0; i < canaries_.size(); ++i) {
    if (round.marks[i] == Mark::kFailed && !IsBlocked(canaries_[i])) ++failed;
  }
  return Enough() > 0 && failed >= Enough();
}

bool NetworkWatch::LostPacketsSince(MonotonicTime since) const {
  std::vector<bool> is_hurt(canaries_.size());
  std::size_t hurt = 0;
  std::size_t connections = 0;
  for (const Round& round : rounds_) {
    if (!ReachesInto(round, since)) continue;
    for (std::size_t i = 0; i < canaries_.size(); ++i) {
      if (round.marks[i] == Mark::kUnknown || IsOut(canaries_[i])) continue;
      ++connections;
      if (round.marks[i] == Mark::kGood) continue;
      ++hurt;
      is_hurt[i] = true;
    }
  }
  const auto hurt_canaries =
      static_cast<std::size_t>(std::count(is_hurt.begin(), is_hurt.end(), true));
  return Enough() > 0 && hurt_canaries >= Enough() && 3 * hurt >= connections;
}

bool NetworkWatch::IsBlocked(const Canary& canary) const {
  if (canary.rounds_failed_since == 0 || canary.probes_answered_since < kProbesThatShowABlock) {
    return false;
  }
  return !canary.answered_at.has_value() ||
         clock_.Monotonic() - *canary.answered_at > kBlockedAfter;
}

bool NetworkWatch::IsOut(const Canary& canary) const {
  return canary.rounds_failed_since >= kRoundsThatShowAnOutage || IsBlocked(canary);
}

std::size_t NetworkWatch::Enough() const {
  const auto usable = static_cast<std::size_t>(
      std::count_if(canaries_.begin(), canaries_.end(),
                    [this](const Canary& canary) { return !IsBlocked(canary); }));
  return usable < 2 ? 0 : std::max<std::size_t>(2, (2 * usable + 2) / 3);
}

std::vector<std::string> NetworkWatch::Failing() const {
  std::vector<std::string> failing;
  for (const Canary& canary : canaries_) {
    if (!canary.failure.has_value()) continue;
    failing.push_back(absl::StrCat(canary.url, " ", std::string(ReasonName(*canary.failure))));
  }
  return failing;
}

std::vector<std::string> NetworkWatch::Blocked() const {
  std::vector<std::string> blocked;
  for (const Canary& canary : canaries_) {
    if (IsBlocked(canary)) blocked.push_back(canary.url);
  }
  return blocked;
}

}  // namespace heyhi
