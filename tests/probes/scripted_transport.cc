#include "tests/probes/scripted_transport.h"

#include <algorithm>
#include <utility>

namespace heyhi {

void ScriptedTransport::Start(HttpRequest request, Done done) {
  HttpExchange exchange = script_(request);
  const MonotonicTime now = clock_.Monotonic();
  Flight flight;
  flight.ends_at = now + exchange.times.total;
  const absl::Duration sent = exchange.times.request_sent.value_or(exchange.times.total);
  if (request.late != nullptr && sent > request.late_after) {
    flight.late_at = now + request.late_after;
    flight.late = request.late;
  }
  flight.exchange = std::move(exchange);
  flight.done = std::move(done);
  flights_.push_back(std::move(flight));
  if (request.began != nullptr) request.began(absl::ZeroDuration());
  requests_.push_back(std::move(request));
}

void ScriptedTransport::RunUntil(MonotonicTime deadline) {
  const auto next =
      std::min_element(flights_.begin(), flights_.end(),
                       [](const Flight& a, const Flight& b) { return a.NextAt() < b.NextAt(); });
  if (next == flights_.end() || next->NextAt() > deadline) {
    clock_.AdvanceTo(deadline);
    return;
  }
  clock_.AdvanceTo(next->NextAt());
  if (next->NextAt() < next->ends_at) {
    next->late_at = absl::InfiniteDuration();
    next->late();
    return;
  }
  Flight flight = std::move(*next);
  flights_.erase(next);
  flight.done(std::move(flight.exchange));
}

HttpExchange AnswerAfter(absl::Duration total, int status, const std::string& body) {
  HttpExchange exchange;
  exchange.status = status;
  exchange.headers = {{"content-type", "application/json"}};
  exchange.body = body;
  if (!body.empty()) exchange.pieces = {{body.size(), total}};
  exchange.remote_address = "192.0.2.1";
  exchange.times.dns = total * 0.05;
  exchange.times.connect = total * 0.1;
  exchange.times.tls = total * 0.2;
  exchange.times.request_sent = total * 0.2;
  exchange.times.first_byte = total * 0.9;
  exchange.times.total = total;
  return exchange;
}

HttpExchange StreamAfter(const std::vector<TimedText>& pieces) {
  HttpExchange exchange = AnswerAfter(pieces.front().at, 200, "");
  exchange.headers = {{"content-type", "text/event-stream"}};
  for (const TimedText& piece : pieces) {
    exchange.body.append(piece.text);
    exchange.pieces.push_back({exchange.body.size(), piece.at});
  }
  exchange.times.total = pieces.back().at;
  return exchange;
}

HttpExchange FailureAfter(absl::Duration total, Reason reason) {
  HttpExchange exchange;
  exchange.failure = reason;
  exchange.failure_detail = "scripted";
  exchange.times.total = total;
  return exchange;
}

std::string HealthyChatBody() {
  return R"({"id":"chatcmpl-1","object":"chat.completion","model":"m","choices":[{"index":0,)"
         R"("message":{"role":"assistant","content":"pong"},"finish_reason":"stop"}],)"
         R"("usage":{"prompt_tokens":7,"completion_tokens":1,"total_tokens":8}})";
}

}  // namespace heyhi
