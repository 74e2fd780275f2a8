#ifndef HEYHI_SERVING_PASSWORD_CHECKER_H_
#define HEYHI_SERVING_PASSWORD_CHECKER_H_

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "serving/mutex.h"

namespace heyhi {

// Checks names and passwords against bcrypt hashes, on a thread of its own: one check
// takes 20 to 200 ms of a core, so that strangers could stop a server with wrong ones.
// Passwords found right are remembered (as an HMAC under a key of this process), so
// that scrapers do not pay again. A name that is not known costs as much as one that
// is. Thread-safe.
class PasswordChecker {
 public:
  enum class Verdict {
    kRight,
    kWrong,
    kBusy,  // too many wait already: try again later
  };
  using Users = std::map<std::string, std::string>;  // name to bcrypt hash
  // May be called on any thread, before Check returns too; must not block.
  using Done = std::function<void(Verdict)>;

  PasswordChecker();
  // What still waits is told kBusy.
  ~PasswordChecker();

  // Starts the thread; fails where the system has none left.
  absl::Status Start();

  void Check(const Users& users, const std::string& name, const std::string& password, Done done);

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Job {
    std::string hash;
    bool known = false;  // else the hash is a dummy's
    std::string password;
    Digest digest;
    Done done;
  };

  void Run();
  Digest DigestOf(const std::string& name, const std::string& hash,
                  const std::string& password) const;

  std::array<unsigned char, 32> key_;
  Mutex mutex_;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);
  std::set<Digest> right_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  Condition changed_;
  std::thread thread_;
};

}  // namespace heyhi

#endif  // HEYHI_SERVING_PASSWORD_CHECKER_H_
