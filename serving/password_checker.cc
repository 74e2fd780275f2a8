#include "serving/password_checker.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "serving/thread.h"

namespace heyhi {
namespace {

constexpr std::size_t kMostWaiting = 8;
constexpr std::size_t kMostRemembered = 100;

// Of no password: its digest part is not what bcrypt makes of anything.
std::string DummyHash(const PasswordChecker::Users& users) {
  const std::string like = users.empty() ? "$2b$10$" : users.begin()->second.substr(0, 7);
  return like + std::string(53, '.');
}

bool Matches(const std::string& hash, const std::string& password) {
  const auto data = std::make_unique<crypt_data>();  // 32 KiB: not for a stack
  // Not crypt_r: sanitizers have one of their own, and libcrypt would not be linked.
  const char* made = crypt_rn(password.c_str(), hash.c_str(), data.get(), sizeof *data);
  if (made == nullptr) return false;
  const std::string text(made);
  return text.size() == hash.size() && CRYPTO_memcmp(text.data(), hash.data(), hash.size()) == 0;
}

}  // namespace

PasswordChecker::PasswordChecker() {
  // Without it the remembered digests could be forged.
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) std::abort();
}

PasswordChecker::~PasswordChecker() {
  {
    const MutexLock lock(&mutex_);
    ended_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

absl::Status PasswordChecker::Start() {
  return StartThread(&thread_, [this] { Run(); });
}

void PasswordChecker::Check(const Users& users, const std::string& name,
                            const std::string& password, Done done) {
  if (password.find('\0') != std::string::npos) {  // crypt would see its beginning only
    done(Verdict::kWrong);
    return;
  }
  const auto user = users.find(name);
  Job job;
  job.known = user != users.end();
  job.hash = job.known ? user->second : DummyHash(users);
  job.password = password;
  job.digest = DigestOf(name, job.hash, password);
  job.done = std::move(done);
  Verdict verdict = Verdict::kBusy;
  {
    const MutexLock lock(&mutex_);
    if (right_.contains(job.digest)) {
      verdict = Verdict::kRight;
    } else if (jobs_.size() < kMostWaiting && !ended_) {
      jobs_.push_back(std::move(job));
      changed_.NotifyAll();
      return;
    }
  }
  job.done(verdict);
}

void PasswordChecker::Run() {
  while (true) {
    Job job;
    {
      const MutexLock lock(&mutex_);
      while (jobs_.empty() && !ended_) changed_.WaitFor(&mutex_, absl::InfiniteDuration());
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      if (ended_) job.hash.clear();
    }
    if (job.hash.empty()) {
      job.done(Verdict::kBusy);
      continue;
    }
    const bool right = Matches(job.hash, job.password) && job.known;
    OPENSSL_cleanse(job.password.data(), job.password.size());
    if (right) {
      const MutexLock lock(&mutex_);
      if (right_.size() >= kMostRemembered) right_.clear();
      right_.insert(job.digest);
    }
    job.done(right ? Verdict::kRight : Verdict::kWrong);
  }
}

// Each part with its length: ("ab", "c") must not look like ("a", "bc").
PasswordChecker::Digest PasswordChecker::DigestOf(const std::string& name, const std::string& hash,
                                                  const std::string& password) const {
  std::string text;
  for (const std::string* part : {&name, &hash, &password}) {
    absl::StrAppend(&text, part->size(), ":", *part);
  }
  Digest digest = {};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  OPENSSL_cleanse(text.data(), text.size());
  return digest;
}

}  // namespace heyhi
