#include "serving/password_checker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "serving/mutex.h"

namespace heyhi {
namespace {

using Verdict = PasswordChecker::Verdict;

// "open sesame" at cost 4, the lowest, in the three spellings of bcrypt's name.
constexpr char kHash2b[] = "$2b$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy";
constexpr char kHash2y[] = "$2y$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy";
constexpr char kHash2a[] = "$2a$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy";
constexpr char kPassword[] = "open sesame";

class PasswordCheckerTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(checker_.Start().ok()); }

  Verdict Check(const std::string& name, const std::string& password) {
    Mutex mutex;
    Condition changed;
    bool done = false;
    Verdict result = Verdict::kBusy;
    checker_.Check(users_, name, password, [&](Verdict verdict) {
      const MutexLock lock(&mutex);
      result = verdict;
      done = true;
      changed.NotifyAll();
    });
    const MutexLock lock(&mutex);
    while (!done) changed.WaitFor(&mutex, absl::Seconds(60));
    return result;
  }

  PasswordChecker::Users users_ = {{"ann", kHash2b}, {"bob", kHash2y}, {"cid", kHash2a}};
  PasswordChecker checker_;
};

TEST_F(PasswordCheckerTest, TakesTheRightPasswordInEachSpelling) {
  for (const char* name : {"ann", "bob", "cid"}) {
    EXPECT_EQ(Check(name, kPassword), Verdict::kRight) << name;
    EXPECT_EQ(Check(name, kPassword), Verdict::kRight) << name << ", remembered";
  }
}

TEST_F(PasswordCheckerTest, RefusesWhatIsWrong) {
  EXPECT_EQ(Check("ann", "open sesam"), Verdict::kWrong);
  EXPECT_EQ(Check("ann", ""), Verdict::kWrong);
  EXPECT_EQ(Check("ann", "Open sesame"), Verdict::kWrong);
  EXPECT_EQ(Check("ann", kHash2b), Verdict::kWrong) << "the hash is no password";
  EXPECT_EQ(Check("ann", std::string(kPassword) + '\0' + "x"), Verdict::kWrong);
  EXPECT_EQ(Check("eve", kPassword), Verdict::kWrong);
  EXPECT_EQ(Check("", ""), Verdict::kWrong);
}

TEST_F(PasswordCheckerTest, WhatWasRightForOneIsNotForAnother) {
  EXPECT_EQ(Check("ann", kPassword), Verdict::kRight);
  EXPECT_EQ(Check("eve", kPassword), Verdict::kWrong);
  EXPECT_EQ(Check("an", std::string("n") + kPassword), Verdict::kWrong);
}

// A known hash must not open the door by way of what is remembered (CVE-2022-46146).
TEST_F(PasswordCheckerTest, AChangedPasswordIsForgotten) {
  EXPECT_EQ(Check("ann", kPassword), Verdict::kRight);
  users_["ann"] = "$2b$04$" + std::string(53, '.');
  EXPECT_EQ(Check("ann", kPassword), Verdict::kWrong);
}

TEST_F(PasswordCheckerTest, ManyWrongOnesAreTurnedAwayAndTheRightOneIsNot) {
  constexpr int kGuesses = 50;
  EXPECT_EQ(Check("ann", kPassword), Verdict::kRight);
  users_["bob"] = "$2b$12$" + std::string(53, '.');  // a quarter of a second each
  Mutex mutex;
  Condition changed;
  int busy = 0;
  int wrong = 0;
  for (int i = 0; i < kGuesses; ++i) {
    checker_.Check(users_, "bob", "guess " + std::to_string(i), [&](Verdict verdict) {
      const MutexLock lock(&mutex);
      if (verdict == Verdict::kBusy) ++busy;
      if (verdict == Verdict::kWrong) ++wrong;
      changed.NotifyAll();
    });
  }
  bool right = false;
  checker_.Check(users_, "ann", kPassword,
                 [&](Verdict verdict) { right = verdict == Verdict::kRight; });
  EXPECT_TRUE(right) << "a remembered password waits for nobody";
  const MutexLock lock(&mutex);
  while (busy + wrong < kGuesses) changed.WaitFor(&mutex, absl::Seconds(60));
  EXPECT_GE(wrong, 8) << "those that found a place are checked";
  EXPECT_GE(busy, kGuesses / 2);
}

TEST(PasswordCheckerEndTest, TellsWhoStillWaits) {
  const PasswordChecker::Users users = {{"bob", "$2b$12$" + std::string(53, '.')}};
  std::atomic<int> told{0};
  {
    PasswordChecker checker;
    ASSERT_TRUE(checker.Start().ok());
    for (int i = 0; i < 5; ++i) {
      checker.Check(users, "bob", "x", [&](Verdict /*verdict*/) { ++told; });
    }
  }
  EXPECT_EQ(told, 5);
}

}  // namespace
}  // namespace heyhi
