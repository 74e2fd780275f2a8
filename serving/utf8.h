#ifndef HEYHI_SERVING_UTF8_H_
#define HEYHI_SERVING_UTF8_H_

#include <cstddef>
#include <string_view>

namespace heyhi {

// The bytes of the UTF-8 sequence that `text`, which is not empty, begins with; 0 where it
// is none (RFC 3629: nothing overlong, no halves of pairs, nothing above U+10FFFF).
std::size_t Utf8Length(std::string_view text);

bool IsUtf8(std::string_view text);

}  // namespace heyhi

#endif  // HEYHI_SERVING_UTF8_H_
