#include "probes/model_list.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "probes/json.h"
#include "tests/probes/dialect_fixture.h"

namespace heyhi {
namespace {

HttpExchange Answered(int status, const std::string& body) {
  HttpExchange exchange;
  exchange.status = status;
  exchange.headers = {{"content-type", "application/json"}};
  exchange.body = body;
  return exchange;
}

// All recorded answers, by "provider/case"; `wanted` says which by their kind.
template <typename Wanted>
std::vector<std::pair<std::string, HttpExchange>> Recorded(const Wanted& wanted) {
  std::vector<std::pair<std::string, HttpExchange>> answers;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(HEYHI_TESTDATA_DIR)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path());
    const auto document = JsonDocument::Parse(
        {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
    if (!document.has_value() || !document->root()["status"].exists()) continue;
    const JsonView root = document->root();
    if (!wanted(root["kind"].StringOrEmpty())) continue;
    const std::string text = root["body_text"].StringOrEmpty();
    answers.emplace_back(
        absl::StrCat(root["provider"].StringOrEmpty(), "/", root["case"].StringOrEmpty()),
        Answered(static_cast<int>(root["status"].AsInteger().value_or(0)),
                 text.empty() ? root["body"].Dump() : text));
  }
  return answers;
}

TEST(ModelListTest, KnowsEveryRecordedList) {
  const auto lists = Recorded([](const std::string& kind) { return kind == "models"; });
  EXPECT_EQ(lists.size(), 5U);
  for (const auto& [name, exchange] : lists) EXPECT_TRUE(IsModelList(exchange)) << name;
}

TEST(ModelListTest, TakesNoOtherRecordedAnswerForOne) {
  const auto others = Recorded([](const std::string& kind) { return kind != "models"; });
  EXPECT_GT(others.size(), 100U);
  for (const auto& [name, exchange] : others) EXPECT_FALSE(IsModelList(exchange)) << name;
}

constexpr char kList[] = R"({"object":"list","data":[{"id":"gpt-6-luna","object":"model"}]})";

TEST(ModelListTest, NeedsTheStatus200) {
  EXPECT_TRUE(IsModelList(Answered(200, kList)));
  for (const int status : {0, 201, 206, 302, 401, 403, 500}) {
    EXPECT_FALSE(IsModelList(Answered(status, kList))) << status;
  }
}

TEST(ModelListTest, NeedsAWholeAnswer) {
  HttpExchange exchange = Answered(200, kList);
  exchange.failure = Reason::kShortBody;
  EXPECT_FALSE(IsModelList(exchange));
}

TEST(ModelListTest, IsNoErrorNorAnythingElse) {
  for (const char* body :
       {"", " ", "<html>models</html>", "[", R"({"data":[{"id":"m"}])", R"(["m"])",
        R"([{"id":"m"}])", R"({"data":[]})", R"({"models":[]})", R"({"data":[{"id":"m"},{}]})",
        R"({"data":[{"id":""}]})", R"({"data":[{"id":7}]})",
        R"({"data":[{"id":"m"}],"error":"invalid key"})", R"({"data":{"id":"m"}})",
        R"({"data":[{"embedding":[0.1],"index":0}]})"}) {
    EXPECT_FALSE(IsModelList(Answered(200, body))) << body;
  }
}

TEST(ModelListTest, TakesNoRubbishForAList) {
  for (const char* text :
       {"@", R"({"data":@})", R"({"models":@})", R"({"data":[@]})", R"({"models":[{"name":@}]})"}) {
    for (const std::string& body : WithRubbish(text)) {
      const bool names = body == R"({"models":[{"name":"x"}]})";
      EXPECT_EQ(IsModelList(Answered(200, body)), names) << body;
    }
  }
}

}  // namespace
}  // namespace heyhi
