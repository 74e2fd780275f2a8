#include "tools/emulator_faults.h"

#include <cmath>
#include <utility>

namespace heyhi {
namespace {

using Endpoint = EmulatorCall::Endpoint;

bool MatchesEndpoint(EmulatorFault::Call call, Endpoint endpoint) {
  switch (call) {
    case EmulatorFault::Call::kAny:
      return true;
    case EmulatorFault::Call::kChat:
      return endpoint == Endpoint::kChat || endpoint == Endpoint::kResponses;
    case EmulatorFault::Call::kModels:
      return endpoint == Endpoint::kModels || endpoint == Endpoint::kModel;
  }
  return true;
}

bool Matches(const EmulatorFault& fault, const EmulatorCall& call) {
  return (fault.provider == "*" || fault.provider == call.provider) &&
         (fault.model == "*" || fault.model == call.model) &&
         MatchesEndpoint(fault.call, call.endpoint);
}

// Ten times 0.3 is a hair below 3 in binary: the small addend keeps the strikes
// where a reader expects them.
std::int64_t StrikesDue(double share, std::int64_t matched) {
  return static_cast<std::int64_t>(std::floor(share * static_cast<double>(matched) + 1e-6));
}

}  // namespace

std::int64_t EmulatorFaults::Add(EmulatorFault fault) {
  const MutexLock lock(&mutex_);
  entries_.push_back({++last_id_, std::move(fault)});
  return last_id_;
}

bool EmulatorFaults::Remove(std::int64_t id) {
  const MutexLock lock(&mutex_);
  return std::erase_if(entries_, [id](const Entry& entry) { return entry.id == id; }) > 0;
}

void EmulatorFaults::Clear() {
  const MutexLock lock(&mutex_);
  entries_.clear();
}

std::vector<EmulatorFaults::Entry> EmulatorFaults::List() const {
  const MutexLock lock(&mutex_);
  return entries_;
}

std::optional<EmulatorFault> EmulatorFaults::Strike(const EmulatorCall& call) {
  const MutexLock lock(&mutex_);
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (!Matches(entry->fault, call)) continue;
    ++entry->matched;
    if (StrikesDue(entry->fault.share, entry->matched) == entry->struck) continue;
    ++entry->struck;
    return entry->fault;
  }
  return std::nullopt;
}

}  // namespace heyhi
