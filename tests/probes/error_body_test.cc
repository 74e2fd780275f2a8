#include "probes/error_body.h"

#include <gmock/gmock.h>

#include <string>

namespace heyhi {
namespace {

using testing::ElementsAre;

ErrorBody Read(const std::string& text) {
  const auto document = JsonDocument::Parse(text);
  EXPECT_TRUE(document.has_value()) << text;
  return ReadErrorBody(document->root());
}

TEST(ErrorBodyTest, UnwrapsArraysStringsAndObjects) {
  EXPECT_EQ(Read(R"([{"error":{"status":"NOT_FOUND"}}])").status, "NOT_FOUND");
  EXPECT_EQ(Read(R"({"error":"Bad KEY","code":"c"})").text, "bad key");
  EXPECT_EQ(Read(R"({"error":"Bad KEY","code":"c"})").code, "c");
  EXPECT_EQ(Read(R"({"error":{"type":"T","message":"M"}})").type, "T");
  EXPECT_EQ(Read(R"({"type":"T","message":"M"})").text, "m");
  EXPECT_EQ(Read(R"({"detail":"Unauthorized"})").text, "unauthorized");
  EXPECT_EQ(Read(R"({"detail":[{"msg":"X"}]})").text, R"([{"msg":"x"}])");
  EXPECT_EQ(Read(R"({"message":{"detail":["X"]}})").text, R"({"detail":["x"]})");
}

TEST(ErrorBodyTest, ReadsNumbersAsText) {
  EXPECT_EQ(Read(R"({"error":{"code":429}})").code, "429");
  EXPECT_EQ(Read(R"({"error":{"code":429.0}})").code, "429");
  EXPECT_EQ(Read(R"({"error":{"status":503}})").status, "503");
  EXPECT_EQ(Read(R"({"error":"x","code":7})").code, "7");
  EXPECT_EQ(Read(R"({"raw_status_code":500,"code":"3000"})").status, "500");
  EXPECT_EQ(Read(R"({"error":{"code":4.5}})").code, "");
}

TEST(ErrorBodyTest, ReadsDetailsOfBothForms) {
  EXPECT_EQ(Read(R"({"error":{"details":{"error_code":"ramp"}}})").detail_code, "ramp");
  const ErrorBody error =
      Read(R"({"error":{"details":[{"reason":"R1"},null,{"reason":7},{"reason":"R2","violations":)"
           R"([{"quotaId":"Q1"},{},{"quotaId":null},{"quotaId":"Q2"}]}]}})");
  EXPECT_THAT(error.detail_reasons, ElementsAre("R1", "R2"));
  EXPECT_THAT(error.quota_ids, ElementsAre("Q1", "Q2"));
  EXPECT_TRUE(error.has_detail_list);
  EXPECT_FALSE(Read(R"({"error":{"details":{"error_code":"x"}}})").has_detail_list);
}

TEST(ErrorBodyTest, ReadsNoMoreDetailsThanAnybodySends) {
  std::string details = R"({"reason":"R"})";
  for (int i = 0; i < 10; ++i) details += "," + details;
  EXPECT_EQ(Read(R"({"error":{"details":[)" + details + "]}}").detail_reasons.size(), 64U);
}

TEST(ErrorBodyTest, OddValuesCountAsMissing) {
  for (const char* odd : {"null", "[]", "{}", "true", "[[1]]"}) {
    const std::string value(odd);
    const ErrorBody error =
        Read(R"({"error":{"type":)" + value + R"(,"code":)" + value + R"(,"status":)" + value +
             R"(,"param":)" + value + R"(,"details":)" + value + "}}");
    EXPECT_EQ(error.type + error.code + error.status + error.param + error.detail_code, "") << odd;
    EXPECT_TRUE(error.detail_reasons.empty() && error.quota_ids.empty()) << odd;
  }
  for (const char* text : {"null", "7", "\"x\"", "[]", "[[]]", "[{},{}]", R"({"error":null})"}) {
    const ErrorBody error = Read(text);
    EXPECT_EQ(error.type + error.code + error.status, "") << text;
  }
}

TEST(ErrorBodyTest, KnowsHtmlByTypeOrFirstCharacter) {
  const auto is_html = [](const char* type, const char* body) {
    HttpExchange exchange;
    exchange.headers = {{"content-type", type}};
    exchange.body = body;
    return IsHtml(exchange);
  };
  EXPECT_TRUE(is_html("Text/HTML; charset=utf-8", "{}"));
  EXPECT_TRUE(is_html("application/json", " \r\n\t<!doctype html>"));
  EXPECT_FALSE(is_html("text/plain", "a<b"));
  EXPECT_FALSE(is_html("application/xhtml+xml", ""));
}

}  // namespace
}  // namespace heyhi
