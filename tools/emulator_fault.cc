#include "tools/emulator_fault.h"

#include <algorithm>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "serving/suggestion.h"

namespace heyhi {
namespace {

struct ActionName {
  EmulatorFault::Action action;
  const char* name;
};
constexpr ActionName kActions[] = {{EmulatorFault::Action::kReset, "reset"},
                                   {EmulatorFault::Action::kStall, "stall"},
                                   {EmulatorFault::Action::kTruncate, "truncate"}};

struct CallName {
  EmulatorFault::Call call;
  const char* name;
};
constexpr CallName kCalls[] = {{EmulatorFault::Call::kAny, "*"},
                               {EmulatorFault::Call::kChat, "chat"},
                               {EmulatorFault::Call::kModels, "models"}};

absl::Status Invalid(const std::string& member, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(member, ": ", why));
}

absl::Status Expected(const std::string& member, const std::string& what, JsonView value) {
  return Invalid(member, absl::StrCat("expected ", what, ", not ", value.Dump()));
}

absl::Status ReadText(const char* member, JsonView value, std::string* text) {
  const auto read = value.AsString();
  if (!read.has_value() || read->empty()) return Expected(member, "a string", value);
  *text = *read;
  return absl::OkStatus();
}

absl::Status ReadProvider(JsonView value, EmulatorFault& fault) {
  return ReadText("provider", value, &fault.provider);
}

absl::Status ReadModel(JsonView value, EmulatorFault& fault) {
  return ReadText("model", value, &fault.model);
}

absl::Status ReadCallName(JsonView value, EmulatorFault& fault) {
  const std::string text = value.StringOrEmpty();
  std::vector<std::string> names;
  for (const CallName& known : kCalls) {
    names.emplace_back(known.name);
    if (text != known.name) continue;
    fault.call = known.call;
    return absl::OkStatus();
  }
  return Invalid("call", absl::StrCat("expected chat, models or *, not ", value.Dump(),
                                      DidYouMean(text, names)));
}

absl::Status ReadShare(JsonView value, EmulatorFault& fault) {
  const auto share = value.AsNumber();
  if (!share.has_value() || *share <= 0 || *share > 1) {
    return Expected("share", "a number above 0 and at most 1", value);
  }
  fault.share = *share;
  return absl::OkStatus();
}

absl::Status ReadCaseName(JsonView value, EmulatorFault& fault) {
  return ReadText("case", value, &fault.case_name);
}

absl::Status ReadStatus(JsonView value, EmulatorFault& fault) {
  const auto status = value.AsInteger();
  if (!status.has_value() || *status < 200 || *status > 599) {
    return Expected("status", "a whole number from 200 to 599", value);
  }
  fault.status = static_cast<int>(*status);
  return absl::OkStatus();
}

bool IsHeaderName(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_';
  });
}

bool IsHeaderValue(const std::string& value) {
  return std::none_of(value.begin(), value.end(),
                      [](unsigned char c) { return absl::ascii_iscntrl(c); });
}

absl::Status ReadHeaders(JsonView value, EmulatorFault& fault) {
  if (!value.IsObject()) return Expected("headers", "an object of strings", value);
  for (const std::string& name : value.Keys()) {
    const auto text = value[name].AsString();
    if (!IsHeaderName(name) || !text.has_value() || !IsHeaderValue(*text)) {
      return Invalid("headers", absl::StrCat("\"", name,
                                             "\": expected a name of letters, digits and - with "
                                             "a string on one line"));
    }
    if (IsConnectionHeader(name)) {
      return Invalid("headers", absl::StrCat("\"", name, "\" is set by the server itself"));
    }
    fault.headers.emplace_back(name, *text);
  }
  return absl::OkStatus();
}

absl::Status ReadBody(JsonView value, EmulatorFault& fault) {
  const auto body = value.AsString();
  if (!body.has_value()) return Expected("body", "a string", value);
  fault.body = *body;
  return absl::OkStatus();
}

absl::Status ReadLatency(JsonView value, EmulatorFault& fault) {
  const auto text = value.AsString();
  if (!text.has_value()) return Expected("latency", "a string such as \"250ms\"", value);
  const auto latency = Latency::Parse(*text);
  if (!latency.ok()) return latency.status();
  fault.latency = *latency;
  return absl::OkStatus();
}

absl::Status ReadAction(JsonView value, EmulatorFault& fault) {
  const std::string text = value.StringOrEmpty();
  std::vector<std::string> names;
  for (const ActionName& known : kActions) {
    names.emplace_back(known.name);
    if (text != known.name) continue;
    fault.action = known.action;
    return absl::OkStatus();
  }
  return Invalid("action", absl::StrCat("expected reset, stall or truncate, not ", value.Dump(),
                                        DidYouMean(text, names)));
}

struct Member {
  const char* name;
  absl::Status (*read)(JsonView value, EmulatorFault& fault);
};
constexpr Member kMembers[] = {{"provider", &ReadProvider}, {"model", &ReadModel},
                               {"call", &ReadCallName},     {"share", &ReadShare},
                               {"case", &ReadCaseName},     {"status", &ReadStatus},
                               {"headers", &ReadHeaders},   {"body", &ReadBody},
                               {"latency", &ReadLatency},   {"action", &ReadAction}};

absl::Status ReadMember(const std::string& name, JsonView value, EmulatorFault& fault) {
  std::vector<std::string> names;
  for (const Member& member : kMembers) {
    if (name == member.name) return member.read(value, fault);
    names.emplace_back(member.name);
  }
  return absl::InvalidArgumentError(absl::StrCat("unknown member \"", name, "\"",
                                                 DidYouMean(name, names), "; accepted are ",
                                                 absl::StrJoin(names, ", ")));
}

absl::Status CheckCombination(const EmulatorFault& fault, JsonView root) {
  const bool answers = !fault.case_name.empty() || fault.status.has_value();
  if (!fault.case_name.empty() && fault.status.has_value()) {
    return Invalid("case", "excludes status");
  }
  for (const char* member : {"headers", "body"}) {
    if (root[member].exists() && !fault.status.has_value()) {
      return Invalid(member, "needs status");
    }
  }
  const bool silent = fault.action == EmulatorFault::Action::kReset ||
                      fault.action == EmulatorFault::Action::kStall;
  if (silent && answers) return Invalid("action", "reset and stall exclude case and status");
  if (fault.action == EmulatorFault::Action::kStall && fault.latency.has_value()) {
    return Invalid("latency", "excludes the action stall, which never answers");
  }
  if (!answers && !fault.latency.has_value() && fault.action == EmulatorFault::Action::kAnswer) {
    return absl::InvalidArgumentError(
        "the fault does nothing: set case, status, latency or action");
  }
  return absl::OkStatus();
}

// For a case that only other providers have, or that is misspelt.
std::string CaseHint(const std::string& case_name, const EmulatorCases& cases) {
  std::vector<std::string> candidates = cases.Names();
  for (const std::string& full_name : cases.Names()) {
    const std::string name = full_name.substr(full_name.find('/') + 1);
    if (name == case_name) return absl::StrCat(" (did you mean \"", full_name, "\"?)");
    candidates.push_back(name);
  }
  return DidYouMean(case_name, candidates);
}

absl::Status CheckCase(const EmulatorFault& fault, const EmulatorCases& cases) {
  if (fault.case_name.empty() || ForcedCase(fault, fault.provider, cases) != nullptr) {
    return absl::OkStatus();
  }
  return Invalid("case", absl::StrCat("no case \"", fault.case_name, "\" for provider \"",
                                      fault.provider, "\"", CaseHint(fault.case_name, cases),
                                      "; GET /admin/cases lists all of them"));
}

}  // namespace

absl::StatusOr<EmulatorFault> ParseFault(const std::string& json, const EmulatorCases& cases) {
  const auto document = JsonDocument::Parse(json);
  if (!document.has_value() || !document->root().IsObject()) {
    return absl::InvalidArgumentError("expected one JSON object");
  }
  const JsonView root = document->root();
  EmulatorFault fault;
  for (const std::string& name : root.Keys()) {
    if (auto status = ReadMember(name, root[name], fault); !status.ok()) return status;
  }
  if (auto status = CheckCombination(fault, root); !status.ok()) return status;
  if (auto status = CheckCase(fault, cases); !status.ok()) return status;
  return fault;
}

JsonObject FaultToJson(const EmulatorFault& fault) {
  JsonObject json;
  json.Set("provider", fault.provider).Set("model", fault.model);
  for (const CallName& known : kCalls) {
    if (fault.call == known.call && fault.call != EmulatorFault::Call::kAny) {
      json.Set("call", known.name);
    }
  }
  json.Set("share", fault.share);
  if (!fault.case_name.empty()) json.Set("case", fault.case_name);
  if (fault.status.has_value()) {
    JsonObject headers;
    for (const auto& [name, value] : fault.headers) headers.Set(name, value);
    json.Set("status", *fault.status).Set("headers", headers).Set("body", fault.body);
  }
  if (fault.latency.has_value()) json.Set("latency", fault.latency->text());
  for (const ActionName& known : kActions) {
    if (fault.action == known.action) json.Set("action", known.name);
  }
  return json;
}

const RecordedCase* ForcedCase(const EmulatorFault& fault, const std::string& provider,
                               const EmulatorCases& cases) {
  if (const auto slash = fault.case_name.find('/'); slash != std::string::npos) {
    return cases.Find(fault.case_name.substr(0, slash), fault.case_name.substr(slash + 1));
  }
  const RecordedCase* own = cases.Find(provider, fault.case_name);
  return own != nullptr ? own : cases.Find("openai", fault.case_name);
}

}  // namespace heyhi
