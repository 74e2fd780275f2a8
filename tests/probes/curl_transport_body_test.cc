// Bodies: how they are packed, and when their pieces come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "probes/curl_transport.h"
#include "serving/gzip.h"
#include "tests/probes/tcp_peer.h"
#include "tests/probes/transport_fixture.h"

namespace heyhi {
namespace {

using ::testing::HasSubstr;

class CurlTransportBodyTest : public TransportTest {};

TcpPeer::Script AnswerPacked(const std::string& encoding, const std::string& body) {
  return [encoding, body](PeerConnection& client) {
    if (client.ReadRequest().empty()) return;
    client.Send(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Encoding: ", encoding,
                             "\r\nContent-Length: ", body.size(), "\r\n\r\n"));
    client.Send(body);
  };
}

TEST_F(CurlTransportBodyTest, AsksForPlainBytes) {
  const TcpPeer peer(AnswerPacked("identity", "ok"));
  EXPECT_EQ(Get(peer.url()).body, "ok");
  EXPECT_THAT(peer.requests()[0], HasSubstr("\r\nAccept-Encoding: identity\r\n"));
}

TEST_F(CurlTransportBodyTest, UnderstandsThoseWhoPackAllTheSame) {
  const TcpPeer peer(AnswerPacked("gzip", Gzip(R"({"a":1})")));
  const HttpExchange exchange = Get(peer.url());
  EXPECT_EQ(FailureOf(exchange), "none") << exchange.failure_detail;
  EXPECT_EQ(exchange.body, R"({"a":1})");
}

TEST_F(CurlTransportBodyTest, UnderstandsWhatIsPackedTwice) {
  const TcpPeer peer(AnswerPacked("gzip, gzip", Gzip(Gzip("ok"))));
  EXPECT_EQ(Get(peer.url()).body, "ok");
}

// libcurl sees no end of the packed bytes and does not mind; the verdict does, since
// half an answer is no answer.
TEST_F(CurlTransportBodyTest, APackedBodyThatIsCutComesCut) {
  std::string text;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&text, i * i, ",");
  const std::string packed = Gzip(text);
  const TcpPeer peer(AnswerPacked("gzip", packed.substr(0, packed.size() / 2)));
  const HttpExchange exchange = Get(peer.url());
  EXPECT_EQ(FailureOf(exchange), "none");
  EXPECT_LT(exchange.body.size(), text.size());
  EXPECT_EQ(exchange.body, text.substr(0, exchange.body.size()));
}

std::string WithWrongChecksum(std::string packed) {
  packed[packed.size() - 8] = static_cast<char>(packed[packed.size() - 8] ^ 1);
  return packed;
}

struct BrokenBody {
  const char* name;
  const char* encoding;
  std::string body;
};

class BrokenBodyTest : public CurlTransportBodyTest,
                       public testing::WithParamInterface<BrokenBody> {};

TEST_P(BrokenBodyTest, IsADecodeError) {
  const TcpPeer peer(AnswerPacked(GetParam().encoding, GetParam().body));
  EXPECT_EQ(FailureOf(Get(peer.url())), "decode_error");
}

INSTANTIATE_TEST_SUITE_P(Table, BrokenBodyTest,
                         testing::Values(BrokenBody{"NoGzip", "gzip", "hello, I am plain text"},
                                         BrokenBody{"WrongChecksum", "gzip",
                                                    WithWrongChecksum(Gzip("hello"))},
                                         BrokenBody{"NoDeflate", "deflate", "\xff\xff\xff\xff"},
                                         BrokenBody{"UnknownPacking", "rot13", "uryyb"}),
                         [](const auto& test) { return std::string(test.param.name); });

// 64 MiB of zeros fit into 64 KiB.
TEST_F(CurlTransportBodyTest, ABombEndsAtTheCap) {
  constexpr std::size_t kUnpacked = std::size_t{64} << 20;
  const TcpPeer peer(AnswerPacked("gzip", Gzip(std::string(kUnpacked, '\0'))));
  const HttpExchange exchange = Get(peer.url());
  EXPECT_EQ(FailureOf(exchange), "body_too_large");
  EXPECT_LE(exchange.body.size(), std::size_t{1} << 20);
}

TEST_F(CurlTransportBodyTest, MarksEachPieceWithItsTime) {
  constexpr auto kPause = std::chrono::milliseconds(40);
  const TcpPeer peer([&](PeerConnection& client) {
    if (client.ReadRequest().empty()) return;
    client.Send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: wait\n\n");
    std::this_thread::sleep_for(kPause);  // the peer's slowness is what is measured
    client.Send("data: a\n\n");
    std::this_thread::sleep_for(kPause);
    client.Send("data: b\n\n");
  });
  const HttpExchange exchange = Get(peer.url());
  ASSERT_EQ(exchange.pieces.size(), 3U);
  EXPECT_EQ(exchange.pieces[0].end, 8U);
  EXPECT_EQ(exchange.pieces[1].end, 17U);
  EXPECT_EQ(exchange.pieces[2].end, exchange.body.size());
  EXPECT_GE(exchange.pieces[0].at, *exchange.times.first_byte);
  EXPECT_GE(exchange.pieces[1].at - exchange.pieces[0].at, absl::Milliseconds(30));
  EXPECT_GE(exchange.pieces[2].at - exchange.pieces[1].at, absl::Milliseconds(30));
  EXPECT_LE(exchange.pieces[2].at, exchange.times.total);
}

TEST_F(CurlTransportBodyTest, ABodyOfSingleBytesKeepsItsListShort) {
  constexpr int kBytes = 5000;
  const TcpPeer peer([](PeerConnection& client) {
    if (client.ReadRequest().empty()) return;
    client.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    std::string chunks;
    for (int i = 0; i < kBytes; ++i) chunks += "1\r\nx\r\n";
    client.Send(chunks + "0\r\n\r\n");
  });
  const HttpExchange exchange = Get(peer.url());
  EXPECT_EQ(exchange.body.size(), static_cast<std::size_t>(kBytes));
  EXPECT_LE(exchange.pieces.size(), 4096U);
  ASSERT_FALSE(exchange.pieces.empty());
  EXPECT_EQ(exchange.pieces.back().end, exchange.body.size());
}

}  // namespace
}  // namespace heyhi
