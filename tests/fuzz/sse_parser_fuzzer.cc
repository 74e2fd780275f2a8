// The stream parser: the same events however the bytes are cut, and none over its caps.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "probes/sse_parser.h"
#include "tests/fuzz/fuzz_input.h"

namespace heyhi {
namespace {

std::vector<std::pair<std::string, std::string>> Parse(const std::string& text,
                                                       std::size_t piece_size) {
  SseParser parser;
  std::vector<std::pair<std::string, std::string>> events;
  for (std::size_t at = 0; at < text.size(); at += piece_size) {
    parser.Feed(std::string_view(text).substr(at, piece_size), [&events](const SseEvent& event) {
      Promise(event.data.size() <= SseParser::kMaxEventBytes, "events keep their cap");
      events.emplace_back(event.name, event.data);
    });
  }
  return events;
}

}  // namespace
}  // namespace heyhi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  heyhi::FuzzInput input(data, size);
  const std::size_t piece_size = input.TakeByte() + 1;
  const std::string text = input.TakeRest();
  const auto whole = heyhi::Parse(text, text.size() + 1);
  heyhi::Promise(whole == heyhi::Parse(text, piece_size), "the cut decides nothing");
  heyhi::Promise(whole == heyhi::Parse(text, 1), "the cut decides nothing");
  return 0;
}
