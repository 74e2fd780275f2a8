#include "tests/probes/scripted_transport.h"

#include <algorithm>
#include <utility>

namespace heyhi {

void ScriptedTransport::Start(HttpRequest request, Done done) {
  HttpExchange exchange = script_(request);
  requests_.push_back(std::move(request));
  const MonotonicTime ends_at = clock_.Monotonic() + exchange.times.total;
  flights_.push_back({ends_at, std::move(exchange), std::move(done)});
}

void ScriptedTransport::RunUntil(MonotonicTime deadline) {
  const auto next =
      std::min_element(flights_.begin(), flights_.end(),
                       [](const Flight& a, const Flight& b) { return a.ends_at < b.ends_at; });
  if (next == flights_.end() || next->ends_at > deadline) {
    clock_.AdvanceTo(deadline);
    return;
  }
  clock_.AdvanceTo(next->ends_at);
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
