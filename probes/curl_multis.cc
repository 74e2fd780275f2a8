#include "probes/curl_multis.h"

#include <curl/curl.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "absl/time/time.h"

namespace heyhi {

class CurlMultis::Multi : public Watcher {
 public:
  Multi(CurlMultis& owner, CURLM* handle) : owner_(owner), handle_(handle) {
    curl_multi_setopt(handle_, CURLMOPT_SOCKETFUNCTION, &OnSocket);
    curl_multi_setopt(handle_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(handle_, CURLMOPT_TIMERFUNCTION, &OnTimer);
    curl_multi_setopt(handle_, CURLMOPT_TIMERDATA, this);
  }
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;
  ~Multi() override { curl_multi_cleanup(handle_); }

  CURLM* handle() { return handle_; }
  MonotonicTime next_timer() const { return next_timer_; }

  void OnReady(int fd, bool readable, bool writable) override {
    int running = 0;
    const int mask = (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0);
    // It may read whatever it is told. Where both are said, an error may be waiting, which
    // only libcurl may take.
    const auto found = readable && writable ? exchanges_.end() : exchanges_.find(fd);
    // It outlives the call: exchanges end in TakeEnded.
    CurlExchange* const exchange = found == exchanges_.end() ? nullptr : found->second;
    if (exchange != nullptr) exchange->BeginReading(fd);
    curl_multi_socket_action(handle_, fd, mask, &running);
    if (exchange != nullptr) exchange->EndReading();
  }

  // libcurl (7.88.1) says so after it has closed the socket, where the last address refused:
  // the number may be another exchange's by now.
  void Unwatch(int fd, const CurlExchange* exchange) {
    const auto found = exchanges_.find(fd);
    if (found == exchanges_.end() || found->second != exchange) return;
    owner_.loop_.Unwatch(fd);
    exchanges_.erase(found);
  }

  void ReadOnceMore(const CurlExchange* exchange) {
    const auto found = std::find_if(exchanges_.begin(), exchanges_.end(),
                                    [&](const auto& entry) { return entry.second == exchange; });
    if (found != exchanges_.end()) OnReady(found->first, true, false);
  }

  void RunTimer(MonotonicTime now) {
    if (now < next_timer_) return;
    next_timer_ = absl::InfiniteDuration();
    int running = 0;
    curl_multi_socket_action(handle_, CURL_SOCKET_TIMEOUT, 0, &running);
  }

 private:
  static int OnSocket(CURL* easy, curl_socket_t fd, int what, void* self, void* /*known*/) {
    auto* multi = static_cast<Multi*>(self);
    if (what == CURL_POLL_REMOVE) {
      multi->Unwatch(fd, CurlExchange::Of(easy));
      return 0;
    }
    multi->exchanges_[fd] = CurlExchange::Of(easy);
    if (!multi->owner_.loop_.Watch(fd, multi, (what & CURL_POLL_IN) != 0,
                                   (what & CURL_POLL_OUT) != 0)) {
      // An error from here would end all that libcurl is doing.
      multi->owner_.unwatched_.insert(CurlExchange::Of(easy));
    }
    return 0;
  }

  static int OnTimer(CURLM* /*handle*/, long timeout_ms, void* self) {
    auto* multi = static_cast<Multi*>(self);
    multi->next_timer_ = timeout_ms < 0
                             ? absl::InfiniteDuration()
                             : multi->owner_.clock_.Monotonic() + absl::Milliseconds(timeout_ms);
    return 0;
  }

  CurlMultis& owner_;
  CURLM* const handle_;
  std::unordered_map<int, CurlExchange*> exchanges_;  // by the sockets that are watched
  MonotonicTime next_timer_ = absl::InfiniteDuration();
};

CurlMultis::CurlMultis(const Clock& clock, EventLoop& loop) : clock_(clock), loop_(loop) {}

CurlMultis::~CurlMultis() = default;

CurlMultis::Multi* CurlMultis::MultiFor(const std::string& ca_file) {
  const auto found = multis_.find(ca_file);
  if (found != multis_.end()) return found->second.get();
  CURLM* handle = curl_multi_init();
  if (handle == nullptr) return nullptr;
  return multis_.emplace(ca_file, std::make_unique<Multi>(*this, handle)).first->second.get();
}

bool CurlMultis::Add(CurlExchange& exchange) {
  exchange.set_on_address_lost([this, &exchange] { to_nudge_.insert(&exchange); });
  exchange.set_on_early([this, &exchange] { to_read_.insert(&exchange); });
  Multi* multi = MultiFor(exchange.ca_file());
  return multi != nullptr && exchange.Attach(multi->handle());
}

void CurlMultis::RunTimers() {
  const MonotonicTime now = clock_.Monotonic();
  for (const auto& [ca_file, multi] : multis_) multi->RunTimer(now);
}

MonotonicTime CurlMultis::NextTimer() const {
  if (!to_read_.empty()) return clock_.Monotonic();
  MonotonicTime next = absl::InfiniteDuration();
  for (const auto& [ca_file, multi] : multis_) next = std::min(next, multi->next_timer());
  return next;
}

std::vector<CurlExchange*> CurlMultis::TakeEnded() {
  for (CurlExchange* exchange : std::exchange(to_read_, {})) {
    MultiFor(exchange->ca_file())->ReadOnceMore(exchange);
  }
  std::vector<CurlExchange*> ended;
  for (const auto& [ca_file, multi] : multis_) {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi->handle(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CurlExchange* exchange = CurlExchange::Of(message->easy_handle);
      exchange->Finish(message->data.result);
      unwatched_.erase(exchange);
      to_nudge_.erase(exchange);
      to_read_.erase(exchange);
      ended.push_back(exchange);
    }
  }
  for (CurlExchange* exchange : unwatched_) {
    exchange->Fail(Reason::kLocalResource, "the kernel watches no more sockets");
    to_nudge_.erase(exchange);
    to_read_.erase(exchange);
    ended.push_back(exchange);
  }
  unwatched_.clear();
  // Each has a timer that is due now, so the loop will not wait.
  for (CurlExchange* exchange : to_nudge_) exchange->Nudge();
  to_nudge_.clear();
  return ended;
}

}  // namespace heyhi
