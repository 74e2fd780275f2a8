#include "serving/pending_reply.h"

#include <microhttpd.h>

#include <utility>

#include "absl/strings/match.h"

namespace heyhi {
namespace internal {

void PendingReply::AddHeaders(const std::vector<std::pair<std::string, std::string>>& headers) {
  const MutexLock lock(&mutex_);
  headers_.insert(headers_.end(), headers.begin(), headers.end());
}

void PendingReply::Answer(Action action, ServerResponse response) {
  const MutexLock lock(&mutex_);
  if (action_ != Action::kNone) return;
  action_ = action;
  response_ = std::move(response);
  for (auto& [name, value] : headers_) {
    std::erase_if(response_.headers, [&name = name](const auto& own) {
      return absl::EqualsIgnoreCase(name, own.first);
    });
    response_.headers.emplace_back(std::move(name), std::move(value));
  }
  if (suspended_ && connection_ != nullptr) {
    suspended_ = false;
    MHD_resume_connection(connection_);
  }
}

bool PendingReply::SuspendUnlessAnswered() {
  const MutexLock lock(&mutex_);
  if (action_ != Action::kNone) return false;
  suspended_ = true;
  MHD_suspend_connection(connection_);
  return true;
}

PendingReply::Action PendingReply::Take(ServerResponse* response) {
  const MutexLock lock(&mutex_);
  *response = std::move(response_);
  return action_;
}

void PendingReply::ConnectionGone() {
  const MutexLock lock(&mutex_);
  connection_ = nullptr;
  suspended_ = false;
}

}  // namespace internal

Responder::Responder(std::shared_ptr<internal::PendingReply> pending)
    : pending_(std::move(pending)) {}
Responder::Responder(Responder&&) noexcept = default;

Responder& Responder::operator=(Responder&& other) noexcept {
  std::swap(pending_, other.pending_);
  return *this;
}

Responder::~Responder() {
  if (pending_ == nullptr) return;
  pending_->Answer(internal::PendingReply::Action::kSend, TextResponse(500, "no answer was given"));
}

void Responder::AddHeaders(const std::vector<std::pair<std::string, std::string>>& headers) {
  pending_->AddHeaders(headers);
}

void Responder::Send(ServerResponse response) {
  pending_->Answer(internal::PendingReply::Action::kSend, std::move(response));
}

void Responder::Reset() { pending_->Answer(internal::PendingReply::Action::kReset, {}); }

}  // namespace heyhi
