#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "serving/http_server.h"
#include "tests/serving/raw_client.h"

// What clients may do that are broken or mean harm.

namespace heyhi {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kGet[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

class HostileClientTest : public ::testing::Test {
 protected:
  void StartServer() {
    auto server = StartHttpServer(options_, [this](const ServerRequest& request, Responder reply) {
      ++handled_;
      ServerResponse response = TextResponse(200, "ok " + request.path);
      if (shared_ != nullptr) response.shared_body = shared_;
      reply.Send(std::move(response));
    });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  // What the server says to these bytes before it closes the connection.
  std::string Exchange(const std::string& bytes) {
    RawClient client(server_->port());
    client.Send(bytes);  // it may close before it has read all
    const std::string answer = client.ReadToEnd();
    EXPECT_TRUE(client.closed()) << "the connection was left open";
    return answer;
  }
  void ExpectServed() {
    RawClient client(server_->port());
    ASSERT_TRUE(client.Send(kGet));
    EXPECT_THAT(client.ReadUntil("ok /"), StartsWith("HTTP/1.1 200"));
  }

  HttpServerOptions options_;
  std::shared_ptr<const std::string> shared_;
  std::atomic<int> handled_{0};
  std::unique_ptr<HttpServer> server_;
};

struct BadRequest {
  const char* name;
  std::string bytes;
  const char* answer;
};

class BadRequestTest : public HostileClientTest,
                       public ::testing::WithParamInterface<BadRequest> {};

TEST_P(BadRequestTest, IsRefusedAndClosed) {
  StartServer();
  EXPECT_THAT(Exchange(GetParam().bytes), StartsWith(GetParam().answer));
  EXPECT_EQ(handled_, 0) << "it must not reach the handler";
  ExpectServed();
}

std::string ManyHeaders(int count, const std::string& value = "x") {
  std::string bytes = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < count; ++i) absl::StrAppend(&bytes, "X-", i, ": ", value, "\r\n");
  return bytes + "\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    W04, BadRequestTest,
    ::testing::Values(
        BadRequest{"BodyThatIsAnnouncedTooLarge",
                   "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n",
                   "HTTP/1.1 413"},
        BadRequest{"BodyInChunksThatIsTooLarge",
                   "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" +
                       std::string(0x20000, 'a') + "\r\n0\r\n\r\n",
                   "HTTP/1.1 413"},
        BadRequest{"BothLengths",
                   "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                   "HTTP/1.1 400"},
        BadRequest{
            "TwoLengths",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
            "HTTP/1.1 400"},
        BadRequest{"TwoHosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "HTTP/1.1 400"},
        BadRequest{"NoHost", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
        BadRequest{"TooManyHeaders", ManyHeaders(150), "HTTP/1.1 431"},
        BadRequest{"HeadersTooLarge", ManyHeaders(100, std::string(1000, 'a')), "HTTP/1.1 431"},
        BadRequest{"UrlTooLong", "GET /" + std::string(16384, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n",
                   "HTTP/1.1 4"},
        BadRequest{"CodedNul", "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
        BadRequest{"AbsoluteUri", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
        BadRequest{"BrokenPercentCode", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"}),
    [](const auto& instance) { return instance.param.name; });

TEST_F(HostileClientTest, ABodyWithoutEndIsCut) {
  StartServer();
  RawClient client(server_->port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'a') + "\r\n";
  int sent = 0;
  while (sent < 1000 && client.Send(chunk)) ++sent;
  EXPECT_LT(sent, 200) << "64 KiB each";
  EXPECT_EQ(handled_, 0);
  ExpectServed();
}

TEST_F(HostileClientTest, AHeaderThatDripsIsCutAtItsDeadline) {
  options_.connections.header_deadline = absl::Milliseconds(300);
  StartServer();
  RawClient client(server_->port());
  const absl::Time begin = absl::Now();
  client.Send("GET / HTTP/1.1\r\nX: ");
  while (client.Send("a")) {  // each byte would renew a deadline that counts silence
    if (absl::Now() - begin > absl::Seconds(60)) break;
    client.ReadToEnd(absl::Milliseconds(20));
    if (client.closed()) break;
  }
  EXPECT_TRUE(client.closed());
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(300));
  EXPECT_EQ(handled_, 0);
}

TEST_F(HostileClientTest, ABodyThatDoesNotComeIsCutAtItsDeadline) {
  options_.connections.body_deadline = absl::Milliseconds(200);
  StartServer();
  EXPECT_THAT(Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"), IsEmpty());
  EXPECT_EQ(handled_, 0);
}

TEST_F(HostileClientTest, ASilentConnectionIsCutAtTheHeaderDeadline) {
  options_.connections.header_deadline = absl::Milliseconds(200);
  StartServer();
  EXPECT_THAT(Exchange(""), IsEmpty());
}

TEST_F(HostileClientTest, AnIdleConnectionIsClosedAtItsDeadline) {
  options_.connections.idle_deadline = absl::Milliseconds(200);
  StartServer();
  EXPECT_THAT(Exchange(kGet), StartsWith("HTTP/1.1 200"));
}

TEST_F(HostileClientTest, AReaderThatStopsIsCutAtTheWriteDeadline) {
  options_.connections.write_deadline = absl::Milliseconds(300);
  shared_ = std::make_shared<const std::string>(64 << 20, 'a');
  StartServer();
  RawClient client(server_->port(), "127.0.0.1", 4096);
  const absl::Time begin = absl::Now();
  ASSERT_TRUE(client.Send(kGet));
  // Held by this test and by the answer that is on its way, then by this test alone.
  while (shared_.use_count() < 2 && absl::Now() - begin < absl::Seconds(60)) {
  }
  EXPECT_GE(shared_.use_count(), 2);
  while (shared_.use_count() > 1 && absl::Now() - begin < absl::Seconds(60)) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_EQ(shared_.use_count(), 1) << "the answer is still held";
  EXPECT_LT(client.ReadToEnd().size(), shared_->size());
}

TEST_F(HostileClientTest, OneAddressDoesNotLockAnotherOut) {
  options_.connections.total = 20;
  options_.connections.per_address = 15;
  options_.connections.reserved = 8;
  StartServer();
  std::vector<std::unique_ptr<RawClient>> crowd;
  for (int i = 0; i < 40; ++i) {
    crowd.push_back(std::make_unique<RawClient>(server_->port(), "127.0.0.2"));
    crowd.back()->Send("GET / HT");
  }
  ExpectServed();  // from 127.0.0.1
  int open = 0;
  for (const auto& client : crowd) {
    client->ReadToEnd(absl::Milliseconds(1));
    open += client->closed() ? 0 : 1;
  }
  EXPECT_LE(open, 12);
}

TEST_F(HostileClientTest, RequestsInOneConnectionAreServedInTurn) {
  StartServer();
  RawClient client(server_->port());
  ASSERT_TRUE(
      client.Send("GET /one HTTP/1.1\r\nHost: x\r\n\r\nGET /two HTTP/1.1\r\nHost: x\r\n\r\n"));
  const std::string answers = client.ReadUntil("ok /two");
  EXPECT_THAT(answers, HasSubstr("ok /one"));
  EXPECT_EQ(handled_, 2);
}

}  // namespace
}  // namespace heyhi
