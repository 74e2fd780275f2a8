#include "tests/probes/transport_fixture.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace heyhi {

void TransportTest::SetUpTestSuite() {
  const absl::Status status = InitNetwork();
  ASSERT_TRUE(status.ok()) << status;
}

void TransportTest::TearDown() {
  transport_.reset();
  for (const std::string& file : files_) std::remove(file.c_str());
}

HttpTransport& TransportTest::transport() {
  if (transport_ == nullptr) {
    auto made = MakeCurlTransport(clock_, options_);
    EXPECT_TRUE(made.ok()) << made.status();
    transport_ = *std::move(made);
  }
  return *transport_;
}

HttpRequest TransportTest::GetRequest(const std::string& url) {
  HttpRequest request;
  request.method = "GET";
  request.url = url;
  request.timeout = kLimit;
  return request;
}

HttpRequest TransportTest::PostRequest(const std::string& url, const std::string& body) {
  HttpRequest request = GetRequest(url);
  request.method = "POST";
  request.body = body;
  return request;
}

HttpExchange TransportTest::Exchange(const HttpRequest& request) {
  HttpExchange result;
  bool done = false;
  transport().Start(request, [&](HttpExchange exchange) {
    result = std::move(exchange);
    done = true;
  });
  RunAll();
  EXPECT_TRUE(done) << "the exchange does not end: " << request.url;
  return result;
}

HttpExchange TransportTest::GetWithin(absl::Duration timeout, const std::string& url) {
  HttpRequest request = GetRequest(url);
  request.timeout = timeout;
  return Exchange(request);
}

void TransportTest::RunAll() {
  const MonotonicTime limit = clock_.Monotonic() + 2 * kLimit;
  while (transport().in_flight() > 0 && clock_.Monotonic() < limit) transport().RunUntil(limit);
}

std::string TransportTest::FileWith(const std::string& text) {
  std::string path = ::testing::TempDir() + "heyhi_test_XXXXXX";
  const int fd = mkstemp(path.data());
  EXPECT_GE(fd, 0) << path;
  EXPECT_EQ(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  close(fd);
  files_.push_back(path);
  return path;
}

std::string PhasesOf(const HttpTimes& times) {
  const std::pair<const char*, std::optional<absl::Duration>> phases[] = {
      {"dns", times.dns},
      {"connect", times.connect},
      {"tls", times.tls},
      {"request_sent", times.request_sent},
      {"first_byte", times.first_byte}};
  std::string names;
  absl::Duration before = absl::ZeroDuration();
  for (const auto& [name, end] : phases) {
    if (!end.has_value()) continue;
    if (*end < before || *end > times.total) return "disordered";
    before = *end;
    names.append(names.empty() ? "" : " ").append(name);
  }
  return names;
}

std::string FailureOf(const HttpExchange& exchange) {
  return exchange.failure.has_value() ? std::string(ReasonName(*exchange.failure)) : "none";
}

}  // namespace heyhi
