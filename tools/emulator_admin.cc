#include "tools/emulator_admin.h"

#include <cstdint>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "probes/json.h"

namespace heyhi {
namespace {

constexpr const char* kFaultsPath = "/admin/faults";

ServerResponse JsonResponse(int status, const std::string& json) {
  return {status, {{"content-type", "application/json"}}, absl::StrCat(json, "\n"), std::nullopt};
}

JsonObject EntryToJson(const EmulatorFaults::Entry& entry) {
  JsonObject json;
  json.Set("id", entry.id).Merge(FaultToJson(entry.fault));
  return json.Set("matched", entry.matched).Set("struck", entry.struck);
}

ServerResponse ListFaults(const EmulatorFaults& faults) {
  std::vector<JsonObject> elements;
  for (const EmulatorFaults::Entry& entry : faults.List()) elements.push_back(EntryToJson(entry));
  return JsonResponse(200, DumpJsonList(elements));
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
  JsonObject all;
  for (const auto& [provider, seen] : requests.Snapshot()) {
    JsonObject models;
    for (const auto& [model, count] : seen.by_model) models.Set(model, count);
    const auto body = JsonDocument::Parse(seen.body);
    JsonObject last;
    last.Set("method", seen.method).Set("path", seen.path).Set("header_names", seen.header_names);
    last.Set("body", body.has_value() ? body->root() : JsonView());
    all.Set(provider,
            JsonObject().Set("requests", seen.requests).Set("models", models).Set("last", last));
  }
  return JsonResponse(200, all.Dump());
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
    return JsonResponse(200, DumpJsonList(cases.Names()));
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
