#include "exporter/web_routes.h"

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "probes/simulated_clock.h"
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
    std::optional<ServerResponse> response;
    routes_.Answer(request, [&response](ServerResponse answer) { response = std::move(answer); });
    EXPECT_TRUE(response.has_value());
    return response.value_or(ServerResponse());
  }
  std::map<std::string, std::string> headers_;
  bool ready_ = true;
  int renderings_ = 0;
  int reloads_ = 0;
  absl::Status reload_status_;
  SimulatedClock clock_{absl::UnixEpoch()};
  WebRoutes routes_{
      {[this](std::string* text) { absl::StrAppend(text, "scrapes ", ++renderings_, "\n"); },
       [] { return LandingPageFacts(); },
       [] { return std::make_shared<const Config>(); },
       [this] { return ready_; },
       {},
       [this](const std::function<void(const absl::Status&)>& done) {
         ++reloads_;
         done(reload_status_);
       }},
      clock_};
};

TEST_F(WebRoutesTest, ShowsTheConfigurationInForce) {
  const ServerResponse response = Get("/config");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.headers, Contains(Pair("Content-Type", "text/plain; charset=utf-8")));
  EXPECT_THAT(*response.shared_body, HasSubstr("\nregion: \"local\"\n"));
}

TEST_F(WebRoutesTest, ServesMetricsAsPrometheusWantsThem) {
  const ServerResponse response = Get("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(*response.shared_body, "scrapes 1\n");
  EXPECT_EQ(*Get("/metrics").shared_body, "scrapes 2\n") << "each scrape is of its own time";
  EXPECT_THAT(response.headers, Contains(Pair("Content-Type", kMetricsContentType)));
}

TEST_F(WebRoutesTest, CompressesMetricsWhenAsked) {
  headers_["accept-encoding"] = "gzip, deflate";
  const ServerResponse response = Get("/metrics");
  EXPECT_THAT(response.headers, Contains(Pair("Content-Encoding", "gzip")));
  EXPECT_EQ(response.shared_body->substr(0, 2), "\x1f\x8b");
}

TEST_F(WebRoutesTest, SharesATextWhileManyAreOnTheirWay) {
  std::vector<ServerResponse> on_their_way;
  for (int i = 0; i < 20; ++i) on_their_way.push_back(Get("/metrics"));
  EXPECT_EQ(renderings_, static_cast<int>(MetricsPage::kMostTexts));
  EXPECT_EQ(on_their_way.back().shared_body, on_their_way[MetricsPage::kMostTexts - 1].shared_body);
  on_their_way.clear();
  EXPECT_EQ(*Get("/metrics").shared_body,
            absl::StrCat("scrapes ", MetricsPage::kMostTexts + 1, "\n"));
}

TEST_F(WebRoutesTest, ASharedTextIsNeverOld) {
  std::vector<ServerResponse> on_their_way;
  const auto scrape = [&] {
    on_their_way.push_back(Get("/metrics"));
    return renderings_;
  };
  for (int i = 0; i < 10; ++i) scrape();
  clock_.Advance(MetricsPage::kOldest);
  const int before = renderings_;
  EXPECT_EQ(scrape(), before);
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(scrape(), before + 1);
  EXPECT_EQ(scrape(), before + 1) << "the new one is shared too";
}

TEST_F(WebRoutesTest, AFileThatTheClientHasIsNotSentAgain) {
  const ServerResponse first = Get("/landing.css");
  EXPECT_NE(first.body, "");
  std::string tag;
  for (const auto& [name, value] : first.headers) {
    if (name == "ETag") tag = value;
  }
  for (const std::string& known : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    headers_["if-none-match"] = known;
    EXPECT_EQ(Get("/landing.css").status, 304) << known;
    EXPECT_EQ(Get("/landing.css").body, "") << known;
  }
  headers_["if-none-match"] = "\"other\"";
  EXPECT_EQ(Get("/landing.css").status, 200);
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

TEST_F(WebRoutesTest, ReloadsByPostAndSaysHowItEnded) {
  const ServerResponse good = Get("/-/reload", "POST");
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.body, "Reloaded\n");
  reload_status_ = absl::InvalidArgumentError("heyhi.yml:3: unknown key");
  const ServerResponse bad = Get("/-/reload", "POST");
  EXPECT_EQ(bad.status, 500);
  EXPECT_EQ(bad.body, "Failed to reload: heyhi.yml:3: unknown key\n");
  reload_status_ = absl::UnavailableError("the exporter is stopping");
  EXPECT_EQ(Get("/-/reload", "POST").status, 503);
  EXPECT_EQ(reloads_, 3);
}

TEST_F(WebRoutesTest, ReloadsByNothingElse) {
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE"}) {
    const ServerResponse response = Get("/-/reload", method);
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_THAT(response.headers, Contains(Pair("Allow", "POST")));
  }
  EXPECT_EQ(Get("/-/quit", "POST").status, 404);
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"origin", "http://127.0.0.1:10095"}, {"origin", "null"}, {"sec-fetch-site", "none"}}) {
    headers_ = {{name, value}};
    EXPECT_EQ(Get("/-/reload", "POST").status, 403) << name;
  }
  EXPECT_EQ(reloads_, 0);
}

TEST_F(WebRoutesTest, ReloadsOnlyWhereItIsEnabled) {
  WebRoutes routes({}, clock_);
  ServerRequest request;
  request.method = "POST";
  request.path = "/-/reload";
  int status = 0;
  routes.Answer(request, [&status](const ServerResponse& response) { status = response.status; });
  EXPECT_EQ(status, 403);
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
