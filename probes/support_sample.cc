#include "probes/support_sample.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "probes/json.h"
#include "probes/sse_parser.h"

namespace heyhi {
namespace {

constexpr std::size_t kMaxBodyBytes = 1024;
constexpr std::size_t kMaxHeaders = 32;
constexpr std::size_t kMaxHeaderBytes = 4096;  // names and values of all
constexpr std::size_t kMaxNameBytes = 128;
constexpr std::size_t kMaxValueBytes = 512;

struct CodePoint {
  char32_t value;
  std::size_t bytes;
};

// The first of `text`, which is valid UTF-8 and not empty.
CodePoint FirstCodePoint(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t value = lead & (0x7fU >> bytes);
  for (const char c : text.substr(1, bytes - 1)) value = value << 6 | (c & 0x3fU);
  return {value, bytes};
}

// Whether a reader would see nothing of it, or the text around it in another order.
// Some of these belong to emoji and to scripts that join letters; those stay
// readable, and nothing can hide between the letters of a key.
bool IsUnseen(char32_t c) {
  struct Range {
    char32_t first;
    char32_t last;
  };
  constexpr Range kUnseen[] = {
      {0x00, 0x08},       {0x0b, 0x1f},     {0x7f, 0x9f},      // control characters
      {0xad, 0xad},       {0x34f, 0x34f},   {0x61c, 0x61c},    // soft hyphen, joiner, mark
      {0x180b, 0x180f},   {0x200b, 0x200f},                    // without width, marks
      {0x2028, 0x202e},   {0x2060, 0x206f},                    // separators, bidi, invisible
      {0xfe00, 0xfe0f},   {0xfeff, 0xfeff}, {0xfff9, 0xfffb},  // variants, byte order
      {0xe0000, 0xe0fff},                                      // tags
  };
  return std::any_of(std::begin(kUnseen), std::end(kUnseen),
                     [&](const Range& range) { return range.first <= c && c <= range.last; });
}

// The length of the terminal sequence ("\x1b[31m") at the beginning of `text`, or 0.
// One without end reaches to where it breaks off.
std::size_t TerminalSequence(std::string_view text) {
  if (text.substr(0, 2) != "\x1b[") return 0;
  std::size_t length = 2;
  while (length < text.size() && text[length] >= 0x20 && text[length] <= 0x3f) ++length;
  const bool ends = length < text.size() && text[length] >= 0x40 && text[length] <= 0x7e;
  return ends ? length + 1 : length;
}

// `text`, valid UTF-8, without what nobody sees.
std::string Visible(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    if (const std::size_t skipped = TerminalSequence(text); skipped > 0) {
      text.remove_prefix(skipped);
      continue;
    }
    const CodePoint code_point = FirstCodePoint(text);
    if (!IsUnseen(code_point.value)) result.append(text.substr(0, code_point.bytes));
    text.remove_prefix(code_point.bytes);
  }
  return result;
}

// At most `max_bytes` of `text`, valid UTF-8, cut between code points.
std::string Cut(std::string text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xc0) == 0x80) --max_bytes;
  text.resize(max_bytes);
  return text;
}

// Whether values of that header (lower case) are credentials, or may be.
bool CarriesCredentials(const std::string& name) {
  for (const char* word : {"authorization", "cookie", "api-key", "apikey", "api_key",
                           "subscription-key", "password", "secret"}) {
    if (absl::StrContains(name, word)) return true;
  }
  const bool counts_tokens =
      absl::StrContains(name, "ratelimit") || absl::StrContains(name, "rate-limit");
  return absl::StrContains(name, "token") && !counts_tokens;
}

// Appends every text in `value` to what stands at its place: the pieces of a stream
// put together, place by place.
void JoinTexts(JsonView value, const std::string& place,
               std::map<std::string, std::string>* joined) {
  if (const auto text = value.AsString()) (*joined)[place].append(*text);
  for (const std::string& name : value.Keys())
    JoinTexts(value[name], absl::StrCat(place, "/", name), joined);
  for (std::size_t i = 0; value.IsArray() && i < value.size(); ++i) {
    JoinTexts(value.At(i), absl::StrCat(place, "/"), joined);
  }
}

// True where the key shows once escapes are undone and the pieces of a stream are
// put together, though all that shows of it as it stands has been struck out.
bool SpellsKey(const std::string& body, const Secret& key) {
  constexpr std::size_t kLooked = std::size_t{64} * 1024;
  const std::string start = key.Redact(body.substr(0, kLooked));
  std::map<std::string, std::string> joined;
  const auto join = [&joined](const std::string& json) {
    if (const auto document = JsonDocument::Parse(json)) JoinTexts(document->root(), "", &joined);
  };
  join(start);
  SseParser().Feed(start, [&join](const SseEvent& event) { join(event.data); });
  return std::any_of(joined.begin(), joined.end(), [&key](const auto& entry) {
    return key.Redact(entry.second) != entry.second;
  });
}

}  // namespace

std::string CleanText(const std::string& text, const Secret& key, std::size_t max_bytes) {
  constexpr std::size_t kLookAhead = 4096;
  // More than may be left of a key whose end was not looked at: seven characters of
  // a long one, or one of a short one's forms, which are up to 42 long.
  constexpr std::size_t kDoubtful = 64;
  const bool whole = text.size() <= kLookAhead || text.size() - kLookAhead <= max_bytes;
  std::string clean =
      key.Redact(Visible(ValidUtf8(whole ? text : text.substr(0, max_bytes + kLookAhead))));
  if (!whole) clean = Cut(clean, clean.size() - std::min(clean.size(), kDoubtful));
  return Cut(std::move(clean), max_bytes);
}

SupportSample TakeSample(const HttpExchange& exchange, const Secret& key) {
  SupportSample sample;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < std::min(exchange.headers.size(), kMaxHeaders); ++i) {
    const auto& [raw_name, raw_value] = exchange.headers[i];
    // Lower case first: a key in mixed case is known only then.
    std::string name = CleanText(absl::AsciiStrToLower(raw_name), key, kMaxHeaderBytes);
    std::string value =
        CarriesCredentials(name) ? "[hidden]" : CleanText(raw_value, key, kMaxValueBytes);
    // A name is never cut: its end may be what tells of a credential.
    if (name.size() > kMaxNameBytes) continue;
    if (bytes + name.size() + value.size() > kMaxHeaderBytes) continue;
    bytes += name.size() + value.size();
    sample.headers.emplace_back(std::move(name), std::move(value));
  }
  sample.body = SpellsKey(exchange.body, key)
                    ? "[hidden: the answer spells the key in pieces or escapes]"
                    : CleanText(exchange.body, key, kMaxBodyBytes);
  return sample;
}

}  // namespace heyhi
