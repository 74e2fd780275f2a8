// A stream may have said all it had to say, or that it failed, before its
// transport broke.
#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

#include "probes/prober.h"
#include "tests/probes/scripted_transport.h"

namespace heyhi {
namespace {

constexpr char kRole[] = "data: {\"choices\":[{\"delta\":{\"content\":\"\"}}],\"model\":\"m\"}\n\n";
constexpr char kText[] = "data: {\"choices\":[{\"delta\":{\"content\":\"p\"}}]}\n\n";
constexpr char kReason[] =
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],"
    "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1}}\n\n";
constexpr char kDone[] = "data: [DONE]\n\n";
constexpr char kError[] = "data: {\"error\":{\"code\":429}}\n\n";

Target StreamTarget() {
  Target target;
  target.id = {"openai", "m", "stream", "local"};
  return target;
}

// The parts come one a second; the first after a second, its request sent after 0.2 s.
HttpExchange StreamOf(const std::vector<std::string>& parts) {
  std::vector<TimedText> pieces;
  absl::Duration at;
  for (const std::string& part : parts) pieces.push_back({at += absl::Seconds(1), part});
  return StreamAfter(pieces);
}

ProbeResult Judge(const Target& target, const HttpExchange& exchange) {
  const absl::Time start = absl::FromUnixSeconds(1790000000);
  return JudgeExchange(target, exchange, start, start + exchange.times.total);
}

TEST(ProberStreamTest, MeasuresTheFirstTokenFromTheRequestBeingSent) {
  const ProbeResult result =
      Judge(StreamTarget(), StreamOf({": keep-alive\n\n", kRole, kText, kReason, kDone}));
  EXPECT_FALSE(result.reason.has_value());
  EXPECT_EQ(result.time_to_first_token, absl::Seconds(3) - absl::Milliseconds(200));
  EXPECT_EQ(result.times.total, absl::Seconds(5));
  EXPECT_EQ(result.usage->input, 7);
  EXPECT_EQ(result.rerouted, false);
}

TEST(ProberStreamTest, TheLastWordEndsItAndNotTheConnection) {
  HttpExchange exchange = StreamOf({kRole, kText, kReason + std::string(kDone)});
  exchange.times.total = absl::Seconds(15);
  Target target = StreamTarget();
  const ProbeResult result = Judge(target, exchange);
  EXPECT_EQ(result.times.total, absl::Seconds(3));
  EXPECT_EQ(result.outcome, Outcome::kOk);
  target.slow_after = absl::Seconds(2);
  EXPECT_EQ(Judge(target, exchange).outcome, Outcome::kSlow);
}

TEST(ProberStreamTest, WithoutALastWordTheConnectionEndsIt) {
  HttpExchange exchange = StreamOf({kRole, kText, kReason});
  exchange.times.total = absl::Seconds(4);
  const ProbeResult result = Judge(StreamTarget(), exchange);
  EXPECT_EQ(result.times.total, absl::Seconds(4));
  EXPECT_EQ(result.outcome, Outcome::kSlow);
}

TEST(ProberStreamTest, WithoutContentThereIsNoFirstToken) {
  EXPECT_FALSE(
      Judge(StreamTarget(), StreamOf({kRole, kReason, kDone})).time_to_first_token.has_value());
  HttpExchange exchange = StreamOf({kText, kReason, kDone});
  exchange.times.request_sent.reset();
  EXPECT_FALSE(Judge(StreamTarget(), exchange).time_to_first_token.has_value());
}

TEST(ProberStreamTest, AFailedStreamKeepsItsFirstToken) {
  const ProbeResult result = Judge(StreamTarget(), StreamOf({kText, kError}));
  EXPECT_EQ(result.reason, Reason::kInStreamRateLimit);
  EXPECT_EQ(result.fault, Fault::kAccount);
  EXPECT_TRUE(result.time_to_first_token.has_value());
  EXPECT_TRUE(result.sample.has_value());
}

struct BreakCase {
  const char* name;
  std::vector<std::string> parts;
  Reason failure;
  std::optional<Reason> reason;

  friend void PrintTo(const BreakCase& c, std::ostream* out) { *out << c.name; }
};

class BrokenStreamTest : public testing::TestWithParam<BreakCase> {};

TEST_P(BrokenStreamTest, IsJudgedByWhatItSaid) {
  HttpExchange exchange = StreamOf(GetParam().parts);
  exchange.failure = GetParam().failure;
  exchange.failure_detail = "scripted";
  const ProbeResult result = Judge(StreamTarget(), exchange);
  EXPECT_EQ(result.reason, GetParam().reason);
  if (result.reason == exchange.failure) {
    EXPECT_EQ(result.detail, "scripted");
    EXPECT_EQ(result.error_type, ErrorTypeOf(*exchange.failure));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Breaks, BrokenStreamTest,
    testing::Values(
        BreakCase{
            "ResetBeforeTheEnd", {kRole, kText}, Reason::kConnReset, Reason::kStreamTruncated},
        BreakCase{"ClosedBeforeTheEnd", {kRole}, Reason::kConnClosed, Reason::kStreamTruncated},
        BreakCase{"ShortBeforeTheEnd", {kText}, Reason::kShortBody, Reason::kStreamTruncated},
        BreakCase{"GoawayBeforeTheEnd", {kText}, Reason::kH2Goaway, Reason::kStreamTruncated},
        BreakCase{"BrokenBeforeTheEnd", {kText}, Reason::kTransportError, Reason::kStreamTruncated},
        BreakCase{"ResetAfterTheLastWord", {kText, kReason, kDone}, Reason::kConnReset, {}},
        BreakCase{"ShortAfterTheLastWord", {kText, kReason, kDone}, Reason::kShortBody, {}},
        BreakCase{"ResetAfterTheReason", {kText, kReason}, Reason::kConnReset, {}},
        BreakCase{
            "ResetAfterAnError", {kText, kError}, Reason::kConnReset, Reason::kInStreamRateLimit}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Timeouts, BrokenStreamTest,
    testing::Values(
        BreakCase{"OpenBeforeTheEnd", {kRole, kText}, Reason::kTotal, Reason::kTotal},
        BreakCase{"OpenAfterTheReason", {kText, kReason}, Reason::kTotal, Reason::kTotal},
        BreakCase{"OpenAfterTheLastWord", {kText, kReason, kDone}, Reason::kTotal, {}},
        BreakCase{"OpenAfterAnError", {kText, kError}, Reason::kTotal, Reason::kInStreamRateLimit}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Others, BrokenStreamTest,
    testing::Values(
        BreakCase{
            "BadEncoding", {kText, kReason, kDone}, Reason::kDecodeError, Reason::kDecodeError},
        BreakCase{"TooLarge", {kText, kError}, Reason::kBodyTooLarge, Reason::kBodyTooLarge},
        BreakCase{"OurOwnMachine",
                  {kText, kReason, kDone},
                  Reason::kLocalResource,
                  Reason::kLocalResource}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ProberStreamTest, OnlyAStreamThatWasAskedForIsReadDespiteItsTransport) {
  Target chat = StreamTarget();
  chat.id.check = "chat";
  HttpExchange exchange = StreamOf({kText, kReason, kDone});
  exchange.failure = Reason::kConnReset;
  EXPECT_EQ(Judge(chat, exchange).reason, Reason::kConnReset);
  exchange.headers = {{"content-type", "application/json"}};
  EXPECT_EQ(Judge(StreamTarget(), exchange).reason, Reason::kConnReset);
  exchange.headers = {{"content-type", "text/event-stream"}};
  exchange.status = 500;
  EXPECT_EQ(Judge(StreamTarget(), exchange).reason, Reason::kConnReset);
}

TEST(ProberStreamTest, AnAnswerThatIsNoStreamHasNoFirstToken) {
  const ProbeResult result =
      Judge(StreamTarget(), AnswerAfter(absl::Seconds(1), 200, HealthyChatBody()));
  EXPECT_EQ(result.outcome, Outcome::kOk);
  EXPECT_FALSE(result.time_to_first_token.has_value());
}

}  // namespace
}  // namespace heyhi
