#include "tools/delay_queue.h"

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "absl/time/clock.h"
#include "tests/serving/http_client.h"

namespace heyhi {
namespace {

// A server that answers through a queue: /?wait=20 after 20 ms, with a reset
// where the query has "reset".
class DelayQueueTest : public ::testing::Test {
 protected:
  ClientReply Get(const std::string& query) {
    return Send({.url = "http://" + server_->address() + "/?" + query});
  }

  void Handle(const ServerRequest& request, Responder responder) {
    const absl::Duration wait = absl::Milliseconds(std::stoi(request.query.at("wait")));
    std::optional<ServerResponse> response;
    if (request.query.count("reset") == 0) response = TextResponse(200, "late");
    queue_.Answer(absl::Now() + wait, std::move(responder), std::move(response));
  }

  DelayQueue queue_;
  std::unique_ptr<HttpServer> server_ =
      *StartHttpServer({}, [this](const ServerRequest& request, Responder responder) {
        Handle(request, std::move(responder));
      });
};

TEST_F(DelayQueueTest, AnswersAtOnce) { EXPECT_EQ(Get("wait=0").body, "late\n"); }

TEST_F(DelayQueueTest, AnswersWhenDue) {
  const absl::Time start = absl::Now();
  EXPECT_EQ(Get("wait=30").body, "late\n");
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(30));
}

TEST_F(DelayQueueTest, ResetsWhenDue) {
  EXPECT_EQ(Get("wait=30&reset").curl_code, CURLE_RECV_ERROR);
}

TEST_F(DelayQueueTest, AnswersTheSoonerOneFirst) {
  ClientReply late;
  std::thread client([this, &late] { late = Get("wait=600000"); });
  EXPECT_EQ(Get("wait=30").body, "late\n");
  server_.reset();  // ends the one that is not due
  client.join();
  EXPECT_NE(late.curl_code, CURLE_OK);
}

}  // namespace
}  // namespace heyhi
