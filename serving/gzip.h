#ifndef HEYHI_SERVING_GZIP_H_
#define HEYHI_SERVING_GZIP_H_

#include <string>

namespace heyhi {

// `text` in gzip form at the fastest level: a scrape is sent once, so CPU counts
// for more than a few bytes. "" where zlib has no memory.
std::string Gzip(const std::string& text);

// Whether an Accept-Encoding header admits gzip: named, and not with q=0.
bool AcceptsGzip(const std::string& accept_encoding);

}  // namespace heyhi

#endif  // HEYHI_SERVING_GZIP_H_
