#ifndef HEYHI_PROBES_CURL_EXCHANGE_H_
#define HEYHI_PROBES_CURL_EXCHANGE_H_

#include <curl/curl.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "probes/answer_recorder.h"
#include "probes/clock.h"
#include "probes/curl_transport.h"
#include "probes/http_transport.h"
#include "probes/standstill.h"
#include "probes/url.h"

namespace heyhi {

// One request and its answer on one libcurl handle: sets the handle up, notes
// times at libcurl's callbacks, and turns the result code into a reason. Part of
// the libcurl wall. Thread-compatible; must stay at its address (libcurl holds it).
class CurlExchange {
 public:
  // What all exchanges of a transport share, and what outlives them.
  struct Surroundings {
    const Clock& clock;
    const CurlTransportOptions& options;
    const StandstillMeter& meter;
  };

  // Begins to count time.
  CurlExchange(const Surroundings& surroundings, HttpRequest request, Url url);
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;
  ~CurlExchange();

  // The one that this handle belongs to.
  static CurlExchange* Of(CURL* handle);

  const Url& url() const { return url_; }
  // Where the connection goes: to the proxy, or the server itself.
  const Url& peer() const { return proxy_.has_value() ? *proxy_ : url_; }
  bool has_proxy() const { return proxy_.has_value(); }
  // The bundle that the server is verified with.
  const std::string& ca_file() const {
    return request_.ca_file.empty() ? options_.ca_file : request_.ca_file;
  }
  MonotonicTime started() const { return started_; }
  MonotonicTime deadline() const { return started_ + request_.timeout; }

  // Called once the request is out, or the connection stands where there is none.
  void set_on_request_out(std::function<void()> call) { on_request_out_ = std::move(call); }
  bool request_is_out() const { return result_.times.request_sent.has_value(); }
  void set_waited(absl::Duration waited) { result_.waited = waited; }

  // The name is resolved (or was an address): prepares the handle to connect to
  // these addresses. False where it cannot; Fail has then been called.
  bool Prepare(const std::vector<std::string>& addresses);
  // Lets this multi handle move it. False where libcurl refuses.
  bool Attach(CURLM* multi);
  // Called where an address did not connect, from within libcurl: Nudge is needed.
  void set_on_address_lost(std::function<void()> call) { on_address_lost_ = std::move(call); }
  // Makes libcurl look at it at once. By itself it would try the next address of the
  // same family after half of the timeout (7.88.1).
  void Nudge();
  // Called from within libcurl where some of the answer came before the request was all
  // out, and where more of the request went out after that. Needed. Over HTTP/2 libcurl (7.88.1)
  // may read the end of such an answer, send what is left of the request, and then wait for what it
  // has read: it must be told to read once more.
  void set_on_early(std::function<void()> call) { on_early_ = std::move(call); }

  // Around each call that lets libcurl read from this socket: what it reads came when
  // the kernel says, not now.
  void BeginReading(int fd);
  void EndReading() { arrival_.reset(); }

  // This is when nobody attended.
  void AddStandstill(const Standstill& standstill) { standstills_.Add(standstill); }

  // Ends the exchange for a reason of ours.
  void Fail(Reason reason, const std::string& detail);
  // Ends it with libcurl's result.
  void Finish(CURLcode code);

  // The facts, after Fail or Finish.
  HttpExchange TakeResult() { return std::move(result_); }

 private:
  static CURLcode OnTcpConnected(CURL* handle, void* context, void* self);
  static int OnReadyToSend(void* self, char* remote, char* local, int remote_port, int local_port);
  static int OnProgress(void* self, curl_off_t to_download, curl_off_t downloaded,
                        curl_off_t to_upload, curl_off_t uploaded);
  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int OnCloseSocket(void* self, curl_socket_t fd);

  // A proxy is ours, wherever it is.
  bool connects_to_public_only() const { return request_.public_only && !has_proxy(); }
  CURLcode SetOptions(const std::vector<std::string>& addresses);
  CURLcode SetHooks();
  void SayIfEarly();
  // Takes what is not asked for twice as the result; libcurl would ask again.
  void RefuseToRepeat();
  void SetFailure(CURLcode code);
  void NoteEnd();
  void Detach();
  absl::Duration Elapsed() const { return clock_.Monotonic() - started_; }
  // When what libcurl hands over now reached us.
  absl::Duration ArrivedAt();
  // Nothing but the end of the connection tells the end of the answer.
  bool EndsByClosing() const;

  const Clock& clock_;
  const CurlTransportOptions& options_;
  const StandstillMeter& meter_;
  const HttpRequest request_;
  const Url url_;
  const std::optional<Url> proxy_;
  const MonotonicTime started_;
  StandstillRecord standstills_;
  CURL* const handle_;
  CURLM* multi_ = nullptr;  // while attached
  curl_slist* header_list_ = nullptr;
  curl_slist* resolve_list_ = nullptr;
  char error_text_[CURL_ERROR_SIZE] = "";
  std::function<void()> on_request_out_;
  std::function<void()> on_address_lost_;
  std::function<void()> on_early_;
  bool connected_ = false;
  std::size_t connect_bytes_ = 0;  // that a proxy answered, or more
  int requests_sent_ = 0;
  std::optional<absl::Duration> arrival_;  // of what is being read
  absl::Duration last_arrival_ = absl::ZeroDuration();
  bool is_early_ = false;                      // the answer: before the request was all out
  curl_off_t uploaded_ = 0;                    // as libcurl last said
  bool was_cut_ = false;                       // and libcurl may not know
  std::optional<absl::Duration> progress_at_;  // when libcurl last moved the transfer
  int socket_errno_ = 0;                       // of a socket that could not be made
  std::string refused_address_;                // that we did not connect to, since it is not public
  HttpExchange result_;
  AnswerRecorder recorder_;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_CURL_EXCHANGE_H_
