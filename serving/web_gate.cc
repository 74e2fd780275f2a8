#include "serving/web_gate.h"

#include <optional>
#include <random>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace heyhi {
namespace {

struct Credentials {
  std::string name;
  std::string password;
};

// RFC 7617. Nothing where the header is another scheme's or broken.
std::optional<Credentials> BasicCredentials(const std::string& header) {
  constexpr char kScheme[] = "basic ";
  if (!absl::StartsWithIgnoreCase(header, kScheme)) return std::nullopt;
  std::string pair;
  if (!absl::Base64Unescape(absl::StripAsciiWhitespace(header.substr(sizeof kScheme - 1)), &pair)) {
    return std::nullopt;
  }
  const std::size_t colon = pair.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{pair.substr(0, colon), pair.substr(colon + 1)};
}

ServerResponse Unauthorized() {
  ServerResponse response = TextResponse(401, "Unauthorized");
  response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"heyhi\", charset=\"UTF-8\"");
  return response;
}

ServerResponse TooBusy() {
  ServerResponse response = TextResponse(429, "too many sign-ins wait: try again in a moment");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

WebGate::WebGate(HttpHandler inner, Logger& logger)
    : inner_(std::move(inner)),
      logger_(logger),
      run_(absl::StrFormat("%08x", std::random_device{}())) {}

std::string WebGate::NextRequestId() { return absl::StrCat(run_, "-", ++requests_); }

// Once a minute, however many guess.
void WebGate::NoteRefusal(const ServerRequest& request) {
  std::uint64_t count = 0;
  {
    const MutexLock lock(&mutex_);
    ++refusals_unsaid_;
    const absl::Time now = absl::Now();
    if (now - refusal_said_at_ < absl::Minutes(1)) return;
    refusal_said_at_ = now;
    count = std::exchange(refusals_unsaid_, 0);
  }
  logger_.Warn("wrong name or password", {{"client", request.client},
                                          {"path", request.path},
                                          {"since_last_said", absl::StrCat(count)}});
}

HttpHandler WebGate::HandlerFor(WebConfig config) {
  return [this, config = std::make_shared<const WebConfig>(std::move(config))](
             const ServerRequest& request, Responder responder) {
    Handle(*config, request, std::move(responder));
  };
}

void WebGate::Handle(const WebConfig& config, const ServerRequest& request, Responder responder) {
  const std::string id = NextRequestId();
  logger_.Debug(
      "request",
      {{"id", id}, {"client", request.client}, {"method", request.method}, {"path", request.path}});
  responder.AddHeaders(config.headers);
  responder.AddHeaders({{"X-Request-Id", id}});
  if (config.users.empty()) {
    inner_(request, std::move(responder));
    return;
  }
  const auto credentials = BasicCredentials(request.Header("authorization"));
  if (!credentials.has_value()) {
    responder.Send(Unauthorized());
    return;
  }
  // The request ends with this call; its answer may come later.
  auto waiting =
      std::make_shared<std::pair<ServerRequest, Responder>>(request, std::move(responder));
  passwords_.Check(config.users, credentials->name, credentials->password,
                   [this, waiting](PasswordChecker::Verdict verdict) {
                     auto& [asked, answer] = *waiting;
                     if (verdict == PasswordChecker::Verdict::kRight) {
                       inner_(asked, std::move(answer));
                     } else if (verdict == PasswordChecker::Verdict::kWrong) {
                       NoteRefusal(asked);
                       answer.Send(Unauthorized());
                     } else {
                       answer.Send(TooBusy());
                     }
                   });
}

}  // namespace heyhi
