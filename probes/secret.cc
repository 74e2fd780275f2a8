#include "probes/secret.h"

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace heyhi {
namespace {

constexpr std::string_view kMark = "[key]";
// So many characters in a row tell a piece of a key from chance; they fit one word.
constexpr std::size_t kGramLength = 8;
constexpr std::size_t kShortestForm = 4;

constexpr std::string_view kLowerDigits = "0123456789abcdef";
constexpr std::string_view kUpperDigits = "0123456789ABCDEF";

// `key` with each byte as `prefix` and two hex digits, except letters and digits
// (if `spare_alphanumeric`) and the characters of `spared`.
std::string Escape(const std::string& key, std::string_view prefix, std::string_view digits,
                   bool spare_alphanumeric, std::string_view spared) {
  std::string result;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if ((spare_alphanumeric && absl::ascii_isalnum(byte)) ||
        spared.find(c) != std::string_view::npos) {
      result.push_back(c);
    } else {
      result.append(prefix).push_back(digits[byte >> 4]);
      result.push_back(digits[byte & 0xf]);
    }
  }
  return result;
}

void AddEscapedForms(const std::string& key, std::vector<std::string>* forms) {
  // What may stay as it is, by RFC 3986, encodeURIComponent, HTML forms, and Python's quote.
  constexpr std::string_view kSpared[] = {"-._~", "-._~!*'()", "-._*", "-._~/"};
  for (const std::string_view digits : {kLowerDigits, kUpperDigits}) {
    for (const std::string_view spared : kSpared) {
      forms->push_back(Escape(key, "%", digits, true, spared));
      forms->push_back(absl::StrReplaceAll(forms->back(), {{"%20", "+"}}));
    }
    for (const std::string_view prefix : {"%", "\\u00", ""}) {
      forms->push_back(Escape(key, prefix, digits, false, ""));
    }
  }
}

void AddQuotedForms(const std::string& key, std::vector<std::string>* forms) {
  using Replacements = std::vector<std::pair<const char*, const char*>>;
  const Replacements quotings[] = {
      // JSON by the book, and as PHP, Go and .NET write it.
      {{"\"", "\\\""}, {"\\", "\\\\"}},
      {{"\"", "\\\""}, {"\\", "\\\\"}, {"/", "\\/"}},
      {{"\"", "\\\""}, {"\\", "\\\\"}, {"<", "\\u003c"}, {">", "\\u003e"}, {"&", "\\u0026"}},
      {{"\"", "\\u0022"},
       {"\\", "\\\\"},
       {"<", "\\u003C"},
       {">", "\\u003E"},
       {"&", "\\u0026"},
       {"'", "\\u0027"},
       {"+", "\\u002B"},
       {"`", "\\u0060"}},
      // HTML.
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}},
  };
  for (const Replacements& quoting : quotings) {
    forms->push_back(absl::StrReplaceAll(key, quoting));
  }
}

// Base64 maps three bytes to four characters: what a key becomes depends on where
// in such a group it begins, and its first and last characters on its neighbours
// too. The characters of the key alone are those between.
void AddBase64Forms(const std::string& key, std::vector<std::string>* forms) {
  constexpr std::size_t kBitsPerCharacter = 6;
  for (std::size_t before = 0; before < 3; ++before) {
    const std::string bytes = std::string(before, '\0') + key;
    const std::size_t begin = (8 * before + kBitsPerCharacter - 1) / kBitsPerCharacter;
    const std::size_t end = 8 * bytes.size() / kBitsPerCharacter;
    if (end <= begin) continue;
    forms->push_back(absl::Base64Escape(bytes).substr(begin, end - begin));
    forms->push_back(absl::WebSafeBase64Escape(bytes).substr(begin, end - begin));
  }
}

// All that others may make of `key`; forms that are equal come once.
std::vector<std::string> FormsOf(const std::string& key) {
  std::vector<std::string> forms = {key, absl::AsciiStrToUpper(key), absl::AsciiStrToLower(key),
                                    std::string(key.rbegin(), key.rend())};
  AddEscapedForms(key, &forms);
  AddQuotedForms(key, &forms);
  AddBase64Forms(key, &forms);
  std::sort(forms.begin(), forms.end());
  forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
  return forms;
}

// A part of a text: from `begin` to before `end`.
struct Run {
  std::size_t begin;
  std::size_t end;
};

// Adds a run that begins no earlier than the last; runs that meet become one.
void AddRun(const Run& run, std::vector<Run>* runs) {
  if (!runs->empty() && run.begin <= runs->back().end) {
    runs->back().end = std::max(runs->back().end, run.end);
  } else {
    runs->push_back(run);
  }
}

std::string Strike(const std::string& text, const std::vector<Run>& runs) {
  std::string result;
  std::size_t copied = 0;
  for (const Run& run : runs) {
    result.append(text, copied, run.begin - copied).append(kMark);
    copied = run.end;
  }
  return result.append(text, copied);
}

// Occurrences of whole texts.
class WholeForms {
 public:
  explicit WholeForms(std::vector<std::string> forms) : forms_(std::move(forms)) {
    std::erase_if(forms_, [](const std::string& form) { return form.size() < kShortestForm; });
  }

  std::vector<Run> Find(const std::string& text) const {
    std::vector<Run> found;
    for (const std::string& form : forms_) {
      for (auto at = text.find(form); at != std::string::npos; at = text.find(form, at + 1)) {
        found.push_back({at, at + form.size()});
      }
    }
    std::sort(found.begin(), found.end(),
              [](const Run& a, const Run& b) { return a.begin < b.begin; });
    std::vector<Run> runs;
    for (const Run& run : found) AddRun(run, &runs);
    return runs;
  }

 private:
  std::vector<std::string> forms_;
};

// Occurrences of any eight characters in a row of the forms.
class Grams {
 public:
  explicit Grams(const std::vector<std::string>& forms) {
    for (const std::string& form : forms) {
      ForEach(form, [&](std::size_t, std::uint64_t gram) { grams_.push_back(gram); });
    }
    std::sort(grams_.begin(), grams_.end());
    grams_.erase(std::unique(grams_.begin(), grams_.end()), grams_.end());
    grams_.shrink_to_fit();
    for (const std::uint64_t gram : grams_) perhaps_.set(Slot(gram));
  }

  std::vector<Run> Find(const std::string& text) const {
    std::vector<Run> runs;
    ForEach(text, [&](std::size_t end, std::uint64_t gram) {
      if (perhaps_.test(Slot(gram)) && std::binary_search(grams_.begin(), grams_.end(), gram)) {
        AddRun({end - kGramLength, end}, &runs);
      }
    });
    return runs;
  }

 private:
  // Few enough bits for the processor's first cache, enough to be mostly unset.
  static constexpr int kSlotBits = 16;
  static std::size_t Slot(std::uint64_t gram) {
    constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;  // multiplicative hashing
    return gram * kGoldenRatio >> (64 - kSlotBits);
  }

  // Calls `seen(end, gram)` for each eight characters in a row; they end before `end`.
  template <typename Seen>
  static void ForEach(const std::string& text, const Seen& seen) {
    std::uint64_t gram = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      gram = gram << 8 | static_cast<unsigned char>(text[i]);
      if (i + 1 >= kGramLength) seen(i + 1, gram);
    }
  }

  std::vector<std::uint64_t> grams_;  // sorted
  // Answers for most text, without a search.
  std::bitset<std::size_t{1} << kSlotBits> perhaps_;
};

}  // namespace

struct Secret::State {
  explicit State(std::string key)
      : value(std::move(key)),
        is_short(value.size() < kGramLength),
        whole_forms(is_short ? FormsOf(value) : std::vector<std::string>()),
        grams(is_short ? std::vector<std::string>() : FormsOf(value)) {}

  const std::string value;
  const bool is_short;
  const WholeForms whole_forms;  // of a short key
  const Grams grams;             // of any other
};

Secret::Secret(std::string value) {
  if (!value.empty()) state_ = std::make_shared<const State>(std::move(value));
}

const std::string& Secret::Reveal() const {
  static const auto& nothing = *new std::string();
  return empty() ? nothing : state_->value;
}

bool operator==(const Secret& a, const Secret& b) {
  return a.state_ == b.state_ || a.Reveal() == b.Reveal();
}

std::string Secret::RedactWhole(const std::string& text) const {
  return empty() ? text : absl::StrReplaceAll(text, {{state_->value, std::string(kMark)}});
}

std::string Secret::Redact(const std::string& text) const {
  if (empty()) return text;
  if (state_->is_short) return Strike(text, state_->whole_forms.Find(text));
  // Again after each pass: where a key holds brackets, a mark and what stands beside
  // it may spell a part of it. Each pass that finds something shortens the text.
  std::string result = text;
  for (auto runs = state_->grams.Find(result); !runs.empty(); runs = state_->grams.Find(result)) {
    result = Strike(result, runs);
  }
  return result;
}

}  // namespace heyhi
