#include "probes/arrival.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "probes/clock.h"

namespace heyhi {
namespace {

// Two ends of a TCP connection on this machine.
class ArrivalTest : public testing::Test {
 protected:
  void SetUp() override {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(bind(listener_, generic, size), 0);
    ASSERT_EQ(listen(listener_, 1), 0);
    ASSERT_EQ(getsockname(listener_, generic, &size), 0);
    reader_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(connect(reader_, generic, size), 0);
    writer_ = accept(listener_, nullptr, nullptr);
    ASSERT_GE(writer_, 0);
  }
  // Asks for the times, and waits until the kernel's clock for them runs.
  void NoteArrivalsOfReader() {
    NoteArrivals(reader_);
    const MonotonicTime limit = clock_.Monotonic() + absl::Seconds(10);
    bool noted = false;
    while (!noted && clock_.Monotonic() < limit) {
      Send();
      Await();
      noted = LookAtArrival(reader_).age.has_value();
      Take();
    }
    if (!noted) GTEST_SKIP() << "this kernel does not note arrivals";
  }
  void TearDown() override {
    for (const int fd : {listener_, reader_, writer_}) close(fd);
  }

  void Send() { ASSERT_EQ(write(writer_, "x", 1), 1); }
  // Waits until something can be read.
  void Await() {
    char byte = 0;
    ASSERT_EQ(recv(reader_, &byte, 1, MSG_PEEK), 1);
  }

  void Take() {
    char byte = 0;
    ASSERT_EQ(recv(reader_, &byte, 1, 0), 1);
  }

  const ArrivalClock kernel_clock_;
  RealClock clock_;
  int listener_ = -1;
  int reader_ = -1;
  int writer_ = -1;
};

TEST_F(ArrivalTest, IsWhenTheBytesCameAndNotWhenTheyAreRead) {
  NoteArrivalsOfReader();
  if (IsSkipped()) return;
  const MonotonicTime before = clock_.Monotonic();
  Send();
  Await();
  const MonotonicTime after = clock_.Monotonic();
  while (clock_.Monotonic() < after + absl::Milliseconds(50)) {
  }
  const std::optional<absl::Duration> age = LookAtArrival(reader_).age;
  const MonotonicTime now = clock_.Monotonic();
  ASSERT_TRUE(age.has_value());
  EXPECT_GE(*age, absl::Milliseconds(49));
  EXPECT_LE(*age, now - before + absl::Milliseconds(1));
}

TEST_F(ArrivalTest, TakesNothingFromTheSocket) {
  NoteArrivalsOfReader();
  if (IsSkipped()) return;
  Send();
  Await();
  EXPECT_TRUE(LookAtArrival(reader_).age.has_value());
  EXPECT_TRUE(LookAtArrival(reader_).age.has_value());
  char bytes[2];
  EXPECT_EQ(recv(reader_, bytes, sizeof bytes, 0), 1);
}

TEST_F(ArrivalTest, WithoutBytesThereIsNone) {
  NoteArrivalsOfReader();
  if (IsSkipped()) return;
  EXPECT_EQ(LookAtArrival(reader_).age, std::nullopt);
}

TEST_F(ArrivalTest, TellsOfAResetOnce) {
  NoteArrivalsOfReader();
  if (IsSkipped()) return;
  const linger at_once = {1, 0};
  ASSERT_EQ(setsockopt(writer_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  close(std::exchange(writer_, -1));
  const MonotonicTime limit = clock_.Monotonic() + absl::Seconds(60);
  Arrival newest;
  do {
    newest = LookAtArrival(reader_);
    EXPECT_EQ(newest.age, std::nullopt);
  } while (newest.error == 0 && clock_.Monotonic() < limit);
  EXPECT_EQ(newest.error, ECONNRESET);
  newest = LookAtArrival(reader_);
  EXPECT_EQ(newest.age, std::nullopt);
  EXPECT_EQ(newest.error, 0) << "the end";
}

TEST_F(ArrivalTest, OfASocketThatWasNotAskedThereIsNone) {
  Send();
  Await();
  EXPECT_EQ(LookAtArrival(reader_).age, std::nullopt);
}

}  // namespace
}  // namespace heyhi
