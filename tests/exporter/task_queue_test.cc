#include "exporter/task_queue.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace heyhi {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TaskQueueTest : public ::testing::Test {
 protected:
  void Post(const std::string& name) {
    queue_.Post([this, name](bool running) { done_.push_back(name + (running ? "" : " ended")); });
  }

  TaskQueue queue_;
  std::vector<std::string> done_;
};

TEST_F(TaskQueueTest, RunsWhatWasPostedInOrderAndOnce) {
  Post("a");
  Post("b");
  EXPECT_THAT(done_, IsEmpty());
  queue_.Run(true);
  queue_.Run(true);
  EXPECT_THAT(done_, ElementsAre("a", "b"));
}

TEST_F(TaskQueueTest, TellsThoseLeftAtTheEnd) {
  Post("a");
  queue_.Run(false);
  EXPECT_THAT(done_, ElementsAre("a ended"));
}

TEST_F(TaskQueueTest, TellsThoseAfterTheEndAtOnce) {
  queue_.Run(false);
  Post("a");
  EXPECT_THAT(done_, ElementsAre("a ended"));
}

TEST_F(TaskQueueTest, ATaskMayPostTheNext) {
  queue_.Post([this](bool /*running*/) { Post("a"); });
  queue_.Run(true);
  EXPECT_THAT(done_, IsEmpty());
  queue_.Run(true);
  EXPECT_THAT(done_, ElementsAre("a"));
}

}  // namespace
}  // namespace heyhi
