#ifndef HEYHI_EXPORTER_TERMINAL_TEXT_H_
#define HEYHI_EXPORTER_TERMINAL_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Text for a terminal that may not be ours to trust. All of it is valid UTF-8.

namespace heyhi {

// The most columns that `text` can take: what may be wide counts as wide.
std::size_t Columns(std::string_view text);

// `text` in pieces of at most `width` columns (at least 2), cut at spaces or
// after ",", ";", "}" and "]" where there are any, else between code points. Spaces in front stay,
// those at a cut go.
std::vector<std::string> Wrap(std::string_view text, std::size_t width);

// `text` with "?" for each code point that is not ASCII.
std::string AsciiOnly(std::string_view text);

enum class Colour { kGreen, kYellow, kRed, kBlue, kMagenta, kCyan };
// `text` in that colour, by the sequences that every terminal with colours knows.
std::string Coloured(std::string_view text, Colour colour);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_TERMINAL_TEXT_H_
