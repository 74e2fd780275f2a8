#include "exporter/probe_page.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "probes/simulated_clock.h"
#include "serving/metric_table.h"
#include "tests/exporter/example_result.h"

namespace heyhi {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

class ProbePageTest : public testing::Test {
 protected:
  ProbePageTest() {
    auto target = std::make_shared<Target>();
    target->id = {"openai", "gpt-6-luna", "chat", "eu-1"};
    target->base_url = "https://api.openai.example/v1";
    target->api_key = Secret("sk-canary-Zq8+Lw/4Tx=Rk2Vn9Jd7Hs3Fg6Mb1");
    standing_.target = target;
    result_.target = target->id;
    result_.outcome = Outcome::kOk;
    result_.http_status = 200;
    result_.completed_at = absl::FromUnixSeconds(1790000000);
    result_.times.dns = absl::Milliseconds(10);
    result_.times.connect = absl::Milliseconds(30);
    result_.times.tls = absl::Milliseconds(70);
    result_.times.request_sent = absl::Milliseconds(70);
    result_.times.first_byte = absl::Milliseconds(450);
    result_.times.total = absl::Milliseconds(500);
  }
  void Fail() {
    FailByRateLimit(&result_);
    result_.sample = SupportSample{{{"retry-after", "20"}, {"set-cookie", "[hidden]"}}, "{}"};
  }
  ServerRequest Request(const std::string& target, const std::string& debug = "") const {
    ServerRequest request;
    if (target != "-") request.query["target"] = target;
    if (!debug.empty()) request.query["debug"] = debug;
    return request;
  }
  ServerResponse Get(const std::string& target, const std::string& debug = "") {
    return page_.Get(Request(target, debug));
  }
  ServerResponse Post(const std::string& target, const std::string& debug = "") {
    ServerResponse response;
    response.status = 0;
    page_.Post(Request(target, debug),
               [&response](ServerResponse answer) { response = std::move(answer); });
    return response;
  }

  SimulatedClock clock_{absl::UnixEpoch()};
  TargetStanding standing_;
  ProbeResult result_;
  int calls_ = 0;
  bool gone_ = false;
  ProbePage page_{{[this](const std::string& name) -> std::optional<TargetStanding> {
                     if (name != "openai/gpt-6-luna" && name != "openai/gpt-6-luna/chat") {
                       return std::nullopt;
                     }
                     return standing_;
                   },
                   [this](const TargetId& id, const auto& done) {
                     EXPECT_EQ(id, standing_.target->id);
                     ++calls_;
                     if (gone_) return done(std::nullopt);
                     done(ManualProbe{standing_.target, result_});
                   }},
                  clock_};
};

TEST_F(ProbePageTest, TellsOfTheLastResultAsBlackboxExporterDoes) {
  standing_.last = result_;
  const ServerResponse response = Get("openai/gpt-6-luna");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.headers, Contains(Pair("Content-Type", kMetricsContentType)));
  EXPECT_THAT(response.body, HasSubstr("\nprobe_success 1\n"));
  EXPECT_THAT(response.body, HasSubstr("\nprobe_duration_seconds 0.5\n"));
  EXPECT_THAT(response.body, HasSubstr("\nprobe_http_status_code 200\n"));
  EXPECT_THAT(response.body, HasSubstr("\nprobe_http_duration_seconds{phase=\"resolve\"} 0.01\n"));
  EXPECT_THAT(response.body,
              HasSubstr("\nprobe_http_duration_seconds{phase=\"processing\"} 0.38\n"));
  EXPECT_THAT(response.body, HasSubstr("\nprobe_completion_timestamp_seconds 1790000000\n"));
  EXPECT_THAT(response.body, Not(HasSubstr("probe_failure_info")));
  EXPECT_EQ(calls_, 0);
}

TEST_F(ProbePageTest, NamesReasonAndFaultOfAFailure) {
  Fail();
  standing_.last = result_;
  const std::string body = Get("openai/gpt-6-luna/chat").body;
  EXPECT_THAT(body, HasSubstr("\nprobe_success 0\n"));
  EXPECT_THAT(body, HasSubstr("\nprobe_failure_info{reason=\"rpm\",error_type=\"rate_limit\","
                              "fault=\"account\"} 1\n"));
}

TEST_F(ProbePageTest, TracesForPeople) {
  Fail();
  standing_.last = result_;
  const ServerResponse response = Get("openai/gpt-6-luna", "true");
  EXPECT_THAT(response.headers, Contains(Pair("Content-Type", "text/plain; charset=utf-8")));
  for (const char* part : {"FAILED  rate_limit (rpm), fault: account", "rule O14 of docs/errors.md",
                           "waiting 380", "  retry-after: 20\n", "  set-cookie: [hidden]\n",
                           "\nprobe_success 0\n", "at its last probe by the schedule"}) {
    EXPECT_THAT(response.body, HasSubstr(part));
  }
  EXPECT_THAT(response.body, Not(HasSubstr("canary")));
}

TEST_F(ProbePageTest, HasNothingToTellBeforeTheFirstProbe) {
  EXPECT_EQ(Get("openai/gpt-6-luna").status, 503);
}

TEST_F(ProbePageTest, KnowsConfiguredTargetsOnly) {
  for (const std::string name :
       {"-", "", "openai", "openai/other", "http://127.0.0.1/", "169.254.169.254", "[::1]:80",
        "user@host", "../../etc/passwd", "openai/gpt-6-luna/embeddings", "\xc3\xa9"}) {
    EXPECT_EQ(Get(name).status, 400) << name;
    EXPECT_EQ(Post(name).status, 400) << name;
  }
  const std::string large(10000, 'x');
  EXPECT_THAT(Post(large).body, Not(HasSubstr("xxx"))) << "what a client sends is not repeated";
  EXPECT_EQ(calls_, 0);
}

TEST_F(ProbePageTest, APostedRequestMakesOneCall) {
  const ServerResponse response = Post("openai/gpt-6-luna", "true");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr("by this request"));
  EXPECT_EQ(calls_, 1);
}

TEST_F(ProbePageTest, OneAMinuteForEachTargetUnderWhateverName) {
  EXPECT_EQ(Post("openai/gpt-6-luna").status, 200);
  clock_.Advance(absl::Milliseconds(18500));
  for (int i = 0; i < 1000; ++i) {
    const ServerResponse response = Post("openai/gpt-6-luna/chat");
    ASSERT_EQ(response.status, 429);
    ASSERT_THAT(response.headers, Contains(Pair("Retry-After", "42")));
  }
  EXPECT_EQ(calls_, 1);
  clock_.Advance(absl::Milliseconds(41500));
  EXPECT_EQ(Post("openai/gpt-6-luna").status, 200);
}

TEST_F(ProbePageTest, SaysThatTheTargetHasGone) {
  gone_ = true;
  EXPECT_EQ(Post("openai/gpt-6-luna").status, 503);
}

}  // namespace
}  // namespace heyhi
