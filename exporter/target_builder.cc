#include "exporter/target_builder.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "probes/dialect.h"
#include "probes/providers.h"
#include "probes/url.h"
#include "serving/suggestion.h"

namespace heyhi {
namespace {

class TargetBuilder {
 public:
  TargetBuilder(const TargetId& id, const Settings& settings, ConfigInputs& inputs, int* line)
      : settings_(settings), inputs_(inputs), line_(line), known_(FindProvider(id.provider)) {
    target_.id = id;
  }

  absl::StatusOr<Target> Build() {
    for (const auto step :
         {&TargetBuilder::SetProxy, &TargetBuilder::SetEndpoint, &TargetBuilder::SetCall,
          &TargetBuilder::SetTimes, &TargetBuilder::SetKey, &TargetBuilder::SetCaFile}) {
      if (absl::Status status = (this->*step)(); !status.ok()) return status;
    }
    target_.serves_production = settings_.serves_production.value.value_or(false);
    return std::move(target_);
  }

 private:
  absl::Status Error(int line, const std::string& message) {
    if (line > 0) *line_ = line;
    return absl::InvalidArgumentError(message);
  }
  const Provider& row() const {
    return known_ == nullptr ? CompatibleProvider(target_.dialect) : *known_;
  }

  absl::Status SetEndpoint() {
    if (known_ != nullptr) target_.dialect = std::string(known_->dialect);
    if (settings_.dialect.value.has_value()) target_.dialect = *settings_.dialect.value;
    if (FindDialect(target_.dialect) == nullptr) {
      std::vector<std::string> names;
      for (const Dialect* dialect : Dialects()) names.emplace_back(dialect->name);
      return Error(settings_.dialect.line,
                   absl::StrCat("unknown dialect \"", target_.dialect, "\": this version knows ",
                                absl::StrJoin(names, ", ")));
    }
    target_.error_rules = row().error_rules;
    target_.base_url = settings_.base_url.value.value_or(std::string(row().base_url));
    target_.public_only = !settings_.base_url.value.has_value();
    if (target_.base_url.empty() && known_ != nullptr) {
      return Error(0, absl::StrCat("provider \"", target_.id.provider,
                                   "\" has another address for each customer: add base_url, such "
                                   "as ",
                                   std::string(known_->base_url_form)));
    }
    if (target_.base_url.empty()) {
      return Error(
          0, absl::StrCat("provider \"", target_.id.provider, "\" is not in HeyHi's table",
                          DidYouMean(absl::AsciiStrToLower(target_.id.provider), ProviderNames()),
                          ": add base_url"));
    }
    return CheckUrl();
  }

  absl::Status CheckUrl() {
    const absl::StatusOr<Url> url = ParseUrl(target_.base_url);
    if (!url.ok()) {
      return Error(settings_.base_url.line,
                   absl::StrCat("base_url: ", std::string(url.status().message())));
    }
    if (url->has_credentials || url->has_query_or_fragment) {
      return Error(settings_.base_url.line,
                   "base_url: must hold no user, password, query or fragment; name the key with "
                   "api_key_env or api_key_file");
    }
    for (const char* path : {"/chat/completions", "/responses", "/messages", "/chat"}) {
      if (absl::EndsWith(absl::StripSuffix(target_.base_url, "/"), path)) {
        return Error(settings_.base_url.line, absl::StrCat("base_url: leave out ", path,
                                                           ", which is added to it for each call"));
      }
    }
    if (row().has_deployment_route && !absl::StrContains(target_.base_url, "/openai")) {
      return Error(settings_.base_url.line,
                   absl::StrCat("base_url: must have /openai or /openai/v1 in its path, such as ",
                                std::string(row().base_url_form)));
    }
    const bool stays_here = url->host_is_loopback && target_.proxy.empty();
    const bool needs_leave = !url->https && !stays_here;
    const bool has_leave = settings_.allow_plain_http.value.value_or(false);
    if (needs_leave && !has_leave && url->host_is_loopback) {
      return Error(
          settings_.base_url.line,
          "base_url: is on this machine, but a proxy would look for it on its own, and see "
          "the key: set proxy: none");
    }
    if (needs_leave && !has_leave) {
      return Error(settings_.base_url.line,
                   "base_url: plain http would send the key readable over the network; use https, "
                   "or set allow_plain_http: true");
    }
    if (has_leave && !needs_leave && !settings_.allow_plain_http.inherited) {
      return Error(settings_.allow_plain_http.line,
                   "allow_plain_http: has no effect, since base_url is https or on this machine; "
                   "remove it");
    }
    https_ = url->https;
    target_.allow_plain_http = needs_leave;
    return absl::OkStatus();
  }

  absl::Status SetCall() {
    const CallChoice choice{target_.dialect, target_.base_url, target_.id.model,
                            settings_.api_version.value.value_or("")};
    if (settings_.api_version.value.has_value() && !settings_.api_version.inherited &&
        !NamesApiVersion(row(), choice)) {
      return Error(settings_.api_version.line,
                   absl::StrCat("api_version: has no effect, since calls to this base_url in the "
                                "dialect ",
                                target_.dialect, " name none; remove it"));
    }
    if (NamesApiVersion(row(), choice)) target_.api_version = choice.api_version;
    target_.call = FormCall(row(), choice);
    const int least = target_.call.token_cap;
    target_.call.token_cap = settings_.max_tokens.value.value_or(least);
    if (target_.call.token_cap < least) {
      return Error(settings_.max_tokens.line,
                   absl::StrCat("max_tokens: ", target_.id.provider, " needs at least ", least,
                                " for ", target_.id.model, "; leave it out for the smallest"));
    }
    if (settings_.prompt.value.has_value()) target_.prompt = *settings_.prompt.value;
    return absl::OkStatus();
  }

  absl::Status SetTimes() {
    target_.interval = settings_.interval.value.value_or(target_.interval);
    target_.timeout = settings_.timeout.value.value_or(target_.timeout);
    target_.slow_after = settings_.slow_after.value.value_or(target_.slow_after);
    target_.latency_objective =
        settings_.latency_objective.value.value_or(target_.latency_objective);
    if (settings_.slow_after.value.has_value() && target_.slow_after >= target_.timeout) {
      return Error(
          settings_.slow_after.line,
          absl::StrCat("slow_after: ", absl::FormatDuration(target_.slow_after),
                       " has no effect, since timeout is ", absl::FormatDuration(target_.timeout)));
    }
    return absl::OkStatus();
  }

  absl::Status SetKey() {
    std::string key;
    std::string source;
    int line = 0;
    if (settings_.api_key_file.value.has_value()) {
      line = settings_.api_key_file.line;
      // Its path is not shown: somebody may have written the key itself there.
      source = "the file that api_key_file names";
      const absl::StatusOr<std::string>& text = inputs_.File(*settings_.api_key_file.value);
      if (!text.ok()) {
        return Error(line, absl::StrCat(source, " cannot be read: check path and permissions"));
      }
      target_.api_key_file = *settings_.api_key_file.value;
      key = *text;
      if (!key.empty() && key.back() == '\n') key.pop_back();
      if (!key.empty() && key.back() == '\r') key.pop_back();
    } else {
      const std::string name = settings_.api_key_env.value.value_or(std::string(row().api_key_env));
      if (name.empty()) return absl::OkStatus();  // an endpoint without keys
      line = settings_.api_key_env.line;
      source = absl::StrCat("environment variable ", name);
      const std::optional<std::string> value = inputs_.Environment(name);
      if (!value.has_value()) {
        return Error(line,
                     absl::StrCat(source, " is not set: it should hold the key of provider \"",
                                  target_.id.provider,
                                  "\"; set it, or name another with api_key_env or "
                                  "api_key_file"));
      }
      target_.api_key_env = name;
      key = *value;
    }
    return CheckKey(line, source, key);
  }

  // A stray line feed or space would go out as part of the header.
  absl::Status CheckKey(int line, const std::string& source, const std::string& key) {
    if (key.empty()) return Error(line, absl::StrCat(source, " is empty: it should hold a key"));
    for (const char c : key) {
      if (c < 0x21 || c > 0x7e) {
        return Error(line, absl::StrCat(source,
                                        " holds a space, a line break or another "
                                        "character that no key has"));
      }
    }
    target_.api_key = inputs_.Key(key);
    return absl::OkStatus();
  }

  absl::Status SetCaFile() {
    if (!settings_.ca_file.value.has_value()) return absl::OkStatus();
    if (!https_) {
      if (settings_.ca_file.inherited) return absl::OkStatus();
      return Error(settings_.ca_file.line,
                   "ca_file: has no effect, since base_url is plain http; remove it");
    }
    target_.ca_file = *settings_.ca_file.value;
    const absl::Status& verdict = inputs_.CertificateBundle(target_.ca_file);
    if (verdict.ok()) return absl::OkStatus();
    return Error(settings_.ca_file.line, absl::StrCat("ca_file: ", std::string(verdict.message())));
  }

  absl::Status SetProxy() {
    auto proxy = ReadProxy(settings_.proxy.value.value_or("none"));
    if (!proxy.ok()) return Error(settings_.proxy.line, std::string(proxy.status().message()));
    target_.proxy = *std::move(proxy);
    return absl::OkStatus();
  }

  const Settings& settings_;
  ConfigInputs& inputs_;
  int* const line_;
  const Provider* const known_;
  bool https_ = true;
  Target target_;
};

}  // namespace

absl::StatusOr<Target> BuildTarget(const TargetId& id, const Settings& settings,
                                   ConfigInputs& inputs, int* line) {
  return TargetBuilder(id, settings, inputs, line).Build();
}

}  // namespace heyhi
