// What is kept of a failure: within its size, printable, and without the key.
#include <string>

#include "probes/support_sample.h"
#include "tests/fuzz/fuzz_input.h"

namespace heyhi {
namespace {

constexpr char kKey[] = "sk-canary-0123456789abcdefghijklmnopqrstuvwxyz";

void ExpectClean(const std::string& text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    Promise(byte >= 0x20 || c == '\n' || c == '\t', "no control characters");
    Promise(byte != 0x7f, "no control characters");
  }
  const std::string key(kKey);
  for (std::size_t at = 0; at + 8 <= key.size(); ++at) {
    Promise(text.find(key.substr(at, 8)) == std::string::npos, "no part of the key");
  }
}

}  // namespace
}  // namespace heyhi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  heyhi::FuzzInput input(data, size);
  heyhi::HttpExchange exchange;
  exchange.status = 500;
  const unsigned key_at = input.TakeByte();
  exchange.body = input.TakeRest();
  exchange.headers = {{"x-echo", exchange.body.substr(0, 200)}};
  exchange.body.insert(exchange.body.size() * key_at / 256, heyhi::kKey);
  const heyhi::SupportSample sample = heyhi::TakeSample(exchange, heyhi::Secret(heyhi::kKey));
  heyhi::Promise(sample.body.size() <= 1024, "at most 1 KiB of body");
  heyhi::ExpectClean(sample.body);
  for (const auto& [name, value] : sample.headers) {
    heyhi::ExpectClean(name);
    heyhi::ExpectClean(value);
  }
  return 0;
}
