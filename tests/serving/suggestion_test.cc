#include "serving/suggestion.h"

#include <gtest/gtest.h>

namespace heyhi {
namespace {

const std::vector<std::string> kKnown = {"interval", "timeout", "model"};

struct SuggestionCase {
  std::string word;
  std::string suggestion;  // "" where none is expected
};

TEST(SuggestionTest, NamesTheWordAtMostTwoEditsAway) {
  const SuggestionCase cases[] = {
      {"intervall", "interval"},     // one letter too many
      {"nterval", "interval"},       // one too few
      {"intorval", "interval"},      // another letter
      {"inetrval", "interval"},      // two swapped
      {"interval", "interval"},      // the word itself
      {"tmeot", "timeout"},          // two too few
      {"Interval", "interval"},      // other case counts as an edit
      {"tmeo", ""},                  // three
      {"mo", ""},                    // too short to tell
      {"", ""},                      //
      {"temperature", ""},           // another word
      {std::string(65, 'i'), ""},    // no typing error
      {"intervalintervalinter", ""}  //
  };
  for (const SuggestionCase& c : cases) {
    const std::string expected =
        c.suggestion.empty() ? "" : " (did you mean \"" + c.suggestion + "\"?)";
    EXPECT_EQ(DidYouMean(c.word, kKnown), expected) << c.word;
  }
}

TEST(SuggestionTest, PrefersTheNearestWord) {
  EXPECT_EQ(DidYouMean("models", {"modes", "modals", "models"}), " (did you mean \"models\"?)");
}

TEST(SuggestionTest, PrefersTheFirstOfEquallyNearWords) {
  EXPECT_EQ(DidYouMean("cat", {"bat", "rat"}), " (did you mean \"bat\"?)");
}

TEST(SuggestionTest, IsSilentWhereNothingIsKnown) { EXPECT_EQ(DidYouMean("interval", {}), ""); }

}  // namespace
}  // namespace heyhi
