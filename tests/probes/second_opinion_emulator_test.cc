// The second opinion over real connections: what each provider's emulator refuses
// for a call, it may answer for the list of models.
#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "probes/second_opinion.h"
#include "probes/verdict.h"
#include "tests/probes/dialect_fixture.h"
#include "tests/probes/transport_fixture.h"
#include "tools/emulator.h"

namespace heyhi {
namespace {

class SecondOpinionEmulatorTest : public TransportTest,
                                  public testing::WithParamInterface<std::string> {
 protected:
  SecondOpinionEmulatorTest() {
    EmulatorOptions options;
    options.testdata = HEYHI_TESTDATA_DIR;
    auto emulator = StartEmulator(options);
    EXPECT_TRUE(emulator.ok()) << emulator.status();
    emulator_ = *std::move(emulator);
  }

  std::string Url(const std::string& path) { return "http://" + emulator_->http_address() + path; }

  // A target of the provider at its emulator, below the path that the real one has.
  std::shared_ptr<Target> EmulatedTarget() {
    const Provider& row = *FindProvider(GetParam());
    const std::string real(row.base_url.empty() ? row.base_url_form : row.base_url);
    const auto path = real.find('/', std::string("https://").size());
    auto target = std::make_shared<Target>(
        MakeTarget({.provider = GetParam(),
                    .model = "m",
                    .base_url = Url(absl::StrCat(
                        "/", GetParam(), path == std::string::npos ? "" : real.substr(path)))}));
    target->call.models_need_key = true;
    return target;
  }

  void SetFault(const std::string& call) {
    const std::string fault =
        absl::StrCat(R"({"status": 401, "body": "{}", "call": ")", call, "\"}");
    EXPECT_EQ(Exchange(PostRequest(Url("/admin/faults"), fault)).status, 201);
  }

  // Makes one call as a probe does.
  Verdict Call(const Target& target) {
    const AskedCall asked{target.error_rules,
                          target.dialect,
                          target.id.model,
                          true,
                          IsStream(target),
                          clock_.Now(),
                          true};
    return JudgeAnswer(asked, Exchange(RequestOf(target)));
  }

  bool Ask(const std::shared_ptr<Target>& target) {
    SecondOpinion opinion(transport(), clock_);
    std::vector<bool> answers;
    opinion.Ask(*target, [&](bool list_answered) { answers.push_back(list_answered); });
    RunAll();
    EXPECT_EQ(answers.size(), 1U);
    return answers == std::vector<bool>{true};
  }

  std::unique_ptr<Emulator> emulator_;
};

TEST_P(SecondOpinionEmulatorTest, AProvidersOwnTroubleIsTold) {
  const auto target = EmulatedTarget();
  EXPECT_FALSE(Call(*target).reason.has_value());
  SetFault("chat");
  const Verdict verdict = Call(*target);
  EXPECT_EQ(verdict.reason, Reason::kInvalidKey);
  EXPECT_TRUE(verdict.doubts_key);
  EXPECT_TRUE(Ask(target));
}

TEST_P(SecondOpinionEmulatorTest, AKeyThatIsRefusedForTheListTooIsTheAccounts) {
  SetFault("*");
  EXPECT_FALSE(Ask(EmulatedTarget()));
}

// Why one that answers anybody is not asked at all.
TEST_P(SecondOpinionEmulatorTest, WithoutAKeyOnlyAPublicListAnswers) {
  const auto target = EmulatedTarget();
  target->api_key = Secret();
  EXPECT_EQ(Ask(target), !FindProvider(GetParam())->models_need_key);
}

INSTANTIATE_TEST_SUITE_P(All, SecondOpinionEmulatorTest, testing::ValuesIn(ProviderNames()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace heyhi
