#include "probes/http_transport.h"

namespace heyhi {

std::string HttpExchange::Header(const std::string& name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace heyhi
