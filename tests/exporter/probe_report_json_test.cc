#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "exporter/probe_report.h"
#include "probes/json.h"
#include "tests/exporter/example_result.h"

namespace heyhi {
namespace {

Target OpenAi() {
  Target target;
  target.id = {"openai", "gpt-6-luna", "chat", "eu-1"};
  target.base_url = "https://api.openai.com/v1";
  return target;
}

ProbeResult Failed(const Target& target) {
  ProbeResult result;
  result.target = target.id;
  result.started_at =
      absl::FromCivil(absl::CivilSecond(2026, 11, 23, 3, 2, 1), absl::UTCTimeZone()) +
      absl::Milliseconds(250);
  FailByRateLimit(&result);
  result.times = ExampleTimes();
  result.headroom = {0.5, std::nullopt};
  result.sample =
      SupportSample{{{"retry-after", "20"}}, "{\"error\":\n{\"message\":\"too many\"}}"};
  return result;
}

JsonDocument Render(const ProbeResult& result) {
  ReportOptions options;
  options.origin = "as in heyhi.yml";
  const std::string text = ReportJson(OpenAi(), result, options);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  auto document = JsonDocument::Parse(text);
  EXPECT_TRUE(document.has_value()) << text;
  return *std::move(document);
}

// "phase_seconds.dns", "sample.headers[].name": every member below `value`.
void CollectPaths(JsonView value, const std::string& path, std::set<std::string>* paths) {
  for (const std::string& key : value.Keys()) {
    const std::string member = path.empty() ? key : absl::StrCat(path, ".", key);
    paths->insert(member);
    CollectPaths(value[key], member, paths);
  }
  if (value.IsArray()) CollectPaths(value.At(0), absl::StrCat(path, "[]"), paths);
}

TEST(ProbeReportJsonTest, SaysEverythingOfAFailure) {
  const JsonDocument document = Render(Failed(OpenAi()));
  const JsonView json = document.root();
  for (const auto& [member, text] : std::vector<std::pair<std::string, std::string>>{
           {"target", "openai/gpt-6-luna/chat"},
           {"provider", "openai"},
           {"model", "gpt-6-luna"},
           {"check", "chat"},
           {"region", "eu-1"},
           {"base_url", "https://api.openai.com/v1"},
           {"dialect", "openai_chat"},
           {"origin", "as in heyhi.yml"},
           {"started_at", "2026-11-23T03:02:01.250Z"},
           {"outcome", "failed"},
           {"reason", "rpm"},
           {"error_type", "rate_limit"},
           {"fault", "account"},
           {"rule", "O14"},
           {"advice", "This account's limit is reached; raise it or probe less often."},
           {"provider_message", "too many"},
           {"status_page", "https://status.openai.com"}}) {
    EXPECT_EQ(json[member].StringOrEmpty(), text) << member;
  }
  EXPECT_EQ(json["http_status"].AsInteger(), 429);
  EXPECT_EQ(json["duration_seconds"].AsNumber(), 0.431);
  EXPECT_EQ(json["phase_seconds"]["processing"].AsNumber(), 0.35);
  EXPECT_EQ(json["limits"]["requests"].AsNumber(), 0.5);
  EXPECT_EQ(json["tokens"]["cap"].AsInteger(), 16);
  EXPECT_EQ(json["sample"]["headers"].At(0)["name"].StringOrEmpty(), "retry-after");
  EXPECT_EQ(json["sample"]["body"].StringOrEmpty(), "{\"error\":\n{\"message\":\"too many\"}}");
}

TEST(ProbeReportJsonTest, IsNullWhereNothingIsKnown) {
  ProbeResult result = Failed(OpenAi());
  result.rule.clear();
  result.reason = Reason::kConnRefused;
  result.http_status = 0;
  result.times = {};
  result.times.dns = absl::Milliseconds(1);
  result.headroom = {};
  result.sample.reset();
  const JsonDocument document = Render(result);
  const JsonView json = document.root();
  EXPECT_EQ(json["stopped_in"].StringOrEmpty(), "connect");
  for (const char* member : {"rule", "provider_message", "http_status", "remote_address",
                             "request_id", "time_to_first_token_seconds", "cost_usd",
                             "served_model", "rerouted", "named_token_cap", "sample"}) {
    EXPECT_TRUE(json[member].IsNull()) << member;
  }
  EXPECT_TRUE(json["phase_seconds"]["tls"].IsNull());
  EXPECT_TRUE(json["tokens"]["input"].IsNull());
  EXPECT_TRUE(json["limits"]["tokens"].IsNull());
}

TEST(ProbeReportJsonTest, BlamesNobodyForAGoodAnswer) {
  ProbeResult result = Failed(OpenAi());
  result.outcome = Outcome::kOk;
  result.reason.reset();
  result.rule.clear();
  result.sample.reset();
  result.usage = TokenUsage{7, 16};
  result.rerouted = true;
  const JsonDocument document = Render(result);
  const JsonView json = document.root();
  EXPECT_EQ(json["outcome"].StringOrEmpty(), "ok");
  EXPECT_EQ(json["tokens"]["output"].AsInteger(), 16);
  EXPECT_EQ(json["rerouted"].AsBool(), true);
  for (const char* member :
       {"reason", "error_type", "fault", "rule", "advice", "detail", "stopped_in"}) {
    EXPECT_TRUE(json[member].IsNull()) << member;
  }
}

TEST(ProbeReportJsonTest, IsAsDocumented) {
  std::ifstream page(std::string(HEYHI_SOURCE_DIR) + "/docs/probe.md");
  std::set<std::string> documented;
  bool in_table = false;
  for (std::string line; std::getline(page, line);) {
    in_table = in_table || line == "| member | type | meaning |";
    const std::vector<std::string> cells = absl::StrSplit(line, '|');
    if (!in_table || !absl::StartsWith(line, "| `")) continue;
    ASSERT_EQ(cells.size(), 5U) << line;
    EXPECT_GT(cells[2].size() + cells[3].size(), 8U) << line;
    const std::string name = cells[1].substr(2, cells[1].size() - 4);
    EXPECT_TRUE(documented.insert(name).second) << name;
  }
  std::set<std::string> written;
  CollectPaths(Render(Failed(OpenAi())).root(), "", &written);
  // An object is documented by its members.
  for (const char* object : {"phase_seconds", "tokens", "limits", "sample.headers"}) {
    written.erase(object);
  }
  EXPECT_EQ(written, documented);
}

}  // namespace
}  // namespace heyhi
