#include "tests/serving/http_client.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/ascii.h"

namespace heyhi {
namespace {

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t AppendBody(char* data, std::size_t /*size*/, std::size_t count, void* reply) {
  static_cast<ClientReply*>(reply)->body.append(data, count);
  return count;
}

std::size_t AddHeader(char* data, std::size_t /*size*/, std::size_t count, void* reply) {
  const std::string line(data, count);
  if (const auto colon = line.find(':'); colon != std::string::npos) {
    const std::string name = absl::AsciiStrToLower(line.substr(0, colon));
    static_cast<ClientReply*>(reply)->headers[name] =
        std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  return count;
}

void SetRequest(CURL* easy, const ClientRequest& request) {
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(request.limit)));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  if (!request.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (!request.method.empty()) {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  if (request.ca.empty()) return;
  curl_blob blob = {};
  blob.data = const_cast<char*>(request.ca.data());  // only read; copied by the flag
  blob.len = request.ca.size();
  blob.flags = CURL_BLOB_COPY;
  curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
}

}  // namespace

ClientReply Send(const ClientRequest& request) {
  ClientReply reply;
  const std::unique_ptr<CURL, EasyDeleter> easy(curl_easy_init());
  std::unique_ptr<curl_slist, ListDeleter> headers;
  for (const std::string& header : request.headers) {
    headers.reset(curl_slist_append(headers.release(), header.c_str()));
  }
  char error[CURL_ERROR_SIZE] = "";
  SetRequest(easy.get(), request);
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &AppendBody);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &reply);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, &AddHeader);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &reply);
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, error);
  reply.curl_code = curl_easy_perform(easy.get());
  reply.error = error;
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  long os_errno = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &os_errno);
  reply.os_errno = static_cast<int>(os_errno);
  return reply;
}

}  // namespace heyhi
