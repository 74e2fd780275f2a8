#include "probes/second_opinion.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "probes/dialect.h"
#include "probes/model_list.h"

namespace heyhi {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(5);

}  // namespace

bool SecondOpinion::LessId::operator()(const TargetId& a, const TargetId& b) const {
  return std::tie(a.provider, a.model, a.check, a.region) <
         std::tie(b.provider, b.model, b.check, b.region);
}

void SecondOpinion::KeyWorkedAt(const Target& target, absl::Duration age) {
  const MonotonicTime at = clock_.Monotonic() - std::max(age, absl::ZeroDuration());
  const auto [entry, is_new] = worked_.try_emplace(target.id, GoodAnswer{target.api_key, at});
  if (!is_new && at >= entry->second.at) entry->second = {target.api_key, at};
}

bool SecondOpinion::MayAsk(const Target& target, bool doubts_key) const {
  if (!doubts_key || target.api_key.empty() || !target.call.models_need_key) return false;
  const auto found = worked_.find(target.id);
  return found != worked_.end() && found->second.key == target.api_key &&
         clock_.Monotonic() - found->second.at <= kMemory;
}

void SecondOpinion::Ask(const Target& target, Done done) {
  const MonotonicTime now = clock_.Monotonic();
  const auto [entry, is_new] = questions_.try_emplace(target.id.provider);
  Question& question = entry->second;
  const bool is_out = !is_new && !question.answer.has_value();
  if (is_out || (!is_new && now - question.asked_at < target.interval)) {
    if (!(question.key == target.api_key)) {
      done(false);
    } else if (is_out) {
      question.waiting.push_back(std::move(done));
    } else {
      done(*question.answer);
    }
    return;
  }
  question = {target.api_key, now, std::nullopt, {}};
  question.waiting.push_back(std::move(done));
  HttpRequest request = FindDialect(target.dialect)->build_models_request(target);
  request.timeout = std::min(request.timeout, kPatience);
  request.public_only = target.public_only;
  transport_.Start(std::move(request),
                   [this, provider = target.id.provider](const HttpExchange& exchange) {
                     TakeAnswer(provider, IsModelList(exchange));
                   });
}

void SecondOpinion::TakeAnswer(const std::string& provider, bool list_answered) {
  Question& question = questions_.at(provider);
  question.answer = list_answered;
  // Moved out first: whoever is called may ask again.
  const std::vector<Done> waiting = std::exchange(question.waiting, {});
  for (const Done& done : waiting) done(list_answered);
}

}  // namespace heyhi
