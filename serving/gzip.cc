#include "serving/gzip.h"

#include <zlib.h>

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace heyhi {

std::string Gzip(const std::string& text) {
  constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for a gzip header
  z_stream stream = {};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return "";
  }
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return result == Z_STREAM_END ? out : "";
}

bool AcceptsGzip(const std::string& accept_encoding) {
  bool any_coding = false;  // what "*" says, which counts only where gzip is not named
  for (const absl::string_view offer : absl::StrSplit(accept_encoding, ',')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(offer, ';');
    const absl::string_view name = absl::StripAsciiWhitespace(parts[0]);
    bool accepted = true;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const absl::string_view parameter = absl::StripAsciiWhitespace(parts[i]);
      double weight = 1;
      if (absl::StartsWithIgnoreCase(parameter, "q=") &&
          absl::SimpleAtod(parameter.substr(2), &weight) && weight <= 0) {
        accepted = false;
      }
    }
    if (absl::EqualsIgnoreCase(name, "gzip")) return accepted;
    if (name == "*") any_coding = accepted;
  }
  return any_coding;
}

}  // namespace heyhi
