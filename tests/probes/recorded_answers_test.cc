// Every recorded answer to a call gets the verdict that its file names. A new case
// needs a file in tests/testdata/<provider>/ and no code.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "probes/json.h"
#include "probes/providers.h"
#include "probes/verdict.h"

namespace heyhi {
namespace {

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Recording {
  std::string name;  // "openai/429-rate-limit"
  std::string kind;  // "chat", "chat-stream", "responses", …
};

void PrintTo(const Recording& recording, std::ostream* out) { *out << recording.name; }

// The kind that a recorded answer says it is. Each process of these tests looks at all of
// them, so they are not parsed for it.
std::string KindIn(const std::string& recorded) {
  constexpr std::string_view kMember = "\"kind\": \"";
  const std::size_t at = recorded.find(kMember);
  if (at == std::string::npos) return "unknown";
  const std::size_t begin = at + kMember.size();
  return recorded.substr(begin, recorded.find('"', begin) - begin);
}

// Every answer to a call that a probe makes.
std::vector<Recording> Recordings() {
  std::vector<Recording> recordings;
  for (const Provider& provider : Providers()) {
    const std::string folder = absl::StrCat(HEYHI_TESTDATA_DIR, "/", std::string(provider.name));
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string kind = KindIn(ReadFile(entry.path()));
      if (kind == "models" || kind == "embeddings") continue;
      recordings.push_back(
          {absl::StrCat(std::string(provider.name), "/", entry.path().stem().string()), kind});
    }
  }
  std::sort(recordings.begin(), recordings.end(),
            [](const Recording& a, const Recording& b) { return a.name < b.name; });
  return recordings;
}

// Those with a stream.
std::vector<Recording> Streams() {
  std::vector<Recording> streams = Recordings();
  std::erase_if(streams, [](const Recording& r) { return !absl::EndsWith(r.kind, "stream"); });
  return streams;
}

class RecordedAnswerTest : public testing::TestWithParam<Recording> {
 protected:
  RecordedAnswerTest()
      : document_(JsonDocument::Parse(
            ReadFile(absl::StrCat(HEYHI_TESTDATA_DIR, "/", GetParam().name, ".json")))) {}

  JsonView recorded() const { return document_->root(); }
  bool is_stream() const { return GetParam().kind.find("stream") != std::string::npos; }

  HttpExchange Exchange(std::size_t piece_size) const {
    HttpExchange exchange;
    exchange.status = static_cast<int>(recorded()["status"].AsInteger().value());
    for (const std::string& name : recorded()["headers"].Keys()) {
      exchange.headers.emplace_back(absl::AsciiStrToLower(name),
                                    recorded()["headers"][name].StringOrEmpty());
    }
    const auto text = recorded()["body_text"].AsString();
    exchange.body = text.has_value() ? *text : recorded()["body"].Dump();
    for (std::size_t end = 0; end < exchange.body.size();) {
      end = std::min(end + piece_size, exchange.body.size());
      exchange.pieces.push_back({end, absl::Microseconds(end)});
    }
    return exchange;
  }

  // The model is left unknown, so that the recorded words decide.
  AskedCall Asked() const {
    const Provider& provider = *FindProvider(recorded()["provider"].StringOrEmpty());
    AskedCall asked;
    asked.rules = provider.error_rules;
    asked.dialect =
        absl::StartsWith(GetParam().kind, "responses") ? kOpenAiResponses.name : provider.dialect;
    asked.stream = is_stream();
    asked.at = absl::FromCivil(absl::CivilDay(2026, 11, 22), absl::UTCTimeZone());
    return asked;
  }

  void ExpectVerdict(const Verdict& verdict) const {
    EXPECT_EQ(recorded()["kind"].StringOrEmpty(), GetParam().kind);
    const JsonView expected = recorded()["expect"];
    if (expected["ok"].AsBool().value()) {
      EXPECT_FALSE(verdict.reason.has_value()) << ReasonName(*verdict.reason) << verdict.rule;
      const bool counts_tokens = absl::StrContains(Exchange(1 << 20).body, "okens\":") ||
                                 absl::StrContains(Exchange(1 << 20).body, "TokenCount\":");
      EXPECT_EQ(verdict.usage.has_value(), counts_tokens) << "tokens are not read";
      return;
    }
    ASSERT_TRUE(verdict.reason.has_value()) << "a failure counts as ok";
    EXPECT_EQ(ReasonName(*verdict.reason), expected["reason"].StringOrEmpty()) << verdict.rule;
    EXPECT_EQ(ErrorTypeName(verdict.error_type), expected["error_type"].StringOrEmpty());
  }

 private:
  std::optional<JsonDocument> document_;
};

TEST_P(RecordedAnswerTest, GetsItsVerdict) {
  ExpectVerdict(JudgeAnswer(Asked(), Exchange(1 << 20)));
}

class RecordedStreamTest : public RecordedAnswerTest {};

TEST_P(RecordedStreamTest, GetsItsVerdictHoweverItIsCut) {
  for (std::size_t size = 1; size < 400; ++size) {
    ExpectVerdict(JudgeAnswer(Asked(), Exchange(size)));
  }
}

// A stream that loses its end is no answer, wherever the cut is; one that is no
// answer as a whole is none in part.
TEST_P(RecordedStreamTest, IsNotOkBeforeItsEndIsThere) {
  const HttpExchange whole = Exchange(1);
  const bool ends_well = recorded()["expect"]["ok"].AsBool().value();
  std::size_t healthy_from = 0;
  for (std::size_t size = 0; size <= whole.body.size(); ++size) {
    HttpExchange cut = whole;
    cut.body.resize(size);
    cut.pieces.resize(size);
    const bool healthy = !JudgeAnswer(Asked(), cut).reason.has_value();
    if (healthy && healthy_from == 0) healthy_from = size;
    EXPECT_EQ(healthy, healthy_from > 0 && size >= healthy_from) << size;
  }
  EXPECT_EQ(healthy_from > whole.body.size() / 3, ends_well);
}

std::string TestName(const testing::TestParamInfo<Recording>& test) {
  return absl::StrReplaceAll(test.param.name, {{"/", "_"}, {"-", "_"}});
}
INSTANTIATE_TEST_SUITE_P(All, RecordedAnswerTest, testing::ValuesIn(Recordings()), TestName);
INSTANTIATE_TEST_SUITE_P(All, RecordedStreamTest, testing::ValuesIn(Streams()), TestName);

TEST(RecordedAnswersTest, AreThere) {
  EXPECT_GT(Recordings().size(), 100U);
  EXPECT_GT(Streams().size(), 12U);
}

}  // namespace
}  // namespace heyhi
