#include "serving/http_server.h"

#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "serving/listen_socket.h"
#include "serving/mutex.h"

namespace heyhi {
namespace internal {

// The answer to one request, on its way from whoever holds the Responder to the
// server thread. Thread-safe.
class PendingReply {
 public:
  enum class Action { kNone, kSend, kReset, kCut };

  explicit PendingReply(MHD_Connection* connection) : connection_(connection) {}

  void Answer(Action action, ServerResponse response) {
    const MutexLock lock(&mutex_);
    if (action_ != Action::kNone) return;
    action_ = action;
    response_ = std::move(response);
    if (suspended_ && connection_ != nullptr) {
      suspended_ = false;
      MHD_resume_connection(connection_);
    }
  }

  // On the server thread: parks the connection unless the answer is there.
  bool SuspendUnlessAnswered() {
    const MutexLock lock(&mutex_);
    if (action_ != Action::kNone) return false;
    suspended_ = true;
    MHD_suspend_connection(connection_);
    return true;
  }

  Action Take(ServerResponse* response) {
    const MutexLock lock(&mutex_);
    *response = std::move(response_);
    return action_;
  }

  void ConnectionGone() {
    const MutexLock lock(&mutex_);
    connection_ = nullptr;
    suspended_ = false;
  }

 private:
  Mutex mutex_;
  MHD_Connection* connection_ ABSL_GUARDED_BY(mutex_);
  bool suspended_ ABSL_GUARDED_BY(mutex_) = false;
  Action action_ ABSL_GUARDED_BY(mutex_) = Action::kNone;
  ServerResponse response_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace internal

namespace {

using internal::PendingReply;

struct BodyReader {
  std::string body;
  std::size_t end = 0;
};

ssize_t ReadTruncatedBody(void* context, std::uint64_t position, char* buffer, std::size_t max) {
  const auto* reader = static_cast<BodyReader*>(context);
  if (position >= reader->end) return MHD_CONTENT_READER_END_WITH_ERROR;
  const std::size_t count = std::min<std::size_t>(max, reader->end - position);
  std::memcpy(buffer, reader->body.data() + position, count);
  return static_cast<ssize_t>(count);
}

void DeleteBodyReader(void* context) { delete static_cast<BodyReader*>(context); }

MHD_Response* MakeResponse(const ServerResponse& response) {
  MHD_Response* result = nullptr;
  if (response.truncate_after.has_value() && *response.truncate_after < response.body.size()) {
    auto* reader = new BodyReader{response.body, *response.truncate_after};
    result = MHD_create_response_from_callback(response.body.size(), 16384, &ReadTruncatedBody,
                                               reader, &DeleteBodyReader);
  } else {
    // The library wants a mutable pointer but only copies from it.
    result = MHD_create_response_from_buffer(
        response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
  }
  for (const auto& [name, value] : response.headers) {
    MHD_add_response_header(result, name.c_str(), value.c_str());
  }
  return result;
}

// Aborts the connection with a RST: connecting a TCP socket to AF_UNSPEC
// disconnects it at once (Linux, connect(2)).
void ResetConnection(MHD_Connection* connection) {
  const MHD_ConnectionInfo* info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (info == nullptr) return;
  sockaddr unspecified = {};
  unspecified.sa_family = AF_UNSPEC;
  // A failure means that the peer has gone already.
  static_cast<void>(connect(info->connect_fd, &unspecified, sizeof unspecified));
}

MHD_Result CollectPair(void* context, MHD_ValueKind kind, const char* key, const char* value) {
  auto& pairs = *static_cast<std::map<std::string, std::string>*>(context);
  const std::string name = kind == MHD_HEADER_KIND ? absl::AsciiStrToLower(key) : key;
  pairs[name] = value == nullptr ? "" : value;
  return MHD_YES;
}

class MicrohttpdServer : public HttpServer {
 public:
  MicrohttpdServer(HttpServerOptions options, HttpHandler handler)
      : options_(std::move(options)), handler_(std::move(handler)) {}
  ~MicrohttpdServer() override;

  absl::Status Start();

  std::string address() const override { return socket_.address; }
  int port() const override { return socket_.port; }

 private:
  struct Connection {
    ServerRequest request;
    bool body_too_large = false;
    std::shared_ptr<PendingReply> pending;
  };

  static MHD_Result OnAccess(void* self, MHD_Connection* connection, const char* url,
                             const char* method, const char* version, const char* upload,
                             std::size_t* upload_size, void** context);
  static void OnCompleted(void* self, MHD_Connection* connection, void** context,
                          MHD_RequestTerminationCode code);

  MHD_Result Dispatch(MHD_Connection* connection, Connection& state);
  static MHD_Result Finish(MHD_Connection* connection, PendingReply& pending);

  const HttpServerOptions options_;
  const HttpHandler handler_;
  ListenSocket socket_;
  MHD_Daemon* daemon_ = nullptr;

  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::shared_ptr<PendingReply>> parked_ ABSL_GUARDED_BY(mutex_);
};

absl::Status MicrohttpdServer::Start() {
  auto opened = OpenListenSocket(options_.listen_address);
  if (!opened.ok()) return opened.status();
  socket_ = *opened;

  // Half of an identity makes the start fail: never plain HTTP instead.
  const bool tls = !options_.tls_private_key.empty() || !options_.tls_certificate_chain.empty();
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
  std::vector<MHD_OptionItem> items = {
      {MHD_OPTION_CONNECTION_LIMIT, static_cast<intptr_t>(options_.connection_limit), nullptr},
      {MHD_OPTION_CONNECTION_TIMEOUT,
       static_cast<intptr_t>(absl::ToInt64Seconds(options_.idle_timeout)), nullptr},
      {MHD_OPTION_LISTEN_SOCKET, socket_.fd, nullptr},
  };
  if (tls) {
    flags |= MHD_USE_TLS;
    items.push_back(
        {MHD_OPTION_HTTPS_MEM_KEY, 0, const_cast<char*>(options_.tls_private_key.c_str())});
    items.push_back(
        {MHD_OPTION_HTTPS_MEM_CERT, 0, const_cast<char*>(options_.tls_certificate_chain.c_str())});
  }
  items.push_back({MHD_OPTION_END, 0, nullptr});
  daemon_ =
      MHD_start_daemon(flags, 0, nullptr, nullptr, &OnAccess, this, MHD_OPTION_NOTIFY_COMPLETED,
                       &OnCompleted, this, MHD_OPTION_ARRAY, items.data(), MHD_OPTION_END);
  if (daemon_ == nullptr) {
    close(socket_.fd);
    return absl::InternalError(absl::StrCat("cannot start the HTTP server on \"",
                                            options_.listen_address, "\"",
                                            tls ? " (check the certificate and its key)" : ""));
  }
  return absl::OkStatus();
}

MicrohttpdServer::~MicrohttpdServer() {
  if (daemon_ == nullptr) return;
  // The library aborts the process if it is stopped while connections are
  // suspended, so every one is resumed first, and told to close.
  std::set<std::shared_ptr<PendingReply>> parked;
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
    parked = parked_;
  }
  for (const auto& pending : parked) pending->Answer(PendingReply::Action::kCut, {});
  MHD_stop_daemon(daemon_);
}

MHD_Result MicrohttpdServer::OnAccess(void* self, MHD_Connection* connection, const char* url,
                                      const char* method, const char* /*version*/,
                                      const char* upload, std::size_t* upload_size,
                                      void** context) {
  auto* server = static_cast<MicrohttpdServer*>(self);
  auto* state = static_cast<Connection*>(*context);
  if (state == nullptr) {
    state = new Connection;  // owned by the connection; deleted in OnCompleted
    *context = state;
    state->request.method = method;
    state->request.path = url;
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &CollectPair,
                              &state->request.query);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, &CollectPair, &state->request.headers);
    return MHD_YES;
  }
  if (*upload_size > 0) {
    if (state->request.body.size() + *upload_size > server->options_.max_body_bytes) {
      state->body_too_large = true;
    } else {
      state->request.body.append(upload, *upload_size);
    }
    *upload_size = 0;
    return MHD_YES;
  }
  if (state->pending != nullptr) return Finish(connection, *state->pending);
  return server->Dispatch(connection, *state);
}

MHD_Result MicrohttpdServer::Dispatch(MHD_Connection* connection, Connection& state) {
  state.pending = std::make_shared<PendingReply>(connection);
  {
    const MutexLock lock(&mutex_);
    if (stopping_) return MHD_NO;
    parked_.insert(state.pending);
  }
  Responder responder(state.pending);
  if (state.body_too_large) {
    responder.Send(TextResponse(413, "the request body is too large"));
  } else {
    handler_(state.request, std::move(responder));
  }
  if (state.pending->SuspendUnlessAnswered()) return MHD_YES;
  return Finish(connection, *state.pending);
}

MHD_Result MicrohttpdServer::Finish(MHD_Connection* connection, PendingReply& pending) {
  ServerResponse response;
  switch (pending.Take(&response)) {
    case PendingReply::Action::kReset:
      ResetConnection(connection);
      return MHD_NO;
    case PendingReply::Action::kCut:
    case PendingReply::Action::kNone:
      return MHD_NO;
    case PendingReply::Action::kSend:
      break;
  }
  MHD_Response* mhd_response = MakeResponse(response);
  const MHD_Result result =
      MHD_queue_response(connection, static_cast<unsigned>(response.status), mhd_response);
  MHD_destroy_response(mhd_response);
  return result;
}

void MicrohttpdServer::OnCompleted(void* self, MHD_Connection* /*connection*/, void** context,
                                   MHD_RequestTerminationCode /*code*/) {
  auto* server = static_cast<MicrohttpdServer*>(self);
  const std::unique_ptr<Connection> state(static_cast<Connection*>(*context));
  *context = nullptr;
  if (state == nullptr || state->pending == nullptr) return;
  state->pending->ConnectionGone();
  const MutexLock lock(&server->mutex_);
  server->parked_.erase(state->pending);
}

}  // namespace

std::string ServerRequest::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

ServerResponse TextResponse(int status, const std::string& text) {
  return {status,
          {{"Content-Type", "text/plain; charset=utf-8"}},
          absl::StrCat(text, "\n"),
          std::nullopt};
}

Responder::Responder(std::shared_ptr<PendingReply> pending) : pending_(std::move(pending)) {}
Responder::Responder(Responder&&) noexcept = default;

Responder& Responder::operator=(Responder&& other) noexcept {
  std::swap(pending_, other.pending_);
  return *this;
}

Responder::~Responder() {
  if (pending_ == nullptr) return;
  pending_->Answer(PendingReply::Action::kSend, TextResponse(500, "no answer was given"));
}

void Responder::Send(ServerResponse response) {
  pending_->Answer(PendingReply::Action::kSend, std::move(response));
}

void Responder::Reset() { pending_->Answer(PendingReply::Action::kReset, {}); }

absl::StatusOr<std::unique_ptr<HttpServer>> StartHttpServer(const HttpServerOptions& options,
                                                            HttpHandler handler) {
  auto server = std::make_unique<MicrohttpdServer>(options, std::move(handler));
  if (absl::Status status = server->Start(); !status.ok()) return status;
  return server;
}

}  // namespace heyhi
