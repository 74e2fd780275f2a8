#include "tools/emulator_admin.h"

#include <cstdint>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "probes/json.h"

namespace heyhi {
namespace {

constexpr const char* kFaultsPath = "/admin/faults";

ServerResponse JsonResponse(int status, const std::string& json) {
  return {status, {{"content-type", "application/json"}}, absl::StrCat(json, "\n"), std::nullopt};
}

std::string JsonList(const std::vector<std::string>& elements) {
  return absl::StrCat("[", absl::StrJoin(elements, ","), "]");
}

// The JSON text of a string, cut out of {"":"…"}.
std::string JsonString(const std::string& text) {
  const std::string object = JsonObject().Set("", text).Dump();
  return object.substr(4, object.size() - 5);
}

std::string JsonStringList(const std::vector<std::string>& texts) {
  std::vector<std::string> elements;
  elements.reserve(texts.size());
  for (const std::string& text : texts) elements.push_back(JsonString(text));
  return JsonList(elements);
}

JsonObject EntryToJson(const EmulatorFaults::Entry& entry) {
  JsonObject json;
  json.Set("id", entry.id).Merge(FaultToJson(entry.fault));
  return json.Set("matched", entry.matched).Set("struck", entry.struck);
}

ServerResponse ListFaults(const EmulatorFaults& faults) {
  std::vector<std::string> elements;
  for (const EmulatorFaults::Entry& entry : faults.List()) {
    elements.push_back(EntryToJson(entry).Dump());
  }
  return JsonResponse(200, JsonList(elements));
}

ServerResponse AddFault(const ServerRequest& request, const EmulatorCases& cases,
                        EmulatorFaults& faults) {
  const auto fault = ParseFault(request.body, cases);
  if (!fault.ok()) return TextResponse(400, std::string(fault.status().message()));
  EmulatorFaults::Entry entry;
  entry.fault = *fault;
  entry.id = faults.Add(*fault);
  return JsonResponse(201, EntryToJson(entry).Dump());
}

ServerResponse RemoveFault(const std::string& id_text, EmulatorFaults& faults) {
  std::int64_t id = 0;
  if (!absl::SimpleAtoi(id_text, &id) || !faults.Remove(id)) {
    return TextResponse(404, absl::StrCat("no fault with the id \"", id_text, "\""));
  }
  return {204, {}, "", std::nullopt};
}

ServerResponse ListRequests(const EmulatorRequests& requests) {
  std::vector<std::string> members;
  for (const auto& [provider, seen] : requests.Snapshot()) {
    JsonObject models;
    for (const auto& [model, count] : seen.by_model) models.Set(model, count);
    members.push_back(absl::StrCat(
        JsonString(provider), ":{\"requests\":", seen.requests, ",\"models\":", models.Dump(),
        ",\"last\":{\"method\":", JsonString(seen.method), ",\"path\":", JsonString(seen.path),
        ",\"header_names\":", JsonStringList(seen.header_names),
        ",\"body\":", seen.body.empty() ? "null" : seen.body, "}}"));
  }
  return JsonResponse(200, absl::StrCat("{", absl::StrJoin(members, ","), "}"));
}

ServerResponse WrongMethod(const std::string& allowed) {
  ServerResponse response = TextResponse(405, absl::StrCat("accepted methods: ", allowed));
  response.headers.emplace_back("allow", allowed);
  return response;
}

}  // namespace

bool IsAdminPath(const std::string& path) {
  return path == "/admin" || absl::StartsWith(path, "/admin/");
}

ServerResponse AnswerAdmin(const ServerRequest& request, const EmulatorCases& cases,
                           const EmulatorRequests& requests, EmulatorFaults& faults) {
  const std::string& method = request.method;
  if (request.path == kFaultsPath) {
    if (method == "GET") return ListFaults(faults);
    if (method == "POST") return AddFault(request, cases, faults);
    if (method != "DELETE") return WrongMethod("GET, POST, DELETE");
    faults.Clear();
    return {204, {}, "", std::nullopt};
  }
  absl::string_view rest = request.path;
  if (absl::ConsumePrefix(&rest, absl::StrCat(kFaultsPath, "/"))) {
    if (method != "DELETE") return WrongMethod("DELETE");
    return RemoveFault(std::string(rest), faults);
  }
  if (request.path == "/admin/cases") {
    if (method != "GET") return WrongMethod("GET");
    return JsonResponse(200, JsonStringList(cases.Names()));
  }
  if (request.path == "/admin/requests") {
    if (method != "GET") return WrongMethod("GET");
    return ListRequests(requests);
  }
  return TextResponse(404,
                      "no such endpoint; there are /admin/faults, /admin/cases and "
                      "/admin/requests");
}

}  // namespace heyhi
