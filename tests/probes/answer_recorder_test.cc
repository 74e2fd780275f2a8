#include "probes/answer_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class AnswerRecorderTest : public ::testing::Test {
 protected:
  // All lines, each a millisecond after the one before; false where one is refused.
  bool AddLines(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      at_ += absl::Milliseconds(1);
      if (!recorder_.AddHeaderLine(line + "\r\n", at_)) return false;
    }
    return true;
  }

  HttpExchange result_;
  absl::Duration at_ = absl::ZeroDuration();
  AnswerRecorder recorder_{{.header_bytes = 1000, .body_bytes = 10, .interim_answers = 2}, result_};
};

TEST_F(AnswerRecorderTest, KeepsTheHeadersOfTheFinalAnswer) {
  EXPECT_TRUE(AddLines(
      {"HTTP/1.1 103 Early Hints", "Link: x", "", "HTTP/2 200 ", "A: b", "C:d ", "no colon", ""}));
  EXPECT_EQ(result_.status, 200);
  EXPECT_THAT(result_.headers, ElementsAre(Pair("a", "b"), Pair("c", "d")));
  EXPECT_EQ(result_.times.first_byte, absl::Milliseconds(4));
}

TEST_F(AnswerRecorderTest, AnInterimAnswerAloneHasNoStatus) {
  EXPECT_TRUE(AddLines({"HTTP/1.1 100 Continue", ""}));
  recorder_.End();
  EXPECT_EQ(result_.status, 0);
  EXPECT_FALSE(result_.times.first_byte.has_value());
}

TEST_F(AnswerRecorderTest, RefusesInterimAnswersWithoutEnd) {
  EXPECT_TRUE(AddLines({"HTTP/1.1 103 a", "", "HTTP/1.1 199 b", ""}));
  EXPECT_FALSE(AddLines({"HTTP/1.1 103 c"}));
  EXPECT_EQ(result_.failure, Reason::kHeaderTooLarge);
  EXPECT_EQ(result_.failure_detail, "more than 2 interim answers (1xx)");
}

TEST_F(AnswerRecorderTest, CountsTheHeadersOfAllAnswers) {
  EXPECT_TRUE(AddLines({"HTTP/1.1 103 a", absl::StrCat("X: ", std::string(500, 'x')), ""}));
  EXPECT_FALSE(AddLines({"HTTP/1.1 200 OK", absl::StrCat("X: ", std::string(500, 'x'))}));
  EXPECT_EQ(result_.failure_detail, "headers of more than 1000 bytes");
}

TEST_F(AnswerRecorderTest, AStatusThatIsNoNumberIsZero) {
  for (const char* line : {"HTTP/1.1 abc", "HTTP/1.1", "HTTP/1.1 "}) {
    HttpExchange result;
    AnswerRecorder recorder({.header_bytes = 1000}, result);
    EXPECT_TRUE(recorder.AddHeaderLine(line, absl::ZeroDuration())) << line;
    EXPECT_EQ(result.status, 0) << line;
  }
}

TEST_F(AnswerRecorderTest, MarksThePiecesOfTheBody) {
  EXPECT_TRUE(recorder_.AddBody("abc", absl::Milliseconds(5)));
  EXPECT_TRUE(recorder_.AddBody("defghij", absl::Milliseconds(6)));
  EXPECT_EQ(result_.body, "abcdefghij");
  ASSERT_EQ(result_.pieces.size(), 2U);
  EXPECT_EQ(result_.pieces[0].end, 3U);
  EXPECT_EQ(result_.pieces[1].at, absl::Milliseconds(6));
  EXPECT_FALSE(recorder_.AddBody("k", absl::Milliseconds(7)));
  EXPECT_EQ(result_.failure, Reason::kBodyTooLarge);
}

}  // namespace
}  // namespace heyhi
