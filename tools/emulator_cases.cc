#include "tools/emulator_cases.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "probes/json.h"

namespace heyhi {
namespace {

namespace fs = std::filesystem;

struct CaseFile {
  fs::path path;
  std::optional<JsonDocument> document;  // nothing where it is no JSON
};

absl::Status InvalidCase(const CaseFile& file, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(file.path.string(), ": ", why));
}

absl::StatusOr<std::vector<fs::path>> SortedEntries(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    paths.push_back(entry->path());
  }
  if (error) {
    return absl::NotFoundError(
        absl::StrCat("cannot read the folder \"", directory.string(), "\": ", error.message()));
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

absl::StatusOr<std::vector<CaseFile>> ReadJsonFiles(const fs::path& directory) {
  const auto paths = SortedEntries(directory);
  if (!paths.ok()) return paths.status();
  std::vector<CaseFile> files;
  for (const fs::path& path : *paths) {
    if (path.extension() != ".json") continue;
    std::ifstream stream(path, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(stream), {});
    if (stream.bad() || !stream.is_open()) {
      return absl::NotFoundError(absl::StrCat("cannot read the file \"", path.string(), "\""));
    }
    files.push_back({path, JsonDocument::Parse(text)});
  }
  return files;
}

bool HoldsCases(const std::vector<CaseFile>& files) {
  return std::any_of(files.begin(), files.end(), [](const CaseFile& file) {
    return file.document.has_value() && file.document->root()["case"].exists();
  });
}

absl::Status ReadHeaders(const CaseFile& file, JsonView headers, ServerResponse* response) {
  if (!headers.IsObject()) return InvalidCase(file, "\"headers\": expected an object of strings");
  for (const std::string& name : headers.Keys()) {
    const auto value = headers[name].AsString();
    if (!value.has_value()) {
      return InvalidCase(file, absl::StrCat("\"headers\": \"", name, "\": expected a string"));
    }
    if (!IsConnectionHeader(name)) response->headers.emplace_back(name, *value);
  }
  return absl::OkStatus();
}

absl::Status ReadBody(const CaseFile& file, JsonView root, ServerResponse* response) {
  const JsonView body = root["body"];
  const JsonView text = root["body_text"];
  const bool has_body = body.exists() && !body.IsNull();
  const bool has_text = text.exists() && !text.IsNull();
  if (has_body && has_text) {
    return InvalidCase(file, "\"body\" and \"body_text\" exclude each other");
  }
  if (has_text && !text.AsString().has_value()) {
    return InvalidCase(file, "\"body_text\": expected a string");
  }
  if (has_body) response->body = body.Dump();
  if (has_text) response->body = text.StringOrEmpty();
  return absl::OkStatus();
}

absl::StatusOr<RecordedCase> ReadCase(const CaseFile& file) {
  if (!file.document.has_value()) return InvalidCase(file, "no valid JSON");
  const JsonView root = file.document->root();
  RecordedCase result;
  result.provider = file.path.parent_path().filename().string();
  result.name = file.path.stem().string();
  result.kind = root["kind"].StringOrEmpty();
  if (root["case"].StringOrEmpty() != result.name) {
    return InvalidCase(file, absl::StrCat("\"case\": expected the file's name \"", result.name,
                                          "\", not ", root["case"].Dump()));
  }
  if (root["provider"].StringOrEmpty() != result.provider) {
    return InvalidCase(file, absl::StrCat("\"provider\": expected the folder's name \"",
                                          result.provider, "\", not ", root["provider"].Dump()));
  }
  const auto status = root["status"].AsInteger();
  if (!status.has_value() || *status < 200 || *status > 599) {
    return InvalidCase(file, "\"status\": expected a whole number from 200 to 599");
  }
  result.response.status = static_cast<int>(*status);
  if (auto read = ReadHeaders(file, root["headers"], &result.response); !read.ok()) return read;
  if (auto read = ReadBody(file, root, &result.response); !read.ok()) return read;
  return result;
}

// Where an answer names the model: at its top, and below "message" (Anthropic's
// stream) or "response" (OpenAI's). Nothing where `json` names none.
std::optional<std::string> ReplaceModel(const std::string& json, const std::string& model) {
  const auto document = JsonDocument::Parse(json);
  if (!document.has_value()) return std::nullopt;
  const JsonView root = document->root();
  JsonObject changed(root);
  bool named = false;
  for (const char* member : {"model", "modelVersion"}) {
    if (!root[member].exists()) continue;
    changed.Set(member, model);
    named = true;
  }
  for (const char* parent : {"message", "response"}) {
    if (!root[parent]["model"].exists()) continue;
    changed.Set(parent, JsonObject(root[parent]).Set("model", model));
    named = true;
  }
  return named ? std::optional(changed.Dump()) : std::nullopt;
}

}  // namespace

ServerResponse WithModel(ServerResponse response, const std::string& model) {
  if (auto replaced = ReplaceModel(response.body, model); replaced.has_value()) {
    response.body = *std::move(replaced);
    return response;
  }
  std::vector<std::string> lines = absl::StrSplit(response.body, '\n');
  for (std::string& line : lines) {
    absl::string_view data = line;
    if (!absl::ConsumePrefix(&data, "data: ")) continue;
    const auto replaced = ReplaceModel(std::string(data), model);
    if (replaced.has_value()) line = absl::StrCat("data: ", *replaced);
  }
  response.body = absl::StrJoin(lines, "\n");
  return response;
}

bool IsConnectionHeader(const std::string& name) {
  static constexpr const char* kNames[] = {"connection",
                                           "content-length",
                                           "keep-alive",
                                           "proxy-authenticate",
                                           "proxy-authorization",
                                           "te",
                                           "trailer",
                                           "transfer-encoding",
                                           "upgrade"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&name](const char* known) { return absl::EqualsIgnoreCase(name, known); });
}

absl::StatusOr<EmulatorCases> EmulatorCases::Load(const std::string& directory) {
  const auto folders = SortedEntries(directory);
  if (!folders.ok()) return folders.status();
  EmulatorCases result;
  for (const fs::path& folder : *folders) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) continue;
    const auto files = ReadJsonFiles(folder);
    if (!files.ok()) return files.status();
    if (!HoldsCases(*files)) continue;
    for (const CaseFile& file : *files) {
      auto recorded = ReadCase(file);
      if (!recorded.ok()) return recorded.status();
      const std::pair key(recorded->provider, recorded->name);
      result.cases_.emplace(key, *std::move(recorded));
    }
  }
  if (result.cases_.empty()) {
    return absl::NotFoundError(absl::StrCat("no recorded cases in \"", directory,
                                            "\": expected <provider>/<case>.json below it"));
  }
  return result;
}

const RecordedCase* EmulatorCases::Find(const std::string& provider,
                                        const std::string& name) const {
  const auto found = cases_.find({provider, name});
  return found == cases_.end() ? nullptr : &found->second;
}

const RecordedCase* EmulatorCases::FindByPrefix(const std::string& provider,
                                                const std::string& prefix) const {
  const auto found = cases_.lower_bound({provider, prefix});
  if (found == cases_.end() || found->first.first != provider) return nullptr;
  return absl::StartsWith(found->first.second, prefix) ? &found->second : nullptr;
}

std::vector<std::string> EmulatorCases::Names() const {
  std::vector<std::string> names;
  names.reserve(cases_.size());
  for (const auto& [key, recorded] : cases_) names.push_back(key.first + "/" + key.second);
  return names;
}

}  // namespace heyhi
