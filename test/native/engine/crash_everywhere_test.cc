// A job that is killed at each of its steps, and behind each thing that it does to its disk, in
// turn: whatever that is, it goes on at another parallelism as if nothing had happened.
//
//   step 1, restored, compared; step 2, restored, compared; ... the last step
#include <gtest/gtest.h>

#include <algorithm>

#include "base/check.h"
#include "engine/leftovers.h"
#include "engine/recovery_plan.h"
#include "engine/simulated_disk.h"
#include "engine/simulated_job.h"
#include "engine/simulation.h"
#include "sanitized.h"

namespace sabot::test {
namespace {

constexpr int kNumRows = 100;

class CrashEverywhereTest : public testing::TestWithParam<RecoveryQuery> {
 protected:
  CrashEverywhereTest() {
    MemoryFileSystem files;
    WriteRecoveryInput(files, kNumRows);
    SimulatedDisk disk(files, 1, {.torn = true});
    const Attempt run = RunAttempt(Plan(2, nullptr), files, {.seed = 1, .disk = &disk});
    SABOT_CHECK(run.end == Attempt::End::kFinished && run.num_checkpoints > 3);
    expected_ = VisibleRows(files);
    num_steps_ = run.num_steps;
    num_operations_ = disk.num_operations();
  }

  static std::string Plan(int parallelism, const nlohmann::json& restore) {
    return RecoveryPlan{.query = GetParam().query,
                        .parallelism = parallelism,
                        .batch_rows = 5,
                        .restore = restore,
                        .tolerable_failures = 0}
        .text();
  }

  // Killed there, then started again.
  void CrashAndGoOn(uint64_t crash_step, uint64_t crash_operation) {
    MemoryFileSystem files;
    WriteRecoveryInput(files, kNumRows);
    SimulatedDisk disk(files, 1, {.torn = true, .crash_at = crash_operation});
    const Attempt killed =
        RunAttempt(Plan(2, nullptr), files, {.seed = 1, .crash_step = crash_step, .disk = &disk});
    ASSERT_EQ(killed.end, Attempt::End::kCrashed) << killed.status.ToString();
    disk.Crash();
    const std::vector<std::string> shown = VisibleRows(files);
    ASSERT_TRUE(std::includes(expected_.begin(), expected_.end(), shown.begin(), shown.end()))
        << Difference(shown, expected_);
    const int parallelism = 1 + static_cast<int>((crash_step ^ crash_operation) % 3);
    const Attempt rest =
        RunAttempt(Plan(parallelism, {{"from", "latest"}}), files, {.seed = crash_step});
    ASSERT_EQ(rest.end, Attempt::End::kFinished) << rest.status.ToString();
    ASSERT_EQ(Difference(VisibleRows(files), expected_), "");
    ASSERT_EQ(Leftovers(files, "/chk"), "");
    if (rest.restored_epoch > 0) ++num_restored_;
  }

  std::vector<std::string> expected_;
  uint64_t num_steps_ = 0;
  uint64_t num_operations_ = 0;
  uint64_t num_restored_ = 0;
  const uint64_t stride_ = IsSanitized() ? 7 : 1;
};

TEST_P(CrashEverywhereTest, AtEveryStep) {
  for (uint64_t step = 1; step <= num_steps_; step += stride_) {
    SCOPED_TRACE("step " + std::to_string(step));
    ASSERT_NO_FATAL_FAILURE(CrashAndGoOn(step, UINT64_MAX));
  }
  EXPECT_GT(num_steps_, 100u);
  EXPECT_GT(num_restored_, num_steps_ / stride_ / 2);
}

TEST_P(CrashEverywhereTest, BehindEveryOperationOfItsDisk) {
  for (uint64_t operation = 1; operation <= num_operations_; operation += stride_) {
    SCOPED_TRACE("operation " + std::to_string(operation));
    ASSERT_NO_FATAL_FAILURE(CrashAndGoOn(UINT64_MAX, operation));
  }
  EXPECT_GT(num_operations_, 50u);
  EXPECT_GT(num_restored_, num_operations_ / stride_ / 2);
}

// One that shows rows all the time, and one with two sources that shows its rows at the end.
INSTANTIATE_TEST_SUITE_P(Queries, CrashEverywhereTest,
                         testing::Values(RecoveryQueries()[0], UpdatingQueries()[1]),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace sabot::test
