#include "exporter/terminal_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace heyhi {
namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::size_t ColumnsOf(char first_byte) {
  // From U+1000 on.
  constexpr unsigned char kMaybeWide = 0xe1;
  return static_cast<unsigned char>(first_byte) >= kMaybeWide ? 2 : 1;
}

// How many bytes of `text` fit into `width` columns.
std::size_t Fitting(std::string_view text, std::size_t width) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (IsContinuation(text[i])) continue;
    columns += ColumnsOf(text[i]);
    if (columns > width) return i;
  }
  return text.size();
}

// Where to cut `text` so that at most `fit` bytes stay.
std::size_t CutBefore(std::string_view text, std::size_t fit) {
  constexpr std::string_view kEndings = ",;}]";  // JSON has few spaces
  const std::size_t first = text.find_first_not_of(' ');
  for (std::size_t cut = fit; cut > first + 1; --cut) {
    if (text[cut] == ' ' || kEndings.find(text[cut - 1]) != std::string_view::npos) return cut;
  }
  return fit;
}

}  // namespace

std::size_t Columns(std::string_view text) {
  std::size_t columns = 0;
  for (const char c : text) {
    if (!IsContinuation(c)) columns += ColumnsOf(c);
  }
  return columns;
}

std::vector<std::string> Wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (true) {
    const std::size_t fit = Fitting(text, width);
    if (fit == text.size()) break;
    const std::string_view line = text.substr(0, CutBefore(text, fit));
    lines.emplace_back(line.substr(0, line.find_last_not_of(' ') + 1));
    text.remove_prefix(line.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  lines.emplace_back(text);
  return lines;
}

std::string AsciiOnly(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool ascii = static_cast<unsigned char>(c) < 0x80;
    if (ascii || !IsContinuation(c)) result.push_back(ascii ? c : '?');
  }
  return result;
}

std::string Coloured(std::string_view text, Colour colour) {
  const int number = colour == Colour::kRed       ? 31
                     : colour == Colour::kGreen   ? 32
                     : colour == Colour::kYellow  ? 33
                     : colour == Colour::kBlue    ? 34
                     : colour == Colour::kMagenta ? 35
                                                  : 36;
  return absl::StrCat("\x1b[", number, "m", std::string(text), "\x1b[0m");
}

}  // namespace heyhi
