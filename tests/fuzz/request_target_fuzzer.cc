#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "serving/request_target.h"

// What is decoded can be coded again, and then decodes to the same.

namespace {

std::string Encode(const std::string& text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string coded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    coded += {'%', kHex[byte / 16], kHex[byte % 16]};
  }
  return coded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto target =
      heyhi::ParseRequestTarget(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!target.ok()) return 0;
  std::string coded = "/" + Encode(target->path.substr(1));
  char separator = '?';
  for (const auto& [name, value] : target->query) {
    coded += separator + Encode(name) + "=" + Encode(value);
    separator = '&';
  }
  const auto again = heyhi::ParseRequestTarget(coded);
  if (!again.ok()) return coded.size() > 8192 ? 0 : (std::abort(), 0);
  if (again->path != target->path || again->query != target->query) std::abort();
  return 0;
}
