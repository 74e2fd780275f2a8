#ifndef HEYHI_PROBES_TARGET_H_
#define HEYHI_PROBES_TARGET_H_

#include <string>

#include "absl/time/time.h"
#include "probes/call_form.h"
#include "probes/providers.h"
#include "probes/secret.h"

namespace heyhi {

// What a target is called: the base labels of its metrics.
struct TargetId {
  std::string provider;
  std::string model;
  std::string check = "chat";
  std::string region;

  // "openai/gpt-6-luna/chat", for people.
  std::string Name() const { return provider + "/" + model + "/" + check; }
  friend bool operator==(const TargetId&, const TargetId&) = default;
};

// One provider × model × check with all that a probe of it needs. Plain values,
// complete after the configuration was read; immutable afterwards.
struct Target {
  TargetId id;
  std::string dialect = "openai_chat";
  ErrorRules error_rules = ErrorRules::kOpenAi;
  std::string base_url;
  // base_url is ours, not the configuration's: such hosts have public addresses only.
  bool public_only = false;
  bool allow_plain_http = false;  // base_url goes beyond this machine, and is http
  Secret api_key;                 // empty: the call carries none
  // Where api_key came from: one of them, or none.
  std::string api_key_env;
  std::string api_key_file;
  std::string ca_file;
  std::string proxy;  // the http URL of an HTTP proxy; "": none

  std::string prompt = "ping";
  std::string api_version;  // that the configuration names; in `call` already
  CallForm call;

  absl::Duration interval = absl::Minutes(2);
  absl::Duration slow_after = absl::Seconds(3);
  absl::Duration timeout = absl::Seconds(20);
  absl::Duration latency_objective = absl::Seconds(5);
  bool serves_production = false;

  friend bool operator==(const Target&, const Target&) = default;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_TARGET_H_
