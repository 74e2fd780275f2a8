#include "probes/second_opinion.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/probes/dialect_fixture.h"
#include "tests/probes/scripted_transport.h"

namespace heyhi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr char kKey[] = "sk-canary-1";
constexpr char kList[] = R"({"object":"list","data":[{"id":"gpt-6-luna"}]})";
constexpr char kRefused[] = R"({"error":{"code":"invalid_api_key","message":"no sk-canary-1"}})";

std::shared_ptr<Target> TargetOf(const TargetChoice& choice, const std::string& key = kKey) {
  auto target = std::make_shared<Target>(MakeTarget(choice));
  target->api_key = Secret(key);
  return target;
}

class SecondOpinionTest : public testing::Test {
 protected:
  // Asks for `target`; the answer is added to answers_ when it comes.
  void Ask(const std::shared_ptr<Target>& target) {
    opinion_.Ask(*target, [this](bool list_answered) { answers_.push_back(list_answered); });
  }
  void RunAll() {
    while (transport_.in_flight() > 0) transport_.RunUntil(absl::InfiniteDuration());
  }
  std::size_t questions() const { return transport_.requests().size(); }

  SimulatedClock clock_{absl::FromUnixSeconds(1790000000)};
  HttpExchange list_ = AnswerAfter(absl::Seconds(1), 200, kList);
  ScriptedTransport transport_{clock_, [this](const HttpRequest&) { return list_; }};
  SecondOpinion opinion_{transport_, clock_};
  std::vector<bool> answers_;
  std::shared_ptr<Target> target_ = TargetOf({"openai", "gpt-6-luna"});
};

// --- whether the list can tell anything ------------------------------------------

TEST_F(SecondOpinionTest, DoubtsARefusalOnlyOfAKeyThatWorked) {
  EXPECT_FALSE(opinion_.MayAsk(*target_, true));
  opinion_.KeyWorked(*target_);
  EXPECT_TRUE(opinion_.MayAsk(*target_, true));
}

TEST_F(SecondOpinionTest, DoubtsNothingThatDoesNotDoubtTheKey) {
  opinion_.KeyWorked(*target_);
  EXPECT_FALSE(opinion_.MayAsk(*target_, false));
}

TEST_F(SecondOpinionTest, ForgetsAfterADay) {
  opinion_.KeyWorked(*target_);
  clock_.AdvanceTo(clock_.Monotonic() + absl::Hours(24));
  EXPECT_TRUE(opinion_.MayAsk(*target_, true));
  clock_.AdvanceTo(clock_.Monotonic() + absl::Nanoseconds(1));
  EXPECT_FALSE(opinion_.MayAsk(*target_, true));
  opinion_.KeyWorked(*target_);
  EXPECT_TRUE(opinion_.MayAsk(*target_, true));
}

TEST_F(SecondOpinionTest, TakesWordsFromThePast) {
  opinion_.KeyWorkedAt(*target_, absl::Hours(25));
  EXPECT_FALSE(opinion_.MayAsk(*target_, true));
  opinion_.KeyWorkedAt(*target_, absl::Hours(23));
  EXPECT_TRUE(opinion_.MayAsk(*target_, true));
  clock_.AdvanceTo(clock_.Monotonic() + absl::Hours(2));
  EXPECT_FALSE(opinion_.MayAsk(*target_, true));
}

TEST_F(SecondOpinionTest, AnOlderWordChangesNothingOfANewerOne) {
  opinion_.KeyWorked(*target_);
  opinion_.KeyWorkedAt(*target_, absl::Hours(20));
  opinion_.KeyWorkedAt(*TargetOf({"openai", "gpt-6-luna"}, "sk-old-key-2"), absl::Hours(20));
  clock_.AdvanceTo(clock_.Monotonic() + absl::Hours(10));
  EXPECT_TRUE(opinion_.MayAsk(*target_, true));
}

TEST_F(SecondOpinionTest, AWordFromTheFutureIsOneOfNow) {
  opinion_.KeyWorkedAt(*target_, -absl::Hours(30));
  clock_.AdvanceTo(clock_.Monotonic() + absl::Hours(25));
  EXPECT_FALSE(opinion_.MayAsk(*target_, true));
}

TEST_F(SecondOpinionTest, AnotherKeyOrTargetNeverWorked) {
  opinion_.KeyWorked(*target_);
  EXPECT_FALSE(opinion_.MayAsk(*TargetOf({"openai", "gpt-6-luna"}, "sk-new-key-2"), true));
  EXPECT_FALSE(opinion_.MayAsk(*TargetOf({"openai", "gpt-6-nova"}), true));
  EXPECT_FALSE(opinion_.MayAsk(*TargetOf({"openai", "gpt-6-luna", "stream"}), true));
  EXPECT_TRUE(opinion_.MayAsk(*TargetOf({"openai", "gpt-6-luna"}), true)) << "a copy";
}

TEST_F(SecondOpinionTest, AsksNobodyWhoseListNeedsNoKey) {
  for (const TargetChoice& choice :
       {TargetChoice{"openrouter", "m"}, TargetChoice{"", "m", "chat", "openai_chat"},
        TargetChoice{"openai", "m", "chat", "", "https://gateway.example/v1"}}) {
    const auto target = TargetOf(choice);
    opinion_.KeyWorked(*target);
    EXPECT_FALSE(opinion_.MayAsk(*target, true)) << target->base_url;
  }
}

TEST_F(SecondOpinionTest, ACallWithoutAKeyProvesNothing) {
  const auto keyless = TargetOf({"openai", "gpt-6-luna"}, "");
  opinion_.KeyWorked(*keyless);
  EXPECT_FALSE(opinion_.MayAsk(*keyless, true));
}

// --- the question ------------------------------------------------------------------

TEST_F(SecondOpinionTest, AsksForTheListWithTheSameKey) {
  target_->ca_file = "/etc/ca.pem";
  target_->public_only = true;
  Ask(target_);
  EXPECT_THAT(answers_, IsEmpty());
  RunAll();
  EXPECT_THAT(answers_, ElementsAre(true));
  ASSERT_EQ(questions(), 1U);
  const HttpRequest& request = transport_.requests()[0];
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "https://api.openai.com/v1/models");
  EXPECT_THAT(request.headers, ElementsAre(Pair("Accept", "application/json"),
                                           Pair("Authorization", absl::StrCat("Bearer ", kKey))));
  EXPECT_EQ(request.body, "");
  EXPECT_EQ(request.ca_file, "/etc/ca.pem");
  EXPECT_TRUE(request.public_only);
  EXPECT_FALSE(request.connect_only);
}

TEST_F(SecondOpinionTest, WaitsFiveSecondsAtMost) {
  target_->timeout = absl::Seconds(20);
  Ask(target_);
  const auto hasty = TargetOf({"groq", "m"});
  hasty->timeout = absl::Seconds(2);
  Ask(hasty);
  EXPECT_EQ(transport_.requests()[0].timeout, absl::Seconds(5));
  EXPECT_EQ(transport_.requests()[1].timeout, absl::Seconds(2));
}

TEST_F(SecondOpinionTest, OnlyAListIsAnAnswer) {
  for (const HttpExchange& exchange :
       {AnswerAfter(absl::Seconds(1), 401, kRefused), AnswerAfter(absl::Seconds(1), 200, "{}"),
        AnswerAfter(absl::Seconds(1), 500, ""), FailureAfter(absl::Seconds(5), Reason::kTtfb)}) {
    list_ = exchange;
    answers_.clear();
    Ask(target_);
    RunAll();
    EXPECT_THAT(answers_, ElementsAre(false)) << exchange.status;
    clock_.AdvanceTo(clock_.Monotonic() + target_->interval);
  }
  EXPECT_EQ(questions(), 4U);
}

// --- once per interval and provider ------------------------------------------------

TEST_F(SecondOpinionTest, WhoComesWhileTheQuestionIsOutSharesItsAnswer) {
  Ask(target_);
  Ask(TargetOf({"openai", "gpt-6-nova", "stream"}));
  EXPECT_THAT(answers_, IsEmpty());
  RunAll();
  EXPECT_THAT(answers_, ElementsAre(true, true));
  EXPECT_EQ(questions(), 1U);
}

TEST_F(SecondOpinionTest, WithinTheIntervalTheAnswerHolds) {
  Ask(target_);
  const MonotonicTime asked_at = clock_.Monotonic();
  RunAll();
  list_ = AnswerAfter(absl::Seconds(1), 401, kRefused);
  clock_.AdvanceTo(asked_at + target_->interval - absl::Milliseconds(1));
  Ask(target_);
  EXPECT_THAT(answers_, ElementsAre(true, true)) << "known at once";
  EXPECT_EQ(questions(), 1U);
  clock_.AdvanceTo(asked_at + target_->interval);
  Ask(target_);
  RunAll();
  EXPECT_THAT(answers_, ElementsAre(true, true, false));
  EXPECT_EQ(questions(), 2U);
}

TEST_F(SecondOpinionTest, AnotherKeyGetsNoneWithinTheInterval) {
  const auto other = TargetOf({"openai", "gpt-6-luna"}, "sk-other-2");
  Ask(target_);
  Ask(other);
  EXPECT_THAT(answers_, ElementsAre(false)) << "while the question is out";
  RunAll();
  Ask(other);
  EXPECT_THAT(answers_, ElementsAre(false, true, false)) << "after its answer";
  clock_.AdvanceTo(clock_.Monotonic() + target_->interval);
  Ask(other);
  RunAll();
  EXPECT_THAT(answers_, ElementsAre(false, true, false, true));
  EXPECT_EQ(questions(), 2U);
}

TEST_F(SecondOpinionTest, AQuestionThatTakesLongIsNotAskedTwice) {
  target_->interval = absl::Seconds(1);
  list_ = AnswerAfter(absl::Seconds(4), 200, kList);
  Ask(target_);
  clock_.AdvanceTo(clock_.Monotonic() + absl::Seconds(2));
  Ask(target_);
  EXPECT_EQ(questions(), 1U);
  RunAll();
  EXPECT_THAT(answers_, ElementsAre(true, true));
}

TEST_F(SecondOpinionTest, ProvidersAreAskedApart) {
  Ask(target_);
  Ask(TargetOf({"mistral", "ministral-3b-latest"}));
  EXPECT_EQ(questions(), 2U);
  RunAll();
  EXPECT_THAT(answers_, ElementsAre(true, true));
}

TEST_F(SecondOpinionTest, WhoIsToldMayAskAgain) {
  opinion_.Ask(*target_, [this](bool) { Ask(target_); });
  Ask(target_);
  RunAll();
  EXPECT_THAT(answers_, ElementsAre(true, true));
  EXPECT_EQ(questions(), 1U);
}

}  // namespace
}  // namespace heyhi
