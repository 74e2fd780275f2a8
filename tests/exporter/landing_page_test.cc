#include "exporter/landing_page.h"

#include <gmock/gmock.h>

#include <memory>

namespace heyhi {
namespace {

using testing::HasSubstr;
using testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1790000000);

TargetStanding Standing(const std::string& model) {
  auto target = std::make_shared<Target>();
  target->id = {"openai", model, "chat", "r"};
  target->interval = absl::Seconds(10);
  TargetStanding standing;
  standing.target = target;
  standing.interval = target->interval;
  return standing;
}

TargetStanding Ended(Outcome outcome, absl::Duration took) {
  TargetStanding standing = Standing("m");
  ProbeResult result;
  result.outcome = outcome;
  result.completed_at = kNow - absl::Seconds(7);
  result.times.total = took;
  result.http_status = 200;
  standing.last = result;
  if (outcome != Outcome::kFailed) standing.last_success_at = result.completed_at;
  return standing;
}

std::string Page(std::vector<TargetStanding> targets, bool demo = false) {
  return RenderLandingPage({"1.2.3", "eu-1", demo, /*network_up=*/true, kNow, std::move(targets)});
}

TEST(LandingPageTest, ShowsAHealthyTarget) {
  const std::string page = Page({Ended(Outcome::kOk, absl::Milliseconds(275))});
  EXPECT_THAT(page, HasSubstr("1 of 1 targets answer well"));
  EXPECT_THAT(page, HasSubstr("<span class=\"badge\">ok</span>"));
  EXPECT_THAT(page, HasSubstr("275 ms"));
  EXPECT_THAT(page, HasSubstr(">7 s ago</time>"));
  EXPECT_THAT(page, HasSubstr("steady, every 10s"));
  EXPECT_THAT(page, Not(HasSubstr("DEMO")));
}

TEST(LandingPageTest, SaysHowATargetIsProbedNow) {
  TargetStanding backing_off = Ended(Outcome::kOk, absl::Seconds(1));
  backing_off.state = TargetState::kBackingOff;
  backing_off.interval = absl::Minutes(8);
  EXPECT_THAT(Page({backing_off}), HasSubstr("backing off, every 8m"));
  TargetStanding paused = Standing("m");
  paused.state = TargetState::kPaused;
  EXPECT_THAT(Page({paused}), HasSubstr("paused for maintenance"));
  EXPECT_THAT(Page({paused}), HasSubstr("0 of 1 targets answer well, 1 paused"));
  EXPECT_THAT(Page({paused}), HasSubstr("a maintenance window is open"));
}

TEST(LandingPageTest, SaysThatTheOwnNetworkIsDown) {
  const std::string page = RenderLandingPage({"1", "eu-1", false, /*network_up=*/false, kNow, {}});
  EXPECT_THAT(page, HasSubstr("Own network down"));
  EXPECT_THAT(Page({}), Not(HasSubstr("Own network down")));
}

TEST(LandingPageTest, SaysWhyAndWhoseFaultAndWhatToDo) {
  TargetStanding standing = Ended(Outcome::kFailed, absl::Seconds(1));
  standing.last->reason = Reason::kInvalidKey;
  standing.last->error_type = ErrorType::kAuth;
  standing.last->fault = Fault::kAccount;
  standing.unchanged_since = kNow - absl::Minutes(3);
  const std::string page = Page({standing});
  EXPECT_THAT(page, HasSubstr("auth (invalid_key) for 3 min, fault: account. Check the key"));
  EXPECT_THAT(page, HasSubstr("0 of 1 targets answer well, 1 failing"));
  EXPECT_THAT(page, HasSubstr("not yet"));
}

TEST(LandingPageTest, ShowsSlowAndWaitingTargets) {
  const std::string page = Page({Ended(Outcome::kSlow, absl::Seconds(4)), Standing("w")});
  EXPECT_THAT(page, HasSubstr("answered rightly, but after more than 3.00 s"));
  EXPECT_THAT(page, HasSubstr("first probe is on its way"));
  EXPECT_THAT(page, HasSubstr("1 slow, 1 waiting for the first probe"));
}

TEST(LandingPageTest, SaysLoudlyThatItIsADemo) {
  EXPECT_THAT(Page({}, true), HasSubstr("<strong>DEMO:</strong> these providers are simulated"));
}

TEST(LandingPageTest, EscapesWhatComesFromOutside) {
  const std::string page = Page({Standing("<script>alert(\"1\")</script>&")});
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;"));
}

TEST(LandingPageTest, FormatsAges) {
  EXPECT_EQ(FormatAge(-absl::Seconds(5)), "0 s");
  EXPECT_EQ(FormatAge(absl::Seconds(99)), "99 s");
  EXPECT_EQ(FormatAge(absl::Seconds(100)), "1 min");
  EXPECT_EQ(FormatAge(absl::Minutes(100)), "1 h");
  EXPECT_EQ(FormatAge(absl::Hours(100)), "4 d");
}

}  // namespace
}  // namespace heyhi
