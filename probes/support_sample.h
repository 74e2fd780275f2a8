#ifndef HEYHI_PROBES_SUPPORT_SAMPLE_H_
#define HEYHI_PROBES_SUPPORT_SAMPLE_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "probes/http_transport.h"
#include "probes/secret.h"

namespace heyhi {

// What a provider's support needs of one failed probe, to paste into a ticket.
// Holds no secret: the key is struck out, values of headers that carry
// credentials are "[hidden]". Request and organisation ids stay, since support
// asks for them.
struct SupportSample {
  // Of the first 32, in the order received, names in lower case; values are cut at
  // 512 bytes. Left out are names over 128 bytes, and what exceeds 4 KiB in all.
  std::vector<std::pair<std::string, std::string>> headers;
  // The first 1 KiB, printable; a note in its place where the answer spells the key
  // over several events of a stream, or by escapes that no plain look finds.
  std::string body;
};

SupportSample TakeSample(const HttpExchange& exchange, const Secret& key);

// The beginning of `text`, which may be hostile, made fit to store and show, at
// most `max_bytes` long and cut between code points:
// - valid UTF-8: U+FFFD stands for what is broken;
// - no control characters but tab and line feed, no terminal sequences, nothing
//   that is invisible or changes the direction of writing;
// - without `key`: struck out after all this, since what it removes may have stood
//   within the key, and before the cut.
// Looks at no more than `max_bytes` and 4 KiB of `text`, so that a megabyte of
// garbage costs little; where most of that is removed, the result is shorter.
std::string CleanText(const std::string& text, const Secret& key, std::size_t max_bytes);

}  // namespace heyhi

#endif  // HEYHI_PROBES_SUPPORT_SAMPLE_H_
