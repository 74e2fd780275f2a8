#include "probes/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

namespace heyhi {
namespace {

// The part's text, or "" where the URL lacks it.
std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) return "";
  std::string result = text;
  curl_free(text);
  return result;
}

}  // namespace

absl::StatusOr<Url> ParseUrl(const std::string& text) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return absl::InvalidArgumentError("not a URL: expected https://host or https://host/path");
  }
  Url result;
  const std::string scheme = Part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return absl::InvalidArgumentError("not an http or https URL");
  }
  result.https = scheme == "https";
  result.host = Part(url.get(), CURLUPART_HOST);
  if (absl::StartsWith(result.host, "[") && absl::EndsWith(result.host, "]")) {
    result.host = result.host.substr(1, result.host.size() - 2);
  }
  if (!absl::SimpleAtoi(Part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT), &result.port)) {
    return absl::InvalidArgumentError("the URL has no valid port");
  }
  in_addr v4;
  in6_addr v6;
  const bool is_v4 = inet_pton(AF_INET, result.host.c_str(), &v4) == 1;
  const bool is_v6 = inet_pton(AF_INET6, result.host.c_str(), &v6) == 1;
  result.host_is_address = is_v4 || is_v6;
  result.host_is_loopback = result.host == "localhost" ||
                            (is_v4 && (ntohl(v4.s_addr) >> 24) == 127) ||
                            (is_v6 && IN6_IS_ADDR_LOOPBACK(&v6));
  result.has_credentials =
      !Part(url.get(), CURLUPART_USER).empty() || !Part(url.get(), CURLUPART_PASSWORD).empty();
  result.has_query_or_fragment =
      !Part(url.get(), CURLUPART_QUERY).empty() || !Part(url.get(), CURLUPART_FRAGMENT).empty();
  return result;
}

absl::StatusOr<std::string> ReadProxy(const std::string& text) {
  if (text == "none") return "";
  const absl::StatusOr<Url> url = ParseUrl(text);
  const std::size_t host = std::string_view("http://").size();
  if (!url.ok() || !absl::StartsWithIgnoreCase(text, "http://") ||
      text.find_first_of("@?# \t", host) != text.npos || text.find('/', host) < text.size() - 1) {
    return absl::InvalidArgumentError(
        "proxy: expected none or the URL of an HTTP proxy, such as http://proxy.example.com:3128, "
        "without user and password");
  }
  return text;
}

std::string EncodePathSegment(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("-._~:", c)) {
      encoded.push_back(c);
    } else {
      absl::StrAppendFormat(&encoded, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace heyhi
