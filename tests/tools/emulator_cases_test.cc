#include "tools/emulator_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace heyhi {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr const char* kGoodCase =
    R"({"provider": "acme", "case": "good", "kind": "chat", "status": 200, "headers": {},)"
    R"( "body": {"a": 1}, "body_text": null})";

class EmulatorCasesTest : public ::testing::Test {
 protected:
  ~EmulatorCasesTest() override { std::filesystem::remove_all(directory_); }

  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = directory_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  absl::StatusOr<EmulatorCases> Load() { return EmulatorCases::Load(directory_.string()); }

  // The error for acme/bad.json with this text, beside a good case.
  std::string ErrorFor(const std::string& text) {
    Write("acme/good.json", kGoodCase);
    Write("acme/bad.json", text);
    return std::string(Load().status().message());
  }

  const std::filesystem::path directory_ =
      std::filesystem::path(::testing::TempDir()) /
      ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(EmulatorCasesTest, LoadsTheProjectsCases) {
  const auto cases = EmulatorCases::Load(HEYHI_TESTDATA_DIR);
  ASSERT_TRUE(cases.ok()) << cases.status();
  EXPECT_THAT(cases->Names(), Contains("openai/chat-200"));
  const RecordedCase* overloaded = cases->Find("mistral", "529-overloaded");
  ASSERT_NE(overloaded, nullptr);
  EXPECT_EQ(overloaded->response.status, 529);
  EXPECT_EQ(overloaded->kind, "chat");
}

TEST_F(EmulatorCasesTest, KeepsBodyTextToTheByte) {
  Write("acme/text.json",
        R"({"provider": "acme", "case": "text", "status": 200, "headers": {}, "body": null,)"
        R"( "body_text": "\n\n {\"a\" :1}\r\n"})");
  EXPECT_EQ(Load()->Find("acme", "text")->response.body, "\n\n {\"a\" :1}\r\n");
}

TEST_F(EmulatorCasesTest, WritesJsonBodiesCompactly) {
  Write("acme/good.json", kGoodCase);
  EXPECT_EQ(Load()->Find("acme", "good")->response.body, R"({"a":1})");
}

TEST_F(EmulatorCasesTest, DropsHeadersOfTheConnection) {
  Write("acme/headers.json",
        R"({"provider": "acme", "case": "headers", "status": 200, "headers":)"
        R"( {"Content-Length": "5", "transfer-encoding": "chunked", "x-request-id": "r"}})");
  EXPECT_THAT(Load()->Find("acme", "headers")->response.headers,
              ElementsAre(Pair("x-request-id", "r")));
}

TEST_F(EmulatorCasesTest, SkipsFoldersOfOthers) {
  Write("acme/good.json", kGoodCase);
  Write("config/invalid.yml", "a: [");
  Write("status/summary.json", R"({"status": {"indicator": "none"}})");
  Write("status/broken.json", "{");
  Write("golden.txt", "heyhi_up 1");
  const auto cases = Load();
  ASSERT_TRUE(cases.ok()) << cases.status();
  EXPECT_THAT(cases->Names(), ElementsAre("acme/good"));
}

TEST(WithModelTest, ReplacesTheModelWhereverTheAnswerNamesIt) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"id":"a","model":"x"})", R"({"id":"a","model":"m"})"},
      {R"({"modelVersion":"x"})", R"({"modelVersion":"m"})"},
      {"event: a\ndata: {\"message\":{\"id\":1,\"model\":\"x\"}}\n\ndata: {\"type\": \"ping\"}\n\n",
       "event: a\ndata: {\"message\":{\"id\":1,\"model\":\"m\"}}\n\ndata: {\"type\": "
       "\"ping\"}\n\n"},
      {"data: {\"response\":{\"model\":\"x\"}}\n\n", "data: {\"response\":{\"model\":\"m\"}}\n\n"},
      {"data: {\"model\":\"x\"}\n\ndata: [DONE]\n\n",
       "data: {\"model\":\"m\"}\n\ndata: [DONE]\n\n"},
  };
  for (const auto& [recorded, expected] : cases) {
    ServerResponse response;
    response.body = recorded;
    EXPECT_EQ(WithModel(response, "m").body, expected);
  }
}

TEST(WithModelTest, LeavesTheRestToTheByte) {
  for (const char* body : {"", "{", "{ \"a\" : 1 }", "[]", "{\"message\": \"text\"}", "\n\n",
                           "data: {\r\n", "data: {\"type\": \"ping\"}\n"}) {
    ServerResponse response;
    response.body = body;
    EXPECT_EQ(WithModel(response, "m").body, body);
  }
}

TEST_F(EmulatorCasesTest, FindsTheFirstByPrefix) {
  const auto cases = EmulatorCases::Load(HEYHI_TESTDATA_DIR);
  EXPECT_EQ(cases->FindByPrefix("openrouter", "401-")->name, "401-no-auth");
  EXPECT_EQ(cases->FindByPrefix("mistral", "401-")->name, "401-unauthorized-detail");
  EXPECT_EQ(cases->FindByPrefix("xai", "401-"), nullptr);
  EXPECT_EQ(cases->FindByPrefix("zz", "401-"), nullptr);
}

TEST_F(EmulatorCasesTest, FindsNothingElse) {
  Write("acme/good.json", kGoodCase);
  EXPECT_EQ(Load()->Find("acme", "bad"), nullptr);
  EXPECT_EQ(Load()->Find("openai", "good"), nullptr);
}

TEST_F(EmulatorCasesTest, NamesTheFileThatIsNoJson) {
  EXPECT_THAT(ErrorFor("{"), EndsWith("/acme/bad.json: no valid JSON"));
}

TEST_F(EmulatorCasesTest, NamesTheMemberThatIsWrong) {
  const std::string head = R"({"provider": "acme", "case": "bad")";
  EXPECT_THAT(ErrorFor(R"({"provider": "acme", "case": "other"})"),
              EndsWith("bad.json: \"case\": expected the file's name \"bad\", not \"other\""));
  EXPECT_THAT(ErrorFor(R"({"provider": "else", "case": "bad"})"),
              EndsWith("\"provider\": expected the folder's name \"acme\", not \"else\""));
  EXPECT_THAT(ErrorFor(head + "}"),
              EndsWith("\"status\": expected a whole number from 200 to 599"));
  EXPECT_THAT(ErrorFor(head + R"(, "status": 99, "headers": {}})"), HasSubstr("\"status\""));
  EXPECT_THAT(ErrorFor(head + R"(, "status": 200, "headers": []})"),
              EndsWith("\"headers\": expected an object of strings"));
  EXPECT_THAT(ErrorFor(head + R"(, "status": 200, "headers": {"x": 1}})"),
              EndsWith("\"headers\": \"x\": expected a string"));
  EXPECT_THAT(ErrorFor(head + R"(, "status": 200, "headers": {}, "body_text": 1})"),
              EndsWith("\"body_text\": expected a string"));
  EXPECT_THAT(ErrorFor(head + R"(, "status": 200, "headers": {}, "body": {}, "body_text": ""})"),
              EndsWith("\"body\" and \"body_text\" exclude each other"));
}

TEST_F(EmulatorCasesTest, NamesAFolderThatIsNotThere) {
  EXPECT_THAT(Load().status().message(), HasSubstr("cannot read the folder"));
  EXPECT_THAT(Load().status().message(), HasSubstr(directory_.string()));
}

TEST_F(EmulatorCasesTest, RefusesAFolderWithoutCases) {
  Write("config/invalid.yml", "");
  EXPECT_THAT(Load().status().message(), HasSubstr("no recorded cases in"));
}

}  // namespace
}  // namespace heyhi
