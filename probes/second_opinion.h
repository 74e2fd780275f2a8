#ifndef HEYHI_PROBES_SECOND_OPINION_H_
#define HEYHI_PROBES_SECOND_OPINION_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "probes/clock.h"
#include "probes/http_transport.h"
#include "probes/target.h"

namespace heyhi {

// Whether a refused key is at fault, or who refused it: a provider's own trouble
// can look like a bad key. Its model list, which costs nothing, is asked with the
// same key; where that answers, the refusal is kAuthInconsistent.
//
// Thread-compatible; lives on the transport's thread. Transport and clock must
// outlive it, and it must live as long as the transport runs. Remembers one line
// for each target whose key ever worked, until Forget, and one for each provider asked.
class SecondOpinion {
 public:
  using Done = std::function<void(bool list_answered)>;

  // So long after its last good answer a key counts as one that worked.
  static constexpr absl::Duration kMemory = absl::Hours(24);

  SecondOpinion(HttpTransport& transport, const Clock& clock)
      : transport_(transport), clock_(clock) {}

  // The target's key gave a good answer (ok or slow) just now, or `age` ago. An
  // older word changes nothing of a newer one.
  void KeyWorked(const Target& target) { KeyWorkedAt(target, absl::ZeroDuration()); }
  void KeyWorkedAt(const Target& target, absl::Duration age);

  // It is not probed any more: nothing of it is remembered.
  void Forget(const TargetId& target) { worked_.erase(target); }

  // Whether the model list can tell anything of this target's failure:
  // - its answer doubts the key itself (`doubts_key`, the verdict's): one without
  //   rights or credit lists models all the same;
  // - this very target answered well with this key within kMemory: a key may be
  //   good for other models only;
  // - the model list needs a key.
  bool MayAsk(const Target& target, bool doubts_key) const;

  // Asks, and calls `done` once with whether a list of models came within 5 s (or
  // the target's timeout, if that is less). Asks a provider once per interval of
  // the target, counted from the question:
  // - who comes while the question is out shares its answer if the key is the same;
  // - later within the interval the same key gets the same answer again;
  // - another key gets false.
  // `done` comes from the transport's RunUntil where it waits for an answer, else
  // before Ask returns. It may call this object again. Nothing of the target is kept
  // but its key.
  void Ask(const Target& target, Done done);

 private:
  struct LessId {
    bool operator()(const TargetId& a, const TargetId& b) const;
  };
  struct GoodAnswer {
    Secret key;
    MonotonicTime at;
  };
  struct Question {
    Secret key;
    MonotonicTime asked_at;
    std::optional<bool> answer;  // absent while it is out
    std::vector<Done> waiting;   // then
  };

  void TakeAnswer(const std::string& provider, bool list_answered);

  HttpTransport& transport_;
  const Clock& clock_;
  std::map<TargetId, GoodAnswer, LessId> worked_;
  std::map<std::string, Question> questions_;  // the last one of each provider
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_SECOND_OPINION_H_
