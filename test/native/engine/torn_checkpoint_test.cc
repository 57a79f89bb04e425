// Every file of a checkpoint folder, damaged in every way that a disk or a person may damage it:
// the damage is found, and either the checkpoint before is used or the job says what is wrong.
// Never is anything written twice, or lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "base/check.h"
#include "base/error.h"
#include "engine/recovery_plan.h"
#include "engine/simulated_job.h"
#include "engine/simulation.h"

namespace sabot::test {
namespace {

constexpr size_t kBlockBytes = 4096;
constexpr int kNumRows = 300;
// And keeps whole rows, so that each of its checkpoints has files of its own.
const RecoveryQuery& ShowsRowsAtTheEnd() { return UpdatingQueries()[1]; }

// What becomes of a file's bytes; nothing: it is gone.
struct Damage {
  std::string name;
  std::optional<std::string> bytes;
};

std::vector<Damage> DamagesOf(const std::string& bytes) {
  std::vector<Damage> damages = {{"deleted", std::nullopt}};
  if (bytes.empty()) return damages;
  damages.push_back({"cut by a byte", bytes.substr(0, bytes.size() - 1)});
  for (size_t at = 0; at < bytes.size(); at += kBlockBytes) {
    const std::string place = " at " + std::to_string(at);
    const size_t length = std::min(kBlockBytes, bytes.size() - at);
    damages.push_back({"cut" + place, bytes.substr(0, at)});
    std::string flipped = bytes;
    flipped[at + length / 2] = static_cast<char>(flipped[at + length / 2] ^ 16);
    damages.push_back({"a bit flipped" + place, std::move(flipped)});
    std::string zeroed = bytes;
    std::fill_n(zeroed.begin() + static_cast<ptrdiff_t>(at), length, '\0');
    damages.push_back({"zeroed" + place, std::move(zeroed)});
  }
  return damages;
}

class TornCheckpointTest : public testing::TestWithParam<RecoveryQuery> {
 protected:
  TornCheckpointTest() {
    MemoryFileSystem whole;
    WriteRecoveryInput(whole, kNumRows);
    const Attempt run = RunAttempt(Plan(nullptr), whole, {.seed = 1});
    SABOT_CHECK(run.end == Attempt::End::kFinished);
    expected_ = VisibleRows(whole);
    WriteRecoveryInput(files_, kNumRows);
    const Attempt killed = RunAttempt(Plan(nullptr), files_,
                                      {.seed = 1, .crash_step = run.num_steps - run.num_steps / 4});
    SABOT_CHECK(killed.end == Attempt::End::kCrashed && killed.num_checkpoints > 1);
    MemoryFileSystem undamaged;
    CopyTo(undamaged);
    newest_epoch_ = RunAttempt(Plan({{"from", "latest"}}), undamaged, {.seed = 2}).restored_epoch;
    SABOT_CHECK(newest_epoch_ > 1);
  }

  std::string Plan(const nlohmann::json& restore) const {
    return RecoveryPlan{.query = GetParam().query, .restore = restore}.text();
  }

  void CopyTo(MemoryFileSystem& copy) const {
    for (const std::string& path : files_.Paths()) copy.Write(path, files_.Read(path).ValueOrDie());
  }

  MemoryFileSystem files_;
  std::vector<std::string> expected_;
  int64_t newest_epoch_ = 0;
};

TEST_P(TornCheckpointTest, IsFoundOrDoesNoHarm) {
  int num_damages = 0;
  int num_refused = 0;
  int num_passed_over = 0;
  const Seeds seeds = SeedsToRun(1);
  for (const std::string& path : files_.Paths()) {
    if (!path.starts_with("/chk/")) continue;
    for (const Damage& damage : DamagesOf(files_.Read(path).ValueOrDie())) {
      SCOPED_TRACE(path + " " + damage.name);
      MemoryFileSystem damaged;
      CopyTo(damaged);
      if (damage.bytes) {
        damaged.Write(path, *damage.bytes);
      } else {
        ASSERT_TRUE(damaged.Remove(path).ok());
      }
      ++num_damages;
      const Attempt run =
          RunAttempt(Plan({{"from", "latest"}}), damaged, {.seed = seeds.first + 1});
      const std::vector<std::string> visible = VisibleRows(damaged);
      ASSERT_TRUE(std::includes(expected_.begin(), expected_.end(), visible.begin(), visible.end()))
          << Difference(visible, expected_);
      if (run.end == Attempt::End::kFinished) {
        ASSERT_EQ(Difference(visible, expected_), "");
        ASSERT_LE(run.restored_epoch, newest_epoch_);
        if (run.restored_epoch == newest_epoch_) continue;
        // The one before is used, and people are told, unless the log never had the newest.
        ASSERT_GT(run.restored_epoch, 0);
        if (path.starts_with("/chk/log/")) continue;
        ++num_passed_over;
        ASSERT_TRUE(std::any_of(run.warnings.begin(), run.warnings.end(), [](const auto& warning) {
          return warning.find("cannot be used") != std::string::npos;
        }));
        continue;
      }
      ++num_refused;
      ASSERT_EQ(run.end, Attempt::End::kFailed);
      const ErrorDetail* const detail = DetailOf(run.status);
      ASSERT_NE(detail, nullptr) << run.status.ToString();
      ASSERT_EQ(detail->kind(), "checkpoint");
      ASSERT_NE(run.status.message().find("/chk"), std::string::npos) << run.status.ToString();
    }
  }
  EXPECT_GT(num_damages, 20);
  EXPECT_GT(num_refused, 2);
  RecordProperty("damages", num_damages);
  RecordProperty("refused", num_refused);
  RecordProperty("passed_over", num_passed_over);
  std::printf("%s: %d damages, %d refused, %d with the checkpoint before\n", GetParam().name,
              num_damages, num_refused, num_passed_over);
  // Nothing of it is visible before the end: there is no reason to refuse the one before.
  const bool shows_rows_at_the_end = GetParam().name == ShowsRowsAtTheEnd().name;
  EXPECT_GE(num_passed_over, shows_rows_at_the_end ? 1 : 0);
}

INSTANTIATE_TEST_SUITE_P(Queries, TornCheckpointTest, testing::ValuesIn(RecoveryQueries()),
                         [](const auto& test) { return std::string(test.param.name); });
INSTANTIATE_TEST_SUITE_P(WithoutOutput, TornCheckpointTest, testing::Values(ShowsRowsAtTheEnd()),
                         [](const auto& test) { return std::string(test.param.name); });

// A savepoint has no checkpoint before it: every damage is told.
TEST(TornSavepointTest, IsRefused) {
  const nlohmann::json& query = RecoveryQueries()[0].query;
  MemoryFileSystem files;
  files.Write("/in/rows.jsonl", RecoveryInput(kNumRows));
  AttemptOptions options{.seed = 1, .savepoint_step = 60, .savepoint_path = "/sp"};
  options.stop = true;
  const Attempt stopped = RunAttempt(RecoveryPlan{.query = query}.text(), files, options);
  ASSERT_EQ(stopped.end, Attempt::End::kStopped) << stopped.status.ToString();
  const std::string plan =
      RecoveryPlan{.query = query, .restore = {{"from", "path"}, {"path", "/sp"}}}.text();
  int num_damages = 0;
  for (const std::string& path : files.Paths()) {
    if (!path.starts_with("/sp/")) continue;
    for (const Damage& damage : DamagesOf(files.Read(path).ValueOrDie())) {
      SCOPED_TRACE(path + " " + damage.name);
      MemoryFileSystem damaged;
      for (const std::string& each : files.Paths())
        damaged.Write(each, files.Read(each).ValueOrDie());
      if (damage.bytes) {
        damaged.Write(path, *damage.bytes);
      } else {
        ASSERT_TRUE(damaged.Remove(path).ok());
      }
      ++num_damages;
      const Attempt run = RunAttempt(plan, damaged, {.seed = 2});
      ASSERT_EQ(run.end, Attempt::End::kFailed);
      ASSERT_NE(run.status.message().find("/sp"), std::string::npos) << run.status.ToString();
    }
  }
  EXPECT_GT(num_damages, 4);
}

}  // namespace
}  // namespace sabot::test
