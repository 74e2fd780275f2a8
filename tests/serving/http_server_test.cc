#include "serving/http_server.h"

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "serving/mutex.h"
#include "tests/serving/http_client.h"

namespace heyhi {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr absl::Duration kLimit = absl::Seconds(60);

std::unique_ptr<HttpServer> Start(HttpHandler handler, const HttpServerOptions& options = {}) {
  auto server = StartHttpServer(options, std::move(handler));
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

std::unique_ptr<HttpServer> StartWithText(const std::string& text) {
  return Start([text](const ServerRequest& /*request*/, Responder responder) {
    responder.Send(TextResponse(200, text));
  });
}

std::string UrlOf(const HttpServer& server, const std::string& path = "/") {
  return absl::StrCat("http://", server.address(), path);
}

// A server that keeps what it was asked and answers "ok".
class RecordingServerTest : public ::testing::Test {
 protected:
  // What the server got; the client has the answer by then.
  ServerRequest Receive(ClientRequest request, const std::string& path = "/") {
    request.url = UrlOf(*server_, path);
    reply_ = Send(request);
    EXPECT_EQ(reply_.curl_code, CURLE_OK) << reply_.error;
    const MutexLock lock(&mutex_);
    return received_;
  }

  ClientReply reply_;
  Mutex mutex_;
  ServerRequest received_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<HttpServer> server_ =
      Start([this](const ServerRequest& request, Responder responder) {
        {
          const MutexLock lock(&mutex_);
          received_ = request;
        }
        responder.Send(TextResponse(200, "ok"));
      });
};

TEST_F(RecordingServerTest, ReceivesAGet) {
  const ServerRequest request = Receive({}, "/metrics");
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/metrics");
  EXPECT_EQ(request.body, "");
}

TEST_F(RecordingServerTest, ReceivesAPostWithItsBody) {
  const std::string body("line\n\0\xff{}", 9);
  const ServerRequest request = Receive({.body = body});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.body, body);
}

TEST_F(RecordingServerTest, ReceivesALongBodyWhole) {
  std::string body;
  while (body.size() < 60000) absl::StrAppend(&body, body.size(), ",");
  EXPECT_EQ(Receive({.body = body}).body, body);
}

TEST_F(RecordingServerTest, ReceivesOtherMethods) {
  EXPECT_EQ(Receive({.method = "DELETE"}).method, "DELETE");
}

TEST_F(RecordingServerTest, AnswersAHeadWithoutTheBody) {
  EXPECT_EQ(Receive({.method = "HEAD"}).method, "HEAD");
  EXPECT_EQ(reply_.status, 200);
  EXPECT_EQ(reply_.body, "");
  EXPECT_THAT(reply_.headers, Contains(Pair("content-length", "3")));
}

TEST_F(RecordingServerTest, DecodesThePath) {
  EXPECT_EQ(Receive({}, "/a%20b%2Fc%C3%BC").path, "/a b/c\xc3\xbc");
}

TEST_F(RecordingServerTest, DecodesTheQuery) {
  const ServerRequest request = Receive({}, "/p?a=1&b=x%26y%3D%22&c&d=&a=2&e=f+g");
  EXPECT_EQ(request.path, "/p");
  EXPECT_THAT(request.query, UnorderedElementsAre(Pair("a", "2"), Pair("b", "x&y=\""),
                                                  Pair("c", ""), Pair("d", ""), Pair("e", "f g")));
}

TEST_F(RecordingServerTest, LowersHeaderNames) {
  const ServerRequest request = Receive({.headers = {"X-Api-KEY: SeCret", "X-Empty;"}});
  EXPECT_EQ(request.Header("x-api-key"), "SeCret");
  EXPECT_THAT(request.headers, Contains(Pair("x-empty", "")));
  EXPECT_EQ(request.Header("x-absent"), "");
}

TEST_F(RecordingServerTest, LetsTheLastOfEqualHeadersWin) {
  EXPECT_EQ(Receive({.headers = {"X-A: 1", "x-a: 2"}}).Header("x-a"), "2");
}

TEST(HttpServerTest, SendsStatusHeadersAndBody) {
  const auto server = Start([](const ServerRequest& /*request*/, Responder responder) {
    responder.Send({418, {{"X-One", "1"}, {"Content-Type", "text/teapot"}}, "short", std::nullopt});
  });
  const ClientReply reply = Send({.url = UrlOf(*server)});
  EXPECT_EQ(reply.status, 418);
  EXPECT_EQ(reply.body, "short");
  EXPECT_THAT(reply.headers, Contains(Pair("x-one", "1")));
  EXPECT_THAT(reply.headers, Contains(Pair("content-type", "text/teapot")));
}

TEST(HttpServerTest, SendsTextWithALineFeed) {
  const auto server = StartWithText("hello");
  const ClientReply reply = Send({.url = UrlOf(*server)});
  EXPECT_EQ(reply.body, "hello\n");
  EXPECT_THAT(reply.headers, Contains(Pair("content-type", "text/plain; charset=utf-8")));
}

TEST(HttpServerTest, NamesItsAddress) {
  const auto server = StartWithText("x");
  EXPECT_GT(server->port(), 0);
  EXPECT_EQ(server->address(), absl::StrCat("127.0.0.1:", server->port()));
}

struct BodyCase {
  std::size_t size;
  int status;
};

TEST(HttpServerTest, RefusesBodiesOverTheLimit) {
  HttpServerOptions options;
  options.max_body_bytes = 1000;
  std::atomic<int> handled{0};
  const auto server = Start(
      [&handled](const ServerRequest& /*request*/, Responder responder) {
        ++handled;
        responder.Send(TextResponse(200, "ok"));
      },
      options);
  for (const BodyCase& c : {BodyCase{1000, 200}, BodyCase{1001, 413}, BodyCase{300000, 413}}) {
    const ClientReply reply = Send({.url = UrlOf(*server), .body = std::string(c.size, 'x')});
    EXPECT_EQ(reply.status, c.status) << c.size;
  }
  EXPECT_EQ(handled, 1);
}

TEST(HttpServerTest, WaitsForAnAnswerFromAnotherThread) {
  std::vector<std::thread> threads;
  const auto server = Start([&threads](const ServerRequest& request, Responder responder) {
    threads.emplace_back([path = request.path, held = std::move(responder)]() mutable {
      held.Send(TextResponse(200, path));
    });
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Send({.url = UrlOf(*server, absl::StrCat("/", i))}).body, absl::StrCat("/", i, "\n"));
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(HttpServerTest, AnswersForAHandlerThatDropsTheResponder) {
  const auto server = Start([](const ServerRequest& /*request*/, Responder /*responder*/) {});
  const ClientReply reply = Send({.url = UrlOf(*server)});
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.body, "no answer was given\n");
}

TEST(HttpServerTest, SendsOnlyTheFirstAnswer) {
  const auto server = Start([](const ServerRequest& /*request*/, Responder responder) {
    responder.Send(TextResponse(200, "first"));
    responder.Send(TextResponse(500, "second"));
    responder.Reset();
  });
  EXPECT_EQ(Send({.url = UrlOf(*server)}).body, "first\n");
}

TEST(HttpServerTest, MovesTheRightToAnswer) {
  const auto server = Start([](const ServerRequest& /*request*/, Responder responder) {
    Responder other = std::move(responder);
    other.Send(TextResponse(200, "moved"));
  });
  EXPECT_EQ(Send({.url = UrlOf(*server)}).body, "moved\n");
}

TEST(HttpServerTest, ResetsTheConnection) {
  const auto server =
      Start([](const ServerRequest& /*request*/, Responder responder) { responder.Reset(); });
  const ClientReply reply = Send({.url = UrlOf(*server)});
  EXPECT_EQ(reply.curl_code, CURLE_RECV_ERROR);
  EXPECT_THAT(reply.error, HasSubstr("Connection reset by peer"));
}

TEST(HttpServerTest, CutsABodyShort) {
  for (const std::size_t kept : {std::size_t{1}, std::size_t{7}, std::size_t{90000}}) {
    const std::string body(100000, 'x');
    const auto server = Start([&](const ServerRequest& /*request*/, Responder responder) {
      responder.Send({200, {}, body, kept});
    });
    const ClientReply reply = Send({.url = UrlOf(*server)});
    EXPECT_EQ(reply.curl_code, CURLE_PARTIAL_FILE);
    EXPECT_THAT(reply.headers, Contains(Pair("content-length", "100000")));
    EXPECT_EQ(reply.body.size(), kept);
  }
}

TEST(HttpServerTest, SendsAShortBodyWholeWhereTheCutLiesBehindIt) {
  const auto server = Start([](const ServerRequest& /*request*/, Responder responder) {
    responder.Send({200, {}, "short", 5});
  });
  const ClientReply reply = Send({.url = UrlOf(*server)});
  EXPECT_EQ(reply.curl_code, CURLE_OK);
  EXPECT_EQ(reply.body, "short");
}

// A server that answers nothing; the test holds what it was asked.
class ParkedRequestTest : public ::testing::Test {
 protected:
  void TearDown() override {
    server_.reset();
    if (client_.joinable()) client_.join();
  }

  void Park() {
    client_ = std::thread([this, url = UrlOf(*server_)] { reply_ = Send({.url = url}); });
    const absl::Time limit = absl::Now() + kLimit;
    const MutexLock lock(&mutex_);
    while (responders_.empty() && absl::Now() < limit) {
      parked_.WaitFor(&mutex_, limit - absl::Now());
    }
    ASSERT_FALSE(responders_.empty());
  }

  Responder TakeResponder() {
    const MutexLock lock(&mutex_);
    Responder responder = std::move(responders_.back());
    responders_.pop_back();
    return responder;
  }

  ClientReply reply_;  // the client's; after its end
  std::thread client_;
  Mutex mutex_;
  Condition parked_;
  std::vector<Responder> responders_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<HttpServer> server_ =
      Start([this](const ServerRequest& /*request*/, Responder responder) {
        const MutexLock lock(&mutex_);
        responders_.push_back(std::move(responder));
        parked_.NotifyAll();
      });
};

TEST_F(ParkedRequestTest, IsAnsweredLater) {
  Park();
  TakeResponder().Send(TextResponse(200, "late"));
  client_.join();
  EXPECT_EQ(reply_.body, "late\n");
}

TEST_F(ParkedRequestTest, IsResetLater) {
  Park();
  TakeResponder().Reset();
  client_.join();
  EXPECT_EQ(reply_.curl_code, CURLE_RECV_ERROR);
}

TEST_F(ParkedRequestTest, EndsWithTheServer) {
  Park();
  server_.reset();
  client_.join();
  EXPECT_THAT(reply_.curl_code, AnyOf(CURLE_GOT_NOTHING, CURLE_RECV_ERROR));
}

TEST_F(ParkedRequestTest, MayBeAnsweredAfterTheServersEnd) {
  Park();
  server_.reset();
  TakeResponder().Send(TextResponse(200, "too late"));
  client_.join();
  EXPECT_EQ(reply_.status, 0);
}

TEST_F(ParkedRequestTest, MayBeAnsweredWhileTheServerEnds) {
  Park();
  std::thread answering([this] { TakeResponder().Send(TextResponse(200, "in time?")); });
  server_.reset();
  answering.join();
  client_.join();
  EXPECT_THAT(reply_.status, AnyOf(0, 200));
}

TEST(HttpServerTest, RunsBesideAnother) {
  const auto one = StartWithText("one");
  const auto two = StartWithText("two");
  EXPECT_NE(one->port(), two->port());
  EXPECT_EQ(Send({.url = UrlOf(*one)}).body, "one\n");
  EXPECT_EQ(Send({.url = UrlOf(*two)}).body, "two\n");
}

TEST(HttpServerTest, FreesItsPortAtItsEnd) {
  auto first = StartWithText("first");
  HttpServerOptions options;
  options.listen_address = first->address();
  first.reset();
  EXPECT_TRUE(StartHttpServer(options, [](const ServerRequest&, Responder) {}).ok());
}

TEST(HttpServerTest, SaysWhyItCannotListen) {
  const auto first = StartWithText("first");
  HttpServerOptions options;
  options.listen_address = first->address();
  EXPECT_EQ(StartHttpServer(options, [](const ServerRequest&, Responder) {}).status().message(),
            "cannot listen on \"" + first->address() + "\": Address already in use");
}

TEST(HttpServerTest, AnswersManyClientsAtOnce) {
  constexpr int kClients = 8;
  constexpr int kRequests = 25;
  const auto server = Start([](const ServerRequest& request, Responder responder) {
    responder.Send(TextResponse(200, request.body));
  });
  std::atomic<int> right{0};
  std::vector<std::thread> clients;
  clients.reserve(kClients);
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      for (int i = 0; i < kRequests; ++i) {
        const std::string body = absl::StrCat(client, "/", i);
        if (Send({.url = UrlOf(*server), .body = body}).body == body + "\n") ++right;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, kClients * kRequests);
}

}  // namespace
}  // namespace heyhi
