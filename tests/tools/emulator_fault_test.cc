#include "tools/emulator_fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heyhi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class EmulatorFaultTest : public ::testing::Test {
 protected:
  absl::StatusOr<EmulatorFault> Parse(const std::string& json) { return ParseFault(json, cases_); }

  std::string ErrorFor(const std::string& json) {
    return std::string(Parse(json).status().message());
  }

  // "provider/case" that a request to `provider` is answered with.
  std::string Forced(const std::string& json, const std::string& provider) {
    const RecordedCase* forced = ForcedCase(*Parse(json), provider, cases_);
    return forced == nullptr ? "none" : forced->provider + "/" + forced->name;
  }

  const EmulatorCases cases_ = *EmulatorCases::Load(HEYHI_TESTDATA_DIR);
};

TEST_F(EmulatorFaultTest, DefaultsToEveryRequest) {
  const auto fault = Parse(R"({"status": 500})");
  ASSERT_TRUE(fault.ok()) << fault.status();
  EXPECT_EQ(fault->provider, "*");
  EXPECT_EQ(fault->model, "*");
  EXPECT_EQ(fault->call, EmulatorFault::Call::kAny);
  EXPECT_EQ(fault->share, 1);
  EXPECT_EQ(fault->action, EmulatorFault::Action::kAnswer);
  EXPECT_FALSE(fault->latency.has_value());
}

TEST_F(EmulatorFaultTest, ReadsEveryMember) {
  const auto fault = Parse(
      R"({"provider": "groq", "model": "m", "call": "chat", "share": 0.25, "status": 503, "latency": "1s",)"
      R"( "headers": {"retry-after": "5"}, "body": "busy", "action": "truncate"})");
  ASSERT_TRUE(fault.ok()) << fault.status();
  EXPECT_EQ(fault->provider, "groq");
  EXPECT_EQ(fault->model, "m");
  EXPECT_EQ(fault->call, EmulatorFault::Call::kChat);
  EXPECT_EQ(fault->share, 0.25);
  EXPECT_EQ(fault->status, 503);
  EXPECT_THAT(fault->headers, ElementsAre(Pair("retry-after", "5")));
  EXPECT_EQ(fault->body, "busy");
  EXPECT_EQ(fault->latency->text(), "1s");
  EXPECT_EQ(fault->action, EmulatorFault::Action::kTruncate);
}

TEST_F(EmulatorFaultTest, WritesWhatItReads) {
  for (const char* json :
       {R"({"provider":"groq","model":"m","share":0.5,"case":"429-tokens"})",
        R"({"provider":"*","model":"*","share":1.0,"status":503,"headers":{"a":"b"},"body":"c"})",
        R"({"provider":"*","model":"*","share":1.0,"latency":"1s..2s","action":"reset"})",
        R"({"provider":"*","model":"*","call":"chat","share":1.0,"action":"reset"})",
        R"({"provider":"*","model":"*","call":"models","share":1.0,"action":"reset"})",
        R"({"provider":"*","model":"*","share":1.0,"action":"stall"})"}) {
    EXPECT_EQ(FaultToJson(*Parse(json)).Dump(), json);
  }
}

TEST_F(EmulatorFaultTest, PrefersTheProvidersOwnCase) {
  const std::string json = R"({"provider": "groq", "case": "401-invalid-key"})";
  EXPECT_EQ(Forced(json, "groq"), "groq/401-invalid-key");
  EXPECT_EQ(Forced(R"({"case": "401-invalid-key"})", "deepseek"), "deepseek/401-invalid-key");
  EXPECT_EQ(Forced(R"({"case": "401-invalid-key"})", "acme"), "openai/401-invalid-key");
}

TEST_F(EmulatorFaultTest, TakesAFullNameFromAnyProvider) {
  EXPECT_EQ(Forced(R"({"case": "mistral/529-overloaded"})", "openai"), "mistral/529-overloaded");
}

TEST_F(EmulatorFaultTest, ForcesNoCaseWhereNoneIsNamed) {
  EXPECT_EQ(Forced(R"({"latency": "1s"})", "openai"), "none");
}

struct InvalidFault {
  const char* json;
  const char* message;
};

TEST_F(EmulatorFaultTest, NamesTheMemberAndWhatIsAccepted) {
  const InvalidFault invalid[] = {
      {"", "expected one JSON object"},
      {"[]", "expected one JSON object"},
      {"{}", "the fault does nothing: set case, status, latency or action"},
      {R"({"cas": "x"})",
       "unknown member \"cas\" (did you mean \"case\"?); accepted are provider, model, call,"},
      {R"({"provider": 5})", "provider: expected a string, not 5"},
      {R"({"model": ""})", "model: expected a string, not \"\""},
      {R"({"call": "chats", "status": 500})",
       "call: expected chat, models or *, not \"chats\" (did you mean \"chat\"?)"},
      {R"({"call": 7, "status": 500})", "call: expected chat, models or *, not 7"},
      {R"({"share": 0})", "share: expected a number above 0 and at most 1, not 0"},
      {R"({"share": 1.5})", "share: expected a number above 0 and at most 1, not 1.5"},
      {R"({"share": "1"})", "share: expected a number above 0 and at most 1, not \"1\""},
      {R"({"status": 99})", "status: expected a whole number from 200 to 599, not 99"},
      {R"({"status": 200.5})", "status: expected a whole number from 200 to 599, not 200.5"},
      {R"({"status": 500, "headers": []})", "headers: expected an object of strings, not []"},
      {R"({"status": 500, "headers": {"a": 1}})", "headers: \"a\": expected a name of letters"},
      {R"({"status": 500, "headers": {"a b": ""}})", "headers: \"a b\": expected a name"},
      {R"({"status": 500, "headers": {"a": "b\r\nc: d"}})", "with a string on one line"},
      {R"({"status": 500, "headers": {"Content-Length": "1"}})",
       "headers: \"Content-Length\" is set by the server itself"},
      {R"({"status": 500, "body": {}})", "body: expected a string, not {}"},
      {R"({"latency": 5})", "latency: expected a string such as \"250ms\", not 5"},
      {R"({"latency": "fast"})", "latency \"fast\": expected durations"},
      {R"({"action": "stal"})",
       "action: expected reset, stall or truncate, not \"stal\" (did you mean \"stall\"?)"},
      {R"({"case": "500-server-error", "status": 500})", "case: excludes status"},
      {R"({"case": "500-server-error", "body": "x"})", "body: needs status"},
      {R"({"latency": "1s", "headers": {}})", "headers: needs status"},
      {R"({"action": "reset", "status": 500})", "reset and stall exclude case and status"},
      {R"({"action": "stall", "case": "500-server-error"})", "reset and stall exclude case"},
      {R"({"action": "stall", "latency": "1s"})", "latency: excludes the action stall"},
      {R"({"case": "429-rate-limits"})",
       "case: no case \"429-rate-limits\" for provider \"*\" (did you mean \"429-rate-limit\"?); "
       "GET /admin/cases lists all of them"},
      {R"({"case": "mistral/529-overloade"})", "(did you mean \"mistral/529-overloaded\"?)"},
      {R"({"case": "529-overloaded", "provider": "xai"})",
       "for provider \"xai\" (did you mean \"anthropic/529-overloaded\"?)"},
      {R"({"case": "/"})", "case: no case \"/\" for provider \"*\"; GET /admin/cases"},
  };
  for (const InvalidFault& fault : invalid) {
    EXPECT_THAT(ErrorFor(fault.json), HasSubstr(fault.message)) << fault.json;
  }
}

}  // namespace
}  // namespace heyhi
