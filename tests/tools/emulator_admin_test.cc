#include "tools/emulator_admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probes/json.h"

namespace heyhi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class EmulatorAdminTest : public ::testing::Test {
 protected:
  ServerResponse Ask(const std::string& method, const std::string& path,
                     const std::string& body = "") {
    ServerRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    return AnswerAdmin(request, cases_, requests_, faults_);
  }

  void RecordChat(const std::string& body) {
    ServerRequest request;
    request.method = "POST";
    request.path = "/groq/openai/v1/chat/completions";
    request.headers = {{"authorization", "Bearer secret"}, {"accept", "*/*"}};
    request.body = body;
    requests_.Record(ReadCall(request), request);
  }

  const EmulatorCases cases_ = *EmulatorCases::Load(HEYHI_TESTDATA_DIR);
  EmulatorRequests requests_;
  EmulatorFaults faults_;
};

TEST_F(EmulatorAdminTest, KnowsItsPaths) {
  EXPECT_TRUE(IsAdminPath("/admin"));
  EXPECT_TRUE(IsAdminPath("/admin/faults"));
  EXPECT_FALSE(IsAdminPath("/administrator/v1/models"));
  EXPECT_FALSE(IsAdminPath("/openai/admin/faults"));
}

TEST_F(EmulatorAdminTest, AddsAFault) {
  const ServerResponse response = Ask("POST", "/admin/faults", R"({"action": "reset"})");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, R"({"id":1,"provider":"*","model":"*","share":1.0,"action":"reset",)"
                           R"("matched":0,"struck":0})"
                           "\n");
  EXPECT_EQ(faults_.List().size(), 1u);
}

TEST_F(EmulatorAdminTest, ABadFaultChangesNothing) {
  const ServerResponse response = Ask("POST", "/admin/faults", R"({"share": 2})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "share: expected a number above 0 and at most 1, not 2\n");
  EXPECT_TRUE(faults_.List().empty());
}

TEST_F(EmulatorAdminTest, ListsFaults) {
  EXPECT_EQ(Ask("GET", "/admin/faults").body, "[]\n");
  Ask("POST", "/admin/faults", R"({"action": "reset"})");
  Ask("POST", "/admin/faults", R"({"status": 500})");
  const auto list = JsonDocument::Parse(Ask("GET", "/admin/faults").body);
  EXPECT_EQ(list->root().size(), 2u);
  EXPECT_EQ(list->root().At(1)["status"].AsInteger(), 500);
}

TEST_F(EmulatorAdminTest, RemovesOneFault) {
  Ask("POST", "/admin/faults", R"({"status": 500})");
  Ask("POST", "/admin/faults", R"({"status": 503})");
  EXPECT_EQ(Ask("DELETE", "/admin/faults/1").status, 204);
  EXPECT_EQ(faults_.List().size(), 1u);
  for (const char* id : {"1", "9", "x", "", "99999999999999999999"}) {
    EXPECT_EQ(Ask("DELETE", std::string("/admin/faults/") + id).status, 404) << id;
  }
}

TEST_F(EmulatorAdminTest, RemovesAllFaults) {
  Ask("POST", "/admin/faults", R"({"status": 500})");
  EXPECT_EQ(Ask("DELETE", "/admin/faults").status, 204);
  EXPECT_TRUE(faults_.List().empty());
}

TEST_F(EmulatorAdminTest, ListsCases) {
  const auto list = JsonDocument::Parse(Ask("GET", "/admin/cases").body);
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->root().size(), cases_.Names().size());
  EXPECT_EQ(list->root().At(0).StringOrEmpty(), cases_.Names()[0]);
}

TEST_F(EmulatorAdminTest, CountsRequests) {
  RecordChat(R"({"model": "a\"b"})");
  RecordChat(R"({"model": "a\"b"})");
  RecordChat(R"({"model": "c", "messages": []})");
  const auto seen = JsonDocument::Parse(Ask("GET", "/admin/requests").body);
  ASSERT_TRUE(seen.has_value());
  const JsonView groq = seen->root()["groq"];
  EXPECT_EQ(groq["requests"].AsInteger(), 3);
  EXPECT_EQ(groq["models"]["a\"b"].AsInteger(), 2);
  EXPECT_EQ(groq["models"]["c"].AsInteger(), 1);
  EXPECT_EQ(groq["last"]["path"].StringOrEmpty(), "/openai/v1/chat/completions");
  EXPECT_EQ(groq["last"]["body"]["model"].StringOrEmpty(), "c");
}

TEST_F(EmulatorAdminTest, ShowsHeaderNamesButNoKey) {
  RecordChat("no JSON");
  const std::string text = Ask("GET", "/admin/requests").body;
  EXPECT_THAT(text, HasSubstr(R"("header_names":["accept","authorization"],"body":null)"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST_F(EmulatorAdminTest, RefusesWrongMethodsAndPaths) {
  EXPECT_EQ(Ask("PUT", "/admin/faults").status, 405);
  EXPECT_EQ(Ask("GET", "/admin/faults/1").status, 405);
  EXPECT_EQ(Ask("POST", "/admin/cases").status, 405);
  EXPECT_EQ(Ask("POST", "/admin/requests").status, 405);
  EXPECT_EQ(Ask("GET", "/admin/other").status, 404);
  EXPECT_THAT(Ask("GET", "/admin").body, StartsWith("no such endpoint; there are"));
}

}  // namespace
}  // namespace heyhi
