#include "probes/curl_reason.h"

#include <curl/curl.h>
#include <gmock/gmock.h>

#include <cerrno>
#include <string>

namespace heyhi {
namespace {

// What no peer on the loopback address can be made to do; the rest is proven
// over real sockets.
TEST(CurlReasonTest, ReadsTheSystemsWordForARefusedConnection) {
  const struct {
    long os_errno;
    Reason reason;
  } cases[] = {
      {ECONNREFUSED, Reason::kConnRefused},    {ETIMEDOUT, Reason::kConnect},
      {ECONNRESET, Reason::kConnReset},        {EHOSTUNREACH, Reason::kConnUnreachable},
      {ENETUNREACH, Reason::kConnUnreachable}, {EMFILE, Reason::kLocalResource},
      {ENFILE, Reason::kLocalResource},        {0, Reason::kTransportError},
  };
  for (const auto& c : cases) {
    CurlFailure failure;
    failure.code = CURLE_COULDNT_CONNECT;
    failure.os_errno = c.os_errno;
    EXPECT_EQ(ReasonOfCurlFailure(failure), c.reason) << c.os_errno;
  }
}

TEST(CurlReasonTest, TellsTimeoutsApartByHowFarTheyCame) {
  CurlFailure failure;
  failure.code = CURLE_OPERATION_TIMEDOUT;
  failure.times.dns = absl::Seconds(1);
  EXPECT_EQ(ReasonOfCurlFailure(failure), Reason::kConnect);
  failure.times.connect = absl::Seconds(2);
  EXPECT_EQ(ReasonOfCurlFailure(failure), Reason::kTls);
  failure.times.request_sent = absl::Seconds(3);
  EXPECT_EQ(ReasonOfCurlFailure(failure), Reason::kTtfb);
  failure.times.first_byte = absl::Seconds(4);
  EXPECT_EQ(ReasonOfCurlFailure(failure), Reason::kTotal);
}

TEST(CurlReasonTest, OutOfMemoryIsOursOnlyBeforeTheRequest) {
  CurlFailure failure;
  failure.code = CURLE_OUT_OF_MEMORY;
  EXPECT_EQ(ReasonOfCurlFailure(failure), Reason::kLocalResource);
  failure.times.request_sent = absl::Seconds(1);
  EXPECT_EQ(ReasonOfCurlFailure(failure), Reason::kHeaderTooLarge);
}

TEST(CurlReasonTest, BadEncodingAndTheUnknownHaveTheirReasons) {
  CurlFailure failure;
  failure.code = CURLE_BAD_CONTENT_ENCODING;
  EXPECT_EQ(ReasonOfCurlFailure(failure), Reason::kDecodeError);
  failure.code = CURLE_SSL_CACERT_BADFILE;
  EXPECT_EQ(ReasonOfCurlFailure(failure), Reason::kLocalResource);
  failure.code = CURLE_RECV_ERROR;
  failure.error_text = "Illegal or missing hexadecimal sequence in chunked-encoding";
  EXPECT_EQ(ReasonOfCurlFailure(failure), Reason::kTransportError);
  failure.code = CURLE_FTP_WEIRD_SERVER_REPLY;
  EXPECT_EQ(ReasonOfCurlFailure(failure), Reason::kTransportError);
}

}  // namespace
}  // namespace heyhi
