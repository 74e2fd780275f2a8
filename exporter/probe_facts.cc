#include "exporter/probe_facts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "probes/error_body.h"
#include "probes/json.h"
#include "probes/providers.h"
#include "serving/suggestion.h"

namespace heyhi {
namespace {

constexpr Phase kDns = {"dns", "dns", "while looking up the name"};
constexpr Phase kConnect = {"connect", "connect", "while connecting"};
constexpr Phase kTls = {"tls", "tls", "in the TLS handshake"};
constexpr Phase kProcessing = {"processing", "waiting", "while waiting for the answer"};
constexpr Phase kTransfer = {"transfer", "receiving", "while receiving the answer"};

// The words of an error answer, wherever its shape has them; "" where it has none.
std::string MessageOf(JsonView body) {
  for (const JsonView words :
       {body["error"]["message"], body["error"], body["message"], body["detail"]}) {
    if (std::string text = words.StringOrEmpty(); !text.empty()) return text;
  }
  return "";
}

}  // namespace

const std::vector<Phase>& AllPhases() {
  static const auto& phases = *new std::vector<Phase>{kDns, kConnect, kTls, kProcessing, kTransfer};
  return phases;
}

std::vector<Phase> PhasesOf(const HttpTimes& times) {
  const std::optional<absl::Duration> ends[] = {times.dns, times.connect, times.tls,
                                                times.first_byte, times.total};
  // Past this one all ends are known or do not apply, as tls on plain http.
  std::size_t last = times.request_sent.has_value() ? 3 : 0;
  while (last < AllPhases().size() - 1 && ends[last].has_value()) ++last;
  std::vector<Phase> phases;
  absl::Duration begin = absl::ZeroDuration();
  for (std::size_t i = 0; i <= last; ++i) {
    if (i < last && !ends[i].has_value()) continue;
    const absl::Duration end = i == last ? times.total : *ends[i];
    phases.push_back(AllPhases()[i]);
    phases.back().length = std::max(end - begin, absl::ZeroDuration());
    begin = std::max(end, begin);
  }
  return phases;
}

std::optional<Phase> StoppedIn(const ProbeResult& result) {
  const bool on_the_way =
      result.outcome == Outcome::kFailed && result.rule.empty() && !IsOwnTrouble(*result.reason);
  return on_the_way ? std::optional(PhasesOf(result.times).back()) : std::nullopt;
}

bool MayBeTheWay(const ProbeResult& result) {
  return result.outcome == Outcome::kFailed && result.fault == Fault::kProvider &&
         FaultOf(*result.reason, result.error_type, /*network_down=*/true) == Fault::kNetwork;
}

std::string FullAdvice(const ProbeResult& result) {
  std::string advice = AdviceFor(result);
  if (result.named_token_cap.has_value()) {
    absl::StrAppend(&advice, " The provider wants max_tokens of at least ", *result.named_token_cap,
                    ".");
  }
  const Provider* known = FindProvider(result.target.provider);
  if (result.reason == Reason::kModelNotFound && known != nullptr &&
      result.target.model != known->default_model) {
    const std::string guess = DidYouMean(result.target.model, {std::string(known->default_model)});
    if (!guess.empty()) advice = absl::StrCat(absl::StripSuffix(advice, "."), guess, ".");
  }
  return advice;
}

std::string ProviderMessage(const ProbeResult& result) {
  if (!result.sample.has_value()) return "";
  if (const auto document = JsonDocument::Parse(result.sample->body)) {
    return MessageOf(UnwrapSingle(document->root()));
  }
  // A stream says it in one of its events.
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(result.sample->body, '\n'))) {
    const auto event = JsonDocument::Parse(std::string(absl::StripPrefix(line, "data:")));
    if (!event.has_value()) continue;
    if (std::string text = MessageOf(event->root()); !text.empty()) return text;
  }
  return "";
}

std::string StatusPage(const ProbeResult& result) {
  const Provider* known = FindProvider(result.target.provider);
  return known == nullptr ? "" : std::string(known->status_page);
}

}  // namespace heyhi
