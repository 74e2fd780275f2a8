#ifndef HEYHI_PROBES_CURL_OPTION_SETTER_H_
#define HEYHI_PROBES_CURL_OPTION_SETTER_H_

#include <curl/curl.h>

namespace heyhi {

// Collects the first refusal of curl_easy_setopt, so that options read as a list.
class CurlOptionSetter {
 public:
  // For a handle that outlives it.
  explicit CurlOptionSetter(CURL* handle) : handle_(handle) {}

  template <typename Value>
  CurlOptionSetter& Set(CURLoption option, Value value) {
    if (code_ == CURLE_OK) code_ = curl_easy_setopt(handle_, option, value);
    return *this;
  }
  CURLcode code() const { return code_; }

 private:
  CURL* handle_;
  CURLcode code_ = CURLE_OK;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_CURL_OPTION_SETTER_H_
