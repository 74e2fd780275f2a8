#include "probes/token_cap.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

constexpr std::string_view kCapNames[] = {
    "max_tokens", "max_completion_tokens", "max_output_tokens", "maxoutputtokens",
    "max tokens", "output tokens",
};

constexpr std::string_view kAtLeast = "\u2265";  // ≥

// How many words around a number decide what it means.
constexpr std::size_t kWordsBefore = 12;
constexpr std::size_t kWordsAfter = 6;

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// Bytes of other alphabets count as letters: "16²" is no 16.
bool IsWordByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || c == '_' || byte >= 0x80;
}

// Whether the mark at `at` is inside a word or number: can't, 1.5, gpt-4, 1,024.
bool JoinsWord(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size() || !IsWordByte(text[at + 1])) return false;
  if (text[at] == '\'' || text[at] == '.' || text[at] == '-') return true;
  const std::string_view next = text.substr(at + 1);
  const std::size_t digits = std::min(next.find_first_not_of("0123456789"), next.size());
  return text[at] == ',' && IsDigit(text[at - 1]) && digits == 3;
}

// The length of the word or mark that `text` begins with.
std::size_t TokenLength(std::string_view text) {
  if (text.starts_with(">=") || text.starts_with("<=")) return 2;
  if (text.starts_with(kAtLeast)) return kAtLeast.size();
  const bool negative = text.size() > 1 && text[0] == '-' && IsDigit(text[1]);
  if (!IsWordByte(text[0]) && !negative) return 1;
  std::size_t end = 1;
  while (end < text.size() && !text.substr(end).starts_with(kAtLeast) &&
         (IsWordByte(text[end]) || JoinsWord(text, end))) {
    ++end;
  }
  return end;
}

// The words and marks of a text, without blanks and quotes.
std::vector<std::string_view> Tokens(std::string_view text) {
  std::vector<std::string_view> tokens;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n'\"`\\*"), text.size()));
    if (text.empty()) return tokens;
    const std::size_t length = TokenLength(text);
    const std::string_view token = text.substr(0, length);
    tokens.push_back(token == kAtLeast ? ">=" : token);
    text.remove_prefix(length);
  }
}

bool IsNumber(std::string_view token) { return std::all_of(token.begin(), token.end(), IsDigit); }

// The words before tokens[at], each between blanks, back to the end of a sentence
// or to the number before (which is included).
std::string Before(const std::vector<std::string_view>& tokens, std::size_t at) {
  std::string before = " ";
  for (std::size_t i = at; i > 0 && at - i < kWordsBefore; --i) {
    const std::string_view token = tokens[i - 1];
    if (token == "." || token == ";") break;
    before = absl::StrCat(" ", std::string(token), before);
    if (IsDigit(token.front())) break;
  }
  return before;
}

std::string After(const std::vector<std::string_view>& tokens, std::size_t at) {
  std::string after = " ";
  for (std::size_t i = at + 1; i < tokens.size() && i - at <= kWordsAfter; ++i) {
    after.append(tokens[i]).append(" ");
  }
  return after;
}

bool Contains(std::string_view text, std::string_view words) {
  return text.find(words) != std::string_view::npos;
}

bool ContainsAny(std::string_view text, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [text](std::string_view word) { return Contains(text, word); });
}

// Removes `words` from the front of `text`, if it begins with them.
bool Skip(std::string_view words, std::string_view* text) {
  if (!text->starts_with(words)) return false;
  text->remove_prefix(words.size());
  return true;
}

void SkipUnit(std::string_view* text) {
  if (!Skip(" tokens", text)) Skip(" token", text);
}

// Each turns a comparison round: "cannot be less than", "no less than".
constexpr std::string_view kDenials[] = {" no ", " not ",     " cannot ",
                                         "n't ", "n\u2019t ", " never "};

bool Denies(std::string_view before) {
  const std::string_view clause = before.substr(before.find_last_of(":(,") + 1);
  return ContainsAny(clause, kDenials);
}

// "… is not supported": the number was refused, not asked for.
bool Refuses(std::string_view after) {
  SkipUnit(&after);
  for (const std::string_view word : {" not ", " is not ", " are not ", " is too ", " are too ",
                                      " is invalid ", " are invalid ", " exceeds "}) {
    if (after.starts_with(word)) return true;
  }
  return false;
}

constexpr std::string_view kDemands[] = {" be ",     " must ", " should ", " expected ",
                                         " ensure ", " sure ", " needs "};

// "5000 >= 512", "this is greater than 512": compares what was sent, where "ensure
// this is greater than 15" says what is wanted.
bool TellsWhatWasSent(std::string_view before) {
  const char last = before.size() < 2 ? ' ' : before[before.size() - 2];
  if (IsDigit(last) || last == ')') return true;
  return (before.ends_with(" is ") || before.ends_with(" are ")) && !ContainsAny(before, kDemands);
}

// Which comparisons count: some only in a demand ("must be"), since a call that
// was too large is told the same way; some only where a denial turns them round.
enum class Counts { kAlways, kUnlessDenied, kIfDemanded, kIfDenied };

struct Comparison {
  std::string_view words;  // that end right before the number
  Counts counts;
  int offset;  // from the number to the minimum
};

constexpr Comparison kComparisons[] = {
    {" at least ", Counts::kAlways, 0},
    {" between ", Counts::kAlways, 0},
    {" >= ", Counts::kUnlessDenied, 0},
    {" greater than or equal to ", Counts::kUnlessDenied, 0},
    {" greater or equal to ", Counts::kUnlessDenied, 0},
    {" greater than ", Counts::kIfDemanded, 1},
    {" larger than ", Counts::kIfDemanded, 1},
    {" higher than ", Counts::kIfDemanded, 1},
    {" more than ", Counts::kIfDemanded, 1},
    {" less than ", Counts::kIfDenied, 0},
    {" lower than ", Counts::kIfDenied, 0},
    {" smaller than ", Counts::kIfDenied, 0},
    {" fewer than ", Counts::kIfDenied, 0},
    {" below ", Counts::kIfDenied, 0},
};

// The comparison that ends right before a number and makes it a minimum, or null.
const Comparison* FindComparison(std::string_view before, std::string_view after) {
  for (const Comparison& comparison : kComparisons) {
    if (!before.ends_with(comparison.words)) continue;
    before.remove_suffix(comparison.words.size() - 1);
    if (comparison.counts == Counts::kAlways) return &comparison;
    if (comparison.counts == Counts::kIfDenied) return Denies(before) ? &comparison : nullptr;
    if (Denies(before) || TellsWhatWasSent(before) || Refuses(after)) return nullptr;
    if (comparison.counts == Counts::kIfDemanded && !ContainsAny(before, kDemands)) return nullptr;
    return &comparison;
  }
  return nullptr;
}

constexpr std::string_view kMaxima[] = {" maximum ", " max "};

// "minimum value of 16", "minimum: 16".
bool FollowsMinimum(std::string_view before) {
  for (const std::string_view anchor : {" minimum ", " min "}) {
    const std::size_t found = before.rfind(anchor);
    if (found == std::string_view::npos) continue;
    const std::string_view link = before.substr(found + anchor.size() - 1);
    if (ContainsAny(link, kMaxima)) return false;
    for (const std::string_view end : {" of ", " is ", " be ", " = ", " : ", " ( ", " value "}) {
      if (link.ends_with(end)) return true;
    }
    return link == " ";
  }
  return false;
}

// "the range is [16, 4096]", "the range is from 16 (inclusive) to 4097".
bool BeginsRange(std::string_view before, std::string_view after) {
  if (!Contains(before, " range ")) return false;
  if (!before.ends_with(" [ ") && !before.ends_with(" from ")) return false;
  Skip(" ( inclusive )", &after);
  return after.starts_with(" , ") || after.starts_with(" to ");
}

// "16 or more", "16 tokens or higher".
bool IsOrMore(std::string_view before, std::string_view after) {
  SkipUnit(&after);
  for (const std::string_view words :
       {" or more", " or higher", " or greater", " or larger", " or above", " and above"}) {
    if (Skip(words, &after)) return !Denies(before) && !Refuses(after);
  }
  return false;
}

// What stands between full stops, semicolons, line ends and "but".
std::vector<std::string_view> Clauses(std::string_view text) {
  constexpr std::string_view kEnds[] = {". ", ";", "\n", ", but "};
  std::vector<std::string_view> clauses;
  while (!text.empty()) {
    std::size_t length = text.size();
    std::size_t skip = 0;
    for (const std::string_view end : kEnds) {
      const std::size_t at = text.find(end);
      if (at >= length) continue;
      length = at;
      skip = end.size();
    }
    clauses.push_back(text.substr(0, length));
    text.remove_prefix(length + skip);
  }
  return clauses;
}

// True for a clause that says something of what the one before was about:
// "Expected a value >= 16".
bool KeepsItsSubject(std::string_view clause) {
  clause.remove_prefix(std::min(clause.find_first_not_of(' '), clause.size()));
  for (const std::string_view start : {"expected", "must be", "it must", "it should", "the value",
                                       "the minimum", "minimum", "should be", "please"}) {
    if (clause.starts_with(start)) return true;
  }
  return false;
}

// The minimum that the number tokens[at] stands for, if it is one that may be
// learned.
std::optional<int> MinimumAt(const std::vector<std::string_view>& tokens, std::size_t at) {
  int number = 0;
  if (!IsNumber(tokens[at]) || !absl::SimpleAtoi(std::string(tokens[at]), &number))
    return std::nullopt;
  if (number > kMostLearnedTokenCap) return std::nullopt;
  const std::string before = Before(tokens, at);
  const std::string after = After(tokens, at);
  if (const Comparison* comparison = FindComparison(before, after)) {
    number += comparison->offset;
  } else if (!FollowsMinimum(before) && !BeginsRange(before, after) && !IsOrMore(before, after)) {
    return std::nullopt;
  }
  if (number < 1 || number > kMostLearnedTokenCap) return std::nullopt;
  return number;
}

}  // namespace

std::optional<int> NamedMinimum(int status, const ErrorBody& error) {
  if (status != 400 && status != 422) return std::nullopt;
  // The member that the error says it is about decides; else what each clause names.
  if (!error.param.empty() && !ContainsAny(error.param, kCapNames)) return std::nullopt;
  bool about_cap = false;
  for (const std::string_view clause : Clauses(error.text)) {
    about_cap = ContainsAny(clause, kCapNames) || !error.param.empty() ||
                (about_cap && KeepsItsSubject(clause));
    if (!about_cap) continue;
    const std::vector<std::string_view> tokens = Tokens(clause);
    for (std::size_t at = 0; at < tokens.size(); ++at) {
      if (const auto minimum = MinimumAt(tokens, at)) return minimum;
    }
  }
  return std::nullopt;
}

}  // namespace heyhi
