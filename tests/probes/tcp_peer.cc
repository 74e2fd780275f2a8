#include "tests/probes/tcp_peer.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "serving/listen_socket.h"
#include "tools/openssl_handles.h"

namespace heyhi {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, OpensslDeleter<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL, OpensslDeleter<SSL_free>>;

BioHandle BioOf(const std::string& text) {
  return BioHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

ContextPtr MakeContext(const Certificate& certificate) {
  ContextPtr context(SSL_CTX_new(TLS_server_method()));
  const X509Handle leaf(
      PEM_read_bio_X509(BioOf(certificate.chain).get(), nullptr, nullptr, nullptr));
  const KeyHandle key(
      PEM_read_bio_PrivateKey(BioOf(certificate.private_key).get(), nullptr, nullptr, nullptr));
  SSL_CTX_use_certificate(context.get(), leaf.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  return context;
}

// The bytes of the first request in `bytes`; 0 while it is not whole.
std::size_t RequestLength(const std::string& bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  const std::string head = absl::AsciiStrToLower(bytes.substr(0, end + 2));
  constexpr char kLength[] = "\r\ncontent-length: ";
  std::size_t body = 0;
  if (const auto at = head.find(kLength); at != std::string::npos) {
    const auto number = at + sizeof kLength - 1;
    if (!absl::SimpleAtoi(head.substr(number, head.find('\r', number) - number), &body)) return 0;
  }
  const std::size_t length = end + 4 + body;
  return bytes.size() >= length ? length : 0;
}

}  // namespace

class TcpPeer::Connection : public PeerConnection {
 public:
  Connection(int fd, SSL* session, TcpPeer& peer) : fd_(fd), session_(session), peer_(peer) {}

  std::string ReadRequest() override {
    for (;;) {
      if (const std::size_t length = RequestLength(unread_); length > 0) {
        std::string request = unread_.substr(0, length);
        unread_.erase(0, length);
        const MutexLock lock(&peer_.mutex_);
        peer_.requests_.push_back(request);
        return request;
      }
      const std::string more = ReadSome();
      if (more.empty()) return "";
      unread_ += more;
    }
  }

  std::string ReadSome() override {
    char buffer[16384];
    const ssize_t count = session_ != nullptr ? SSL_read(session_, buffer, sizeof buffer)
                                              : recv(fd_, buffer, sizeof buffer, 0);
    return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : "";
  }

  bool Send(const std::string& bytes) override {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const char* from = bytes.data() + sent;
      const std::size_t left = bytes.size() - sent;
      const ssize_t count = session_ != nullptr ? SSL_write(session_, from, static_cast<int>(left))
                                                : send(fd_, from, left, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    return true;
  }

  void WaitForClient() override {
    while (!ReadSome().empty()) {
    }
  }

  void CloseTls() override { SSL_shutdown(session_); }

  void Reset() override {
    const linger at_once = {1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

 private:
  const int fd_;
  SSL* const session_;  // null without TLS
  TcpPeer& peer_;
  std::string unread_;
};

TcpPeer::TcpPeer(Script script, std::optional<Certificate> certificate, const std::string& address)
    : script_(std::move(script)), certificate_(std::move(certificate)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  const auto socket = OpenListenSocket(address);
  if (!socket.ok()) std::abort();
  listen_fd_ = socket->fd;
  port_ = socket->port;
  thread_ = std::thread([this] { Run(); });
}

TcpPeer::~TcpPeer() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
    shutdown(listen_fd_, SHUT_RDWR);
    if (open_fd_ >= 0) shutdown(open_fd_, SHUT_RDWR);
  }
  thread_.join();
  close(listen_fd_);
}

std::string TcpPeer::url() const {
  return absl::StrCat(certificate_.has_value() ? "https" : "http", "://127.0.0.1:", port_, "/");
}

int TcpPeer::connections() const {
  const MutexLock lock(&mutex_);
  return connections_;
}

std::vector<std::string> TcpPeer::requests() const {
  const MutexLock lock(&mutex_);
  return requests_;
}

void TcpPeer::Run() {
  for (;;) {
    pollfd readable = {listen_fd_, POLLIN, 0};
    poll(&readable, 1, -1);
    const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
    {
      const MutexLock lock(&mutex_);
      if (stopping_) {
        if (fd >= 0) close(fd);
        return;
      }
      if (fd < 0) continue;
      open_fd_ = fd;
      ++connections_;
    }
    Serve(fd);
    const MutexLock lock(&mutex_);
    open_fd_ = -1;
    close(fd);
  }
}

void TcpPeer::Serve(int fd) {
  if (!certificate_.has_value()) {
    Connection connection(fd, nullptr, *this);
    script_(connection);
    return;
  }
  const ContextPtr context = MakeContext(*certificate_);
  const SessionPtr session(SSL_new(context.get()));
  SSL_set_fd(session.get(), fd);
  if (SSL_accept(session.get()) != 1) return;  // the client did not like the certificate
  Connection connection(fd, session.get(), *this);
  script_(connection);
}

std::string HttpAnswer(const std::string& body) {
  return absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
}

void AnswerOk(PeerConnection& client) {
  if (!client.ReadRequest().empty()) client.Send(HttpAnswer("ok"));
}

void StaySilent(PeerConnection& client) { client.WaitForClient(); }

}  // namespace heyhi
