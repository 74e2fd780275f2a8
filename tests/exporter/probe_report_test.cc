#include "exporter/probe_report.h"

#include <gmock/gmock.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "exporter/terminal_text.h"
#include "tests/exporter/example_result.h"

namespace heyhi {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kKey[] = "sk-canary-0123456789abcdef";

Target OpenAi(const std::string& check = "chat") {
  Target target;
  target.id = {"openai", "gpt-6-luna", check, "local"};
  target.base_url = "https://api.openai.com/v1";
  target.api_key = Secret(kKey);
  return target;
}

ProbeResult Answered(const Target& target) {
  ProbeResult result;
  result.target = target.id;
  result.started_at =
      absl::FromCivil(absl::CivilSecond(2026, 11, 23, 3, 2, 1), absl::UTCTimeZone());
  result.outcome = Outcome::kOk;
  result.http_status = 200;
  result.times = ExampleTimes();
  result.remote_address = "203.0.113.7";
  result.request_id = "req_abc";
  result.served_model = "gpt-6-luna-2026-09-22";
  result.rerouted = false;
  result.usage = TokenUsage{7, 16};
  result.cost_usd = 0.0000087;
  result.headroom = {0.999, 0.98};
  return result;
}

ProbeResult RateLimited(const Target& target) {
  ProbeResult result = Answered(target);
  FailByRateLimit(&result);
  result.served_model.clear();
  result.usage.reset();
  result.cost_usd.reset();
  result.headroom = {0.0, 0.98};
  result.sample = SupportSample{
      {{"content-type", "application/json"}, {"retry-after", "20"}},
      R"({"error":{"message":"Rate limit reached for gpt-6-luna on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.","type":"requests","param":null,"code":"rate_limit_exceeded"}})"};
  return result;
}

ProbeResult NeverAnswered(const Target& target) {
  ProbeResult result = Answered(target);
  result.outcome = Outcome::kFailed;
  result.reason = Reason::kTtfb;
  result.error_type = ErrorType::kTimeout;
  result.fault = Fault::kProvider;
  result.detail = "Operation timed out after 19924 milliseconds with 0 bytes received (curl 28)";
  result.http_status = 0;
  result.times.first_byte.reset();
  result.times.total = absl::Seconds(20);
  result.request_id.clear();
  result.served_model.clear();
  result.usage.reset();
  result.cost_usd.reset();
  result.headroom = {};
  return result;
}

ReportOptions Plain(const std::string& origin = "with HeyHi's defaults") {
  ReportOptions options;
  options.origin = origin;
  return options;
}

std::string Report(const Target& target, const ProbeResult& result) {
  return ReportText(target, result, Plain());
}

void ExpectNarrow(const std::string& report) {
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(Columns(line), 80U) << line;
}

TEST(ProbeReportTest, TellsAGoodAnswer) {
  EXPECT_EQ(Report(OpenAi(), Answered(OpenAi())),
            R"(openai/gpt-6-luna/chat  OK  in 431 ms

called    https://api.openai.com/v1 with HeyHi's defaults
at        2026-11-23 03:02:01 UTC
took      431 ms: dns 12, connect 23, tls 41, waiting 350, receiving 5 ms
          [dcccttttttwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwr]
status    200, from 203.0.113.7
request   req_abc
model     gpt-6-luna (answered by gpt-6-luna-2026-09-22)
tokens    7 in, 16 out, cap 16; cost 0.0000087 USD
limits    requests 99 % left, tokens 98 % left
)");
}

TEST(ProbeReportTest, TellsASlowAnswer) {
  ProbeResult result = Answered(OpenAi());
  result.outcome = Outcome::kSlow;
  result.times.first_byte = absl::Milliseconds(4100);
  result.times.total = absl::Milliseconds(4205);
  const std::string report = Report(OpenAi(), result);
  EXPECT_THAT(
      report,
      HasSubstr("openai/gpt-6-luna/chat  SLOW  answered rightly, but after more than 3s\n\n"));
  EXPECT_THAT(report, HasSubstr("took      4.21 s: dns 12, connect 23, tls 41, waiting 4024, "
                                "receiving 105 ms\n"));
}

TEST(ProbeReportTest, TellsAnErrorAnswer) {
  EXPECT_EQ(Report(OpenAi(), RateLimited(OpenAi())),
            R"(openai/gpt-6-luna/chat  FAILED  rate_limit (rpm), fault: account
This account's limit is reached; raise it or probe less often.

says      Rate limit reached for gpt-6-luna on requests per min (RPM): Limit 3,
          Used 3, Requested 1. Please try again in 20s.
why       rule O14 of docs/errors.md
called    https://api.openai.com/v1 with HeyHi's defaults
at        2026-11-23 03:02:01 UTC
took      431 ms: dns 12, connect 23, tls 41, waiting 350, receiving 5 ms
          [dcccttttttwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwr]
status    429, from 203.0.113.7
retry     after 20 s, says the provider
request   req_abc (quote it to their support)
limits    requests 0 % left, tokens 98 % left
body      {"error":{"message":"Rate limit reached for gpt-6-luna on requests per
          min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.",
          "type":"requests","param":null,"code":"rate_limit_exceeded"}}
)");
}

TEST(ProbeReportTest, TellsAFailureOfTheTransport) {
  EXPECT_EQ(Report(OpenAi(), NeverAnswered(OpenAi())),
            R"(openai/gpt-6-luna/chat
FAILED  timeout (ttfb), fault: provider, or the way to it
The provider or the way to it; compare with other regions and the official page.

why       Operation timed out after 19924 milliseconds with 0 bytes received
          (curl 28)
called    https://api.openai.com/v1 with HeyHi's defaults
at        2026-11-23 03:02:01 UTC
took      20.0 s: dns 12, connect 23, tls 41, waiting 19924 ms
          [dctwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww]
          It stopped while waiting for the answer.
status    no answer from 203.0.113.7
see       https://status.openai.com
)");
}

TEST(ProbeReportTest, SaysWhereAFailureStopped) {
  const struct {
    const char* words;
    std::vector<int> marks;  // dns, connect, tls, first byte
  } cases[] = {{"while looking up the name", {}},
               {"while connecting", {12}},
               {"in the TLS handshake", {12, 35}},
               {"while waiting for the answer", {12, 35, 76}},
               {"while receiving the answer", {12, 35, 76, 426}}};
  for (const auto& c : cases) {
    ProbeResult result = NeverAnswered(OpenAi());
    result.times = {};
    result.times.total = absl::Seconds(1);
    const auto mark = [&c](std::size_t i) {
      return c.marks.size() > i ? std::optional(absl::Milliseconds(c.marks[i])) : std::nullopt;
    };
    result.times.dns = mark(0);
    result.times.connect = mark(1);
    result.times.tls = result.times.request_sent = mark(2);
    result.times.first_byte = mark(3);
    EXPECT_THAT(Report(OpenAi(), result), HasSubstr(absl::StrCat("It stopped ", c.words, ".\n")));
  }
}

TEST(ProbeReportTest, KnowsNoTlsOnPlainHttp) {
  ProbeResult result = Answered(OpenAi());
  result.times.tls.reset();
  result.times.request_sent = result.times.connect;
  EXPECT_THAT(Report(OpenAi(), result),
              HasSubstr("dns 12, connect 23, waiting 391, receiving 5 ms"));
}

TEST(ProbeReportTest, TellsAStream) {
  const Target target = OpenAi("stream");
  ProbeResult result = Answered(target);
  result.time_to_first_token = absl::Milliseconds(312);
  const std::string report = Report(target, result);
  EXPECT_THAT(report, HasSubstr("openai/gpt-6-luna/stream  OK  in 431 ms\n"));
  EXPECT_THAT(report, HasSubstr("stream    first token after 312 ms\n"));
}

TEST(ProbeReportTest, SaysWhenAnotherModelAnswers) {
  ProbeResult result = Answered(OpenAi());
  result.served_model = "gpt-5-nano";
  result.rerouted = true;
  EXPECT_THAT(Report(OpenAi(), result),
              HasSubstr("model     gpt-6-luna was asked, another model answers: gpt-5-nano\n"));
}

TEST(ProbeReportTest, NamesTheModelOnceWhereItAnswers) {
  ProbeResult result = Answered(OpenAi());
  result.served_model = "gpt-6-luna";
  EXPECT_THAT(Report(OpenAi(), result), HasSubstr("model     gpt-6-luna\n"));
}

TEST(ProbeReportTest, GivesTheAdviceOfThisOneCall) {
  ProbeResult result = RateLimited(OpenAi());
  result.reason = Reason::kBadRequestParam;
  result.named_token_cap = 32;
  EXPECT_THAT(Report(OpenAi(), result), HasSubstr("max_tokens of at least 32.\n"));
  result.reason = Reason::kModelNotFound;
  result.named_token_cap.reset();
  result.target.model = "gpt-6-lunar";
  EXPECT_THAT(Report(OpenAi(), result), HasSubstr("use (did you mean \"gpt-6-luna\"?).\n"));
}

TEST(ProbeReportTest, SaysWhatCostsNothingOrAnUnknownSum) {
  ProbeResult result = Answered(OpenAi());
  const struct {
    std::optional<double> cost;
    const char* words;
  } cases[] = {{std::nullopt, "price not known"},
               {0.0, "cost 0 USD"},
               {0.0000012, "cost 0.0000012 USD"},
               {0.00123, "cost 0.0012 USD"},
               {1.5, "cost 1.50 USD"}};
  for (const auto& c : cases) {
    result.cost_usd = c.cost;
    EXPECT_THAT(Report(OpenAi(), result),
                HasSubstr(absl::StrCat("tokens    7 in, 16 out, cap 16; ", c.words, "\n")));
  }
  result.usage.reset();
  EXPECT_THAT(Report(OpenAi(), result), HasSubstr("tokens    the answer counts none; cap 16\n"));
}

TEST(ProbeReportTest, MentionsAClockThatIsOff) {
  ProbeResult result = Answered(OpenAi());
  result.clock_skew = absl::Seconds(2);
  EXPECT_THAT(Report(OpenAi(), result), Not(HasSubstr("clock")));
  result.clock_skew = absl::Seconds(-90);
  EXPECT_THAT(Report(OpenAi(), result),
              HasSubstr("clock     this machine's is 90.0 s behind the provider's\n"));
}

TEST(ProbeReportTest, SaysWhenOwnMachineFails) {
  ProbeResult result = NeverAnswered(OpenAi());
  result.reason = Reason::kLocalResource;
  result.fault = Fault::kNetwork;
  const std::string report = Report(OpenAi(), result);
  EXPECT_THAT(report, HasSubstr("fault: network\n"));
  EXPECT_THAT(report, Not(HasSubstr("It stopped")));
  EXPECT_THAT(report, Not(HasSubstr("see  ")));
}

TEST(ProbeReportTest, RepeatsTheProvidersWordsWhateverTheirShape) {
  const struct {
    const char* body;
    const char* words;
  } cases[] = {
      {R"({"error":{"message":"too many"}})", "too many"},
      {R"([{"error":{"message":"too many"}}])", "too many"},
      {R"({"error":"no such page"})", "no such page"},
      {R"({"message":"invalid api token"})", "invalid api token"},
      {R"({"detail":"Unauthorized"})", "Unauthorized"},
      {"data: {\"id\":1}\n\ndata: {\"error\":{\"message\":\"in between\"}}\n\ndata: [DO",
       "in between"},
  };
  for (const auto& c : cases) {
    ProbeResult result = RateLimited(OpenAi());
    result.sample->body = c.body;
    EXPECT_THAT(Report(OpenAi(), result), HasSubstr(absl::StrCat("says      ", c.words, "\n")));
  }
  for (const char* body :
       {"", "<html>", R"({"error":null,"message":7})", R"({"error":{"message")"}) {
    ProbeResult result = RateLimited(OpenAi());
    result.sample->body = body;
    EXPECT_THAT(Report(OpenAi(), result), Not(HasSubstr("\nsays"))) << body;
  }
}

TEST(ProbeReportTest, CutsALongBody) {
  ProbeResult result = RateLimited(OpenAi());
  result.sample->body = "<html>\n\n\t<body>\n";
  for (int i = 0; i < 40; ++i) absl::StrAppend(&result.sample->body, "<p>line ", i, "</p>\n");
  const std::string report = Report(OpenAi(), result);
  EXPECT_THAT(report, HasSubstr("body      <html>\n            <body>\n          <p>line 0</p>\n"));
  EXPECT_THAT(report, HasSubstr("line 4</p>\n          (--json shows more)\n"));
  EXPECT_THAT(report, Not(HasSubstr("line 5")));
  result.sample->body = " \n";
  EXPECT_THAT(Report(OpenAi(), result), HasSubstr("body      empty\n"));
}

TEST(ProbeReportTest, StaysWithinEightyColumns) {
  Target target = OpenAi();
  target.id.model = std::string(200, 'm');
  ProbeResult result = RateLimited(target);
  result.request_id = std::string(128, 'r');
  result.served_model = std::string(128, 's');
  result.sample->body = std::string(700, 'b') + "\n";
  for (int i = 0; i < 200; ++i) result.sample->body += "模";  // two columns each
  ExpectNarrow(Report(target, result));
  result.reason = Reason::kProbeTokenCapTooLow;
  result.named_token_cap = 1024;
  ExpectNarrow(Report(target, result));
  ExpectNarrow(ReportText(target, NeverAnswered(target), Plain(std::string(300, 'o'))));
}

TEST(ProbeReportTest, ObeysNobody) {
  ProbeResult result = RateLimited(OpenAi());
  const std::string hostile = absl::StrCat(
      "a\x1b[2J\x1b]0;t\x07 \xc2\x9b"
      "31m\r\b\xe2\x80\xae",
      kKey);
  result.detail = hostile;
  result.served_model = hostile;
  result.request_id = hostile;
  result.sample->headers[1].second = hostile;
  result.sample->body =
      R"({"error":{"message":"a\u001b[2J\u009b31m\r\nsk\u002dcanary-0123456789abcdef"}})";
  for (const bool has_rule : {true, false}) {
    if (!has_rule) result.rule.clear();
    for (const std::string& report :
         {Report(OpenAi(), result), ReportJson(OpenAi(), result, Plain())}) {
      EXPECT_THAT(report, Not(HasSubstr("canary")));
      for (const char* order : {"\x1b", "\x07", "\r", "\b", "\xc2\x9b", "\xe2\x80\xae"}) {
        EXPECT_THAT(report, Not(HasSubstr(order)));
      }
    }
  }
}

TEST(ProbeReportTest, SpeaksAsciiToTerminalsThatKnowNoMore) {
  ProbeResult result = RateLimited(OpenAi());
  result.sample->body = R"({"message":"Zuś viel: 模型"})";
  ReportOptions options = Plain();
  EXPECT_THAT(ReportText(OpenAi(), result, options), HasSubstr("says      Zuś viel: 模型\n"));
  options.utf8 = false;
  EXPECT_THAT(ReportText(OpenAi(), result, options), HasSubstr("says      Zu? viel: ??\n"));
  EXPECT_THAT(ReportJson(OpenAi(), result, options), HasSubstr("\"Zu? viel: ??\""));
}

TEST(ProbeReportTest, ColoursOnlyWhenAsked) {
  ReportOptions options = Plain();
  EXPECT_THAT(ReportText(OpenAi(), RateLimited(OpenAi()), options), Not(HasSubstr("\x1b")));
  options.colour = true;
  const std::string failed = ReportText(OpenAi(), RateLimited(OpenAi()), options);
  EXPECT_THAT(failed, HasSubstr("chat  \x1b[31mFAILED\x1b[0m  rate_limit"));
  EXPECT_THAT(failed, HasSubstr("[\x1b[34md\x1b[0m\x1b[36mccc\x1b[0m\x1b[35mtttttt\x1b[0m"));
  const std::string good = ReportText(OpenAi(), Answered(OpenAi()), options);
  EXPECT_THAT(good, HasSubstr("chat  \x1b[32mOK\x1b[0m  in 431 ms\n"));
  EXPECT_THAT(ReportJson(OpenAi(), Answered(OpenAi()), options), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace heyhi
