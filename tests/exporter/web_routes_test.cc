#include "exporter/web_routes.h"

#include <gmock/gmock.h>

#include "serving/metric_table.h"

namespace heyhi {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

class WebRoutesTest : public testing::Test {
 protected:
  ServerResponse Get(const std::string& path, const std::string& method = "GET") {
    ServerRequest request;
    request.method = method;
    request.path = path;
    request.headers = headers_;
    return AnswerWebRequest(request, {[] { return "up 1\n"; }, [] { return LandingPageFacts(); },
                                      [this] { return ready_; }});
  }
  std::map<std::string, std::string> headers_;
  bool ready_ = true;
};

TEST_F(WebRoutesTest, ServesMetricsAsPrometheusWantsThem) {
  const ServerResponse response = Get("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "up 1\n");
  EXPECT_THAT(response.headers, Contains(Pair("Content-Type", kMetricsContentType)));
}

TEST_F(WebRoutesTest, CompressesMetricsWhenAsked) {
  headers_["accept-encoding"] = "gzip, deflate";
  const ServerResponse response = Get("/metrics");
  EXPECT_THAT(response.headers, Contains(Pair("Content-Encoding", "gzip")));
  EXPECT_EQ(response.body.substr(0, 2), "\x1f\x8b");
}

TEST_F(WebRoutesTest, IsReadyOnceProbingHasBegun) {
  EXPECT_EQ(Get("/-/ready").status, 200);
  ready_ = false;
  EXPECT_EQ(Get("/-/ready").status, 503);
  EXPECT_EQ(Get("/-/healthy").status, 200);
}

TEST_F(WebRoutesTest, MatchesPathsExactly) {
  for (const char* path : {"/metricsfoo", "/metrics/", "/metrics/x", "//", "/..", "/landing"}) {
    EXPECT_EQ(Get(path).status, 404) << path;
  }
}

TEST_F(WebRoutesTest, RefusesOtherMethods) {
  const ServerResponse response = Get("/metrics", "POST");
  EXPECT_EQ(response.status, 405);
  EXPECT_THAT(response.headers, Contains(Pair("Allow", "GET, HEAD")));
}

TEST_F(WebRoutesTest, EveryAnswerForbidsScripts) {
  for (const char* path : {"/", "/landing.css", "/metrics", "/nowhere"}) {
    EXPECT_THAT(Get(path).headers,
                Contains(Pair("Content-Security-Policy", HasSubstr("default-src 'none'"))))
        << path;
  }
}

}  // namespace
}  // namespace heyhi
