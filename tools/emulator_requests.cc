#include "tools/emulator_requests.h"

namespace heyhi {

void EmulatorRequests::Record(const EmulatorCall& call, const ServerRequest& request) {
  const MutexLock lock(&mutex_);
  Seen& seen = seen_[call.provider];
  ++seen.requests;
  ++seen.by_model[call.model];
  seen.method = call.method;
  seen.path = call.path;
  seen.body = call.body.has_value() ? call.body->root().Dump() : "";
  seen.header_names.clear();
  for (const auto& [name, value] : request.headers) seen.header_names.push_back(name);
}

std::map<std::string, EmulatorRequests::Seen> EmulatorRequests::Snapshot() const {
  const MutexLock lock(&mutex_);
  return seen_;
}

}  // namespace heyhi
