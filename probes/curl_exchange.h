#ifndef HEYHI_PROBES_CURL_EXCHANGE_H_
#define HEYHI_PROBES_CURL_EXCHANGE_H_

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/clock.h"
#include "probes/curl_transport.h"
#include "probes/http_transport.h"
#include "probes/url.h"

namespace heyhi {

// One request and its answer on one libcurl handle: sets the handle up, notes
// times at libcurl's callbacks, enforces the caps, and turns the result code
// into a reason. Part of the libcurl wall: only curl_transport.cc uses it.
// Thread-compatible; must stay at its address (libcurl holds it).
class CurlExchange {
 public:
  // Begins to count time. `clock` and `options` must outlive it.
  CurlExchange(const Clock& clock, const CurlTransportOptions& options, HttpRequest request,
               Url url);
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;
  ~CurlExchange();

  const Url& url() const { return url_; }
  // The bundle that the server is verified with.
  const std::string& ca_file() const {
    return request_.ca_file.empty() ? options_.ca_file : request_.ca_file;
  }
  CURL* handle() { return handle_; }
  MonotonicTime deadline() const { return started_ + request_.timeout; }

  // The name is resolved (or was an address): prepares the handle to connect to
  // these addresses. False where libcurl refuses; Fail has then been called.
  bool Prepare(const std::vector<std::string>& addresses);

  // Ends the exchange before libcurl took part.
  void Fail(Reason reason, const std::string& detail);
  // Ends it with libcurl's result.
  void Finish(CURLcode code);

  // The facts, after Fail or Finish.
  HttpExchange TakeResult() { return std::move(result_); }

 private:
  static CURLcode OnTcpConnected(CURL* handle, void* context, void* self);
  static int OnReadyToSend(void* self, char* remote, char* local, int remote_port, int local_port);
  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* self);

  bool SetOptions(const std::vector<std::string>& addresses);
  void AddHeaderLine(const std::string& line);
  void AddBodyPiece(std::string_view bytes);
  // We end the exchange ourselves, for this reason.
  void Abort(Reason reason, const std::string& detail) {
    abort_reason_ = reason;
    abort_detail_ = detail;
  }
  Reason ReasonOf(CURLcode code) const;
  absl::Duration Elapsed() const { return clock_.Monotonic() - started_; }

  const Clock& clock_;
  const CurlTransportOptions& options_;
  const HttpRequest request_;
  const Url url_;
  const MonotonicTime started_;
  CURL* handle_;
  curl_slist* header_list_ = nullptr;
  curl_slist* resolve_list_ = nullptr;
  char error_text_[CURL_ERROR_SIZE] = "";
  std::size_t header_bytes_ = 0;
  int requests_sent_ = 0;
  bool awaits_status_ = true;  // a line that begins with "HTTP/" is one
  std::optional<Reason> abort_reason_;
  std::string abort_detail_;
  HttpExchange result_;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_CURL_EXCHANGE_H_
