#include "serving/mhd_listener.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "serving/connection_watch.h"
#include "serving/mhd_client_certificate.h"
#include "serving/mhd_response.h"
#include "serving/mutex.h"
#include "serving/pending_reply.h"
#include "serving/request_target.h"
#include "serving/thread.h"

namespace heyhi::internal {
namespace {

using Phase = ConnectionGuard::Phase;

int SocketOf(MHD_Connection* connection) {
  const MHD_ConnectionInfo* info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == nullptr ? -1 : info->connect_fd;
}

const sockaddr* ClientOf(MHD_Connection* connection) {
  const MHD_ConnectionInfo* info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info == nullptr ? nullptr : info->client_addr;
}

std::string NumericAddress(const sockaddr* address) {
  if (address == nullptr) return "";
  char host[NI_MAXHOST] = "";
  const socklen_t size =
      address->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (getnameinfo(address, size, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0) return "";
  return host;
}

// Aborts the connection with a RST: connecting a TCP socket to AF_UNSPEC
// disconnects it at once (Linux, connect(2)).
void ResetConnection(MHD_Connection* connection) {
  sockaddr unspecified = {};
  unspecified.sa_family = AF_UNSPEC;
  // A failure means that the peer has gone already.
  static_cast<void>(connect(SocketOf(connection), &unspecified, sizeof unspecified));
}

// What the library says of a request's headers. It joins nothing: equal names come
// one by one.
struct HeaderCollector {
  std::map<std::string, std::string>& headers;
  std::size_t count = 0;
  bool contradicts = false;
};

MHD_Result CollectHeader(void* context, MHD_ValueKind /*kind*/, const char* key,
                         const char* value) {
  auto& collector = *static_cast<HeaderCollector*>(context);
  ++collector.count;
  const std::string name = absl::AsciiStrToLower(key);
  const std::string text = value == nullptr ? "" : value;
  // A proxy before us may take another of the two than we do (RFC 9112, 6.3 and 11.2).
  if ((name == "content-length" || name == "transfer-encoding" || name == "host") &&
      collector.headers.contains(name)) {
    collector.contradicts = true;
  }
  collector.headers[name] = text;
  return MHD_YES;
}

// One request while it lasts.
struct Exchange {
  std::string target;  // as sent
  bool begun = false;
  ServerRequest request;
  bool body_too_large = false;
  std::size_t swallowed = 0;  // bytes of a body that is too large
  std::shared_ptr<PendingReply> pending;
};

class Listener : public MhdListener {
 public:
  Listener(int fd, HttpServerOptions options, HttpHandler handler)
      : options_(std::move(options)),
        handler_(std::move(handler)),
        fd_(fd),
        watch_(options_.connections) {}
  ~Listener() override;

  absl::Status Start();

  void StopAccepting() override;
  void WaitUntilEmpty(absl::Duration limit) override { watch_.WaitUntilEmpty(limit); }

 private:
  static MHD_Result OnAdmission(void* self, const sockaddr* address, socklen_t size);
  static void OnConnection(void* self, MHD_Connection* connection, void** context,
                           MHD_ConnectionNotificationCode code);
  static void* OnTarget(void* self, const char* target, MHD_Connection* connection);
  static std::size_t KeepEncoded(void* /*self*/, MHD_Connection* /*connection*/, char* text) {
    return std::strlen(text);  // ParseRequestTarget decodes
  }
  static MHD_Result OnAccess(void* self, MHD_Connection* connection, const char* url,
                             const char* method, const char* version, const char* upload,
                             std::size_t* upload_size, void** context);
  static void OnCompleted(void* self, MHD_Connection* connection, void** context,
                          MHD_RequestTerminationCode code);

  std::vector<MHD_OptionItem> LibraryOptions(int socket);
  std::optional<ServerResponse> Begin(MHD_Connection* connection, const char* method,
                                      Exchange& exchange) const;
  MHD_Result TakeBody(Exchange& exchange, const char* upload, std::size_t* size) const;
  MHD_Result Dispatch(MHD_Connection* connection, Exchange& exchange);
  MHD_Result Finish(MHD_Connection* connection, PendingReply& pending);
  MHD_Result Queue(MHD_Connection* connection, ServerResponse response);
  void Enter(MHD_Connection* connection, Phase phase) { watch_.Enter(SocketOf(connection), phase); }

  const HttpServerOptions options_;
  const HttpHandler handler_;
  const int fd_;
  int quiesced_fd_ = -1;
  ConnectionWatch watch_;
  std::string priorities_;  // GnuTLS's word for the versions
  MHD_Daemon* daemon_ = nullptr;

  std::atomic<bool> draining_{false};

  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::shared_ptr<PendingReply>> parked_ ABSL_GUARDED_BY(mutex_);
};

std::vector<MHD_OptionItem> Listener::LibraryOptions(int socket) {
  // The guard refuses first; were the library at its own limit it would stop to accept,
  // and clients would hang.
  constexpr std::size_t kBeyond = 64;
  std::vector<MHD_OptionItem> items = {
      {MHD_OPTION_CONNECTION_LIMIT, static_cast<intptr_t>(options_.connections.total + kBeyond),
       nullptr},
      {MHD_OPTION_CONNECTION_TIMEOUT, 0, nullptr},  // the guard's
      {MHD_OPTION_LISTEN_SOCKET, socket, nullptr},
      {MHD_OPTION_STRICT_FOR_CLIENT, 1, nullptr},
  };
  const auto add = [&items](MHD_OPTION option, const std::string& text) {
    // The library wants a mutable pointer but only reads from it.
    if (!text.empty()) items.push_back({option, 0, const_cast<char*>(text.c_str())});
  };
  if (options_.tls.has_value()) {
    add(MHD_OPTION_HTTPS_MEM_KEY, options_.tls->private_key);
    add(MHD_OPTION_HTTPS_MEM_CERT, options_.tls->certificate_chain);
    add(MHD_OPTION_HTTPS_MEM_TRUST, options_.tls->client_ca);
    add(MHD_OPTION_HTTPS_PRIORITIES, priorities_);
  }
  items.push_back({MHD_OPTION_END, 0, nullptr});
  return items;
}

std::string PrioritiesOf(const TlsIdentity& tls) {
  std::string text = "NORMAL:-VERS-ALL";
  if (tls.max_version >= 13) text += ":+VERS-TLS1.3";
  if (tls.min_version <= 12) text += ":+VERS-TLS1.2";
  return text;
}

// Closes `copy` if it is (still) one of `original`: whether the library has closed it
// depends on where its start failed.
void CloseIfSame(int copy, int original) {
  struct stat one = {};
  struct stat other = {};
  if (fstat(copy, &one) == 0 && fstat(original, &other) == 0 && one.st_dev == other.st_dev &&
      one.st_ino == other.st_ino) {
    close(copy);
  }
}

absl::Status Listener::Start() {
  const auto failure = [this](absl::StatusCode code, const std::string& why) {
    return absl::Status(code, absl::StrCat("cannot start the HTTP server on \"",
                                           options_.listen_address, "\"", why));
  };
  if (absl::Status status = watch_.Start(); !status.ok()) {
    return failure(status.code(), absl::StrCat(": ", status.message()));
  }
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
  if (options_.tls.has_value()) {
    flags |= MHD_USE_TLS;  // half of an identity makes the start fail
    priorities_ = PrioritiesOf(*options_.tls);
  }
  const int socket = fcntl(fd_, F_DUPFD_CLOEXEC, 0);  // the library closes it at its end
  // Without a socket the library would open one of its own, on any port.
  if (socket < 0) return failure(absl::StatusCode::kResourceExhausted, ": no descriptor left");
  std::vector<MHD_OptionItem> items = LibraryOptions(socket);
  daemon_ =
      MHD_start_daemon(flags, 0, &OnAdmission, this, &OnAccess, this, MHD_OPTION_NOTIFY_COMPLETED,
                       &OnCompleted, this, MHD_OPTION_NOTIFY_CONNECTION, &OnConnection, this,
                       MHD_OPTION_URI_LOG_CALLBACK, &OnTarget, this, MHD_OPTION_UNESCAPE_CALLBACK,
                       &KeepEncoded, this, MHD_OPTION_ARRAY, items.data(), MHD_OPTION_END);
  if (daemon_ != nullptr) return absl::OkStatus();
  CloseIfSame(socket, fd_);
  return failure(absl::StatusCode::kInternal,
                 options_.tls.has_value() ? " (check the certificate and its key)" : "");
}

Listener::~Listener() {
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
  if (quiesced_fd_ >= 0) close(quiesced_fd_);
}

void Listener::StopAccepting() {
  draining_ = true;
  // The library's copy of the socket; to be closed only once the daemon has stopped.
  quiesced_fd_ = MHD_quiesce_daemon(daemon_);
  watch_.ShutDownIdle();
}

MHD_Result Listener::OnAdmission(void* self, const sockaddr* address, socklen_t /*size*/) {
  GiveWayToOthers();  // whatever clients want is less urgent than what is timed
  return static_cast<Listener*>(self)->watch_.Admits(address) ? MHD_YES : MHD_NO;
}

void Listener::OnConnection(void* self, MHD_Connection* connection, void** /*context*/,
                            MHD_ConnectionNotificationCode code) {
  ConnectionWatch& watch = static_cast<Listener*>(self)->watch_;
  if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
    watch.Close(SocketOf(connection));
  } else {
    watch.Open(SocketOf(connection), ClientOf(connection));
    const auto& tls = static_cast<Listener*>(self)->options_.tls;
    if (tls.has_value()) AskForClientCertificate(connection, tls->client_auth);
  }
}

// The first line of a request has come. What it returns is the context of OnAccess.
void* Listener::OnTarget(void* self, const char* target, MHD_Connection* connection) {
  static_cast<Listener*>(self)->Enter(connection, Phase::kHeader);
  auto* exchange = new Exchange;  // owned by the request; deleted in OnCompleted
  exchange->target = target;
  return exchange;
}

MHD_Result Listener::OnAccess(void* self, MHD_Connection* connection, const char* /*url*/,
                              const char* method, const char* /*version*/, const char* upload,
                              std::size_t* upload_size, void** context) {
  auto* server = static_cast<Listener*>(self);
  auto& exchange = *static_cast<Exchange*>(*context);
  if (!exchange.begun) {
    exchange.begun = true;
    if (auto refusal = server->Begin(connection, method, exchange); refusal.has_value()) {
      return server->Queue(connection, *std::move(refusal));
    }
    server->Enter(connection, Phase::kBody);
    return MHD_YES;
  }
  if (*upload_size > 0) return server->TakeBody(exchange, upload, upload_size);
  if (exchange.pending != nullptr) return server->Finish(connection, *exchange.pending);
  return server->Dispatch(connection, exchange);
}

ServerResponse Refusal(int status, const std::string& text) {
  ServerResponse response = TextResponse(status, text);
  response.headers.emplace_back("Connection", "close");
  return response;
}

// Takes the request's head; the answer, where it is refused at once.
std::optional<ServerResponse> Listener::Begin(MHD_Connection* connection, const char* method,
                                              Exchange& exchange) const {
  ServerRequest& request = exchange.request;
  HeaderCollector collector{request.headers};
  MHD_get_connection_values(connection, MHD_HEADER_KIND, &CollectHeader, &collector);
  if (collector.count > options_.max_headers) {
    return Refusal(431, absl::StrCat("more than ", options_.max_headers, " headers"));
  }
  if (collector.contradicts || (request.headers.contains("content-length") &&
                                request.headers.contains("transfer-encoding"))) {
    return Refusal(400, "the headers contradict each other: where does the request end?");
  }
  auto target = ParseRequestTarget(exchange.target);
  if (!target.ok()) return Refusal(400, std::string(target.status().message()));
  std::uint64_t length = 0;
  if (absl::SimpleAtoi(request.Header("content-length"), &length) &&
      length > options_.max_body_bytes) {
    return Refusal(413, "the request body is too large");
  }
  request.method = method;
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.client = NumericAddress(ClientOf(connection));
  if (options_.tls.has_value() && !HasClientCertificate(connection, options_.tls->client_auth)) {
    return Refusal(403, "a client certificate is required that this server trusts");
  }
  return std::nullopt;
}

// A body in chunks shows its size only by and by. It is swallowed for a while, so that
// the client hears why; then the connection is cut.
MHD_Result Listener::TakeBody(Exchange& exchange, const char* upload, std::size_t* size) const {
  constexpr std::size_t kPatience = 1 << 20;
  std::string& body = exchange.request.body;
  if (exchange.body_too_large || body.size() + *size > options_.max_body_bytes) {
    exchange.body_too_large = true;
    exchange.swallowed += *size;
    if (exchange.swallowed > kPatience) return MHD_NO;
  } else {
    body.append(upload, *size);
  }
  *size = 0;
  return MHD_YES;
}

MHD_Result Listener::Dispatch(MHD_Connection* connection, Exchange& exchange) {
  Enter(connection, Phase::kHandling);
  exchange.pending = std::make_shared<PendingReply>(connection);
  {
    const MutexLock lock(&mutex_);
    if (stopping_) return MHD_NO;
    parked_.insert(exchange.pending);
  }
  Responder responder(exchange.pending);
  if (exchange.body_too_large) {
    responder.Send(Refusal(413, "the request body is too large"));
  } else {
    handler_(exchange.request, std::move(responder));
  }
  if (exchange.pending->SuspendUnlessAnswered()) return MHD_YES;
  return Finish(connection, *exchange.pending);
}

MHD_Result Listener::Finish(MHD_Connection* connection, PendingReply& pending) {
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
  return Queue(connection, std::move(response));
}

MHD_Result Listener::Queue(MHD_Connection* connection, ServerResponse response) {
  Enter(connection, Phase::kWriting);
  if (draining_) response.headers.emplace_back("Connection", "close");
  const auto status = static_cast<unsigned>(response.status);
  MHD_Response* mhd_response = MakeMhdResponse(std::move(response));
  const MHD_Result result = MHD_queue_response(connection, status, mhd_response);
  MHD_destroy_response(mhd_response);
  return result;
}

void Listener::OnCompleted(void* self, MHD_Connection* connection, void** context,
                           MHD_RequestTerminationCode /*code*/) {
  auto* server = static_cast<Listener*>(self);
  server->Enter(connection, Phase::kIdle);
  const std::unique_ptr<Exchange> exchange(static_cast<Exchange*>(*context));
  *context = nullptr;
  if (exchange == nullptr || exchange->pending == nullptr) return;
  exchange->pending->ConnectionGone();
  const MutexLock lock(&server->mutex_);
  server->parked_.erase(exchange->pending);
}

}  // namespace

absl::StatusOr<std::unique_ptr<MhdListener>> StartMhdListener(int fd,
                                                              const HttpServerOptions& options,
                                                              HttpHandler handler) {
  auto listener = std::make_unique<Listener>(fd, options, std::move(handler));
  if (absl::Status status = listener->Start(); !status.ok()) return status;
  return listener;
}

}  // namespace heyhi::internal
