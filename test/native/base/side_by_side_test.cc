// Work side by side: all of it once, and the first failure.
#include "base/side_by_side.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

namespace sabot {
namespace {

TEST(SideBySide, DoesEverythingOnceWhateverTheNumberOfThreads) {
  for (const int num_threads : {0, 1, 3, 50}) {
    std::vector<std::atomic<int>> done(20);
    const auto work = [&](size_t i) {
      ++done[i];
      return arrow::Status::OK();
    };
    ASSERT_TRUE(RunSideBySide(done.size(), num_threads, work).ok());
    for (const auto& times : done) EXPECT_EQ(times, 1);
  }
  EXPECT_TRUE(RunSideBySide(0, 4, [](size_t) { return arrow::Status::Invalid("none"); }).ok());
}

TEST(SideBySide, GivesAFailureAndBeginsNothingAfterIt) {
  int begun = 0;
  const auto work = [&](size_t i) {
    ++begun;
    return i < 2 ? arrow::Status::OK() : arrow::Status::Invalid("number ", i);
  };
  EXPECT_EQ(RunSideBySide(10, 1, work).message(), "number 2");
  EXPECT_EQ(begun, 3);
  std::atomic<int> all{0};
  const auto failing = [&](size_t i) {
    ++all;
    return arrow::Status::Invalid("number ", i);
  };
  EXPECT_TRUE(RunSideBySide(10, 4, failing).IsInvalid());
  EXPECT_LE(all, 4);
}

}  // namespace
}  // namespace sabot
