#ifndef HEYHI_TESTS_PROBES_TCP_PEER_H_
#define HEYHI_TESTS_PROBES_TCP_PEER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "serving/mutex.h"
#include "tools/certificate.h"

namespace heyhi {

// A client's connection as the script of a TcpPeer sees it. The calls block
// until they are done, the client has gone or the peer is destroyed.
class PeerConnection {
 public:
  virtual ~PeerConnection() = default;

  // The next HTTP/1 request with its body; "" where none came whole.
  virtual std::string ReadRequest() = 0;
  // What has arrived by the time that anything has; "" at the end.
  virtual std::string ReadSome() = 0;
  // False where the client has gone.
  virtual bool Send(const std::string& bytes) = 0;
  // Until the client closes.
  virtual void WaitForClient() = 0;
  // Ends the TLS session as it should be, before the connection.
  virtual void CloseTls() = 0;
  // Makes the connection end by a TCP reset.
  virtual void Reset() = 0;
};

// A server that does what a script says, right or wrong, with one
// connection at a time. When the script returns, the connection is closed.
class TcpPeer {
 public:
  using Script = std::function<void(PeerConnection&)>;

  // With a certificate it speaks TLS, and the script begins after the handshake.
  explicit TcpPeer(Script script, std::optional<Certificate> certificate = std::nullopt,
                   const std::string& address = "127.0.0.1:0");
  // Cuts the connection that is open.
  ~TcpPeer();

  int port() const { return port_; }
  // "http://127.0.0.1:40123/", whatever its address; https with a certificate.
  std::string url() const;
  int connections() const;
  // Every request that was read whole.
  std::vector<std::string> requests() const;

 private:
  class Connection;

  void Run();
  void Serve(int fd);

  const Script script_;
  const std::optional<Certificate> certificate_;
  int listen_fd_ = -1;
  int port_ = 0;
  mutable Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int open_fd_ ABSL_GUARDED_BY(mutex_) = -1;
  int connections_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// A whole HTTP/1.1 answer with the status 200.
std::string HttpAnswer(const std::string& body);

// Reads a request, if one comes, and answers it with "ok".
void AnswerOk(PeerConnection& client);

// Says nothing until the client has gone.
void StaySilent(PeerConnection& client);

}  // namespace heyhi

#endif  // HEYHI_TESTS_PROBES_TCP_PEER_H_
