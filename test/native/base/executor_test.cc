// Executors: a lane keeps its order, whatever runs beside it.
#include "base/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace sabot {
namespace {

TEST(ExecutorTest, ThreadsKeepTheOrderOfEveryLane) {
  constexpr int kNumLanes = 5;
  constexpr int kNumSteps = 2'000;
  std::vector<std::vector<int>> seen(kNumLanes);
  std::vector<Executor::Lane> lanes;
  {
    const auto executor = MakeThreadExecutor(3);
    for (int lane = 0; lane < kNumLanes; ++lane) lanes.push_back(executor->NewLane());
    for (int step = 0; step < kNumSteps; ++step) {
      for (size_t lane = 0; lane < kNumLanes; ++lane) {
        executor->Submit(lanes[lane], [&seen, lane, step] { seen[lane].push_back(step); });
      }
    }
  }
  for (const std::vector<int>& steps : seen) {
    ASSERT_EQ(steps.size(), kNumSteps);
    for (int step = 0; step < kNumSteps; ++step) ASSERT_EQ(steps[static_cast<size_t>(step)], step);
  }
}

TEST(ExecutorTest, WorkMaySubmitMore) {
  std::atomic<int> sum = 0;
  {
    const auto executor = MakeThreadExecutor(2);
    const auto lane = executor->NewLane();
    executor->Submit(lane, [&] {
      ++sum;
      executor->Submit(lane, [&] { sum += 10; });
      executor->Submit(executor->NewLane(), [&] { sum += 100; });
    });
  }
  EXPECT_EQ(sum, 111);
}

TEST(ExecutorTest, SimulationRunsWhatItsNumbersPick) {
  SimulatedExecutor executor;
  std::vector<int> seen;
  const auto first = executor.NewLane();
  const auto second = executor.NewLane();
  executor.Submit(first, [&] { seen.push_back(1); });
  executor.Submit(first, [&] { seen.push_back(2); });
  executor.Submit(second, [&] { seen.push_back(3); });
  EXPECT_TRUE(executor.RunOne(1));
  EXPECT_TRUE(executor.RunOne(7));
  EXPECT_TRUE(executor.RunOne(0));
  EXPECT_FALSE(executor.RunOne(0));
  EXPECT_TRUE(executor.idle());
  EXPECT_EQ(seen, (std::vector<int>{3, 1, 2}));
}

}  // namespace
}  // namespace sabot
