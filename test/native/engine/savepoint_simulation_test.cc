// Savepoints at any step: they stand alone, may be moved, and a job that was stopped with one goes
// on from it, or from its log, as if nothing had happened.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/check.h"
#include "engine/recovery_plan.h"
#include "engine/simulated_job.h"
#include "engine/simulation.h"

namespace sabot::test {
namespace {

constexpr int kNumRows = 300;
constexpr uint64_t kNumSeeds = 20;

using nlohmann::json;

// All files; what lies below `from` is below `to` instead.
void CopyFiles(const MemoryFileSystem& source, MemoryFileSystem& copy, const std::string& from,
               const std::string& to) {
  for (const std::string& path : source.Paths()) {
    const bool moved = path.starts_with(from + "/");
    copy.Write(moved ? to + path.substr(from.size()) : path, source.Read(path).ValueOrDie());
  }
}

void RemoveBelow(MemoryFileSystem& files, const std::string& folder) {
  for (const std::string& path : files.Paths()) {
    if (!path.starts_with(folder + "/")) continue;
    ASSERT_TRUE(files.Remove(path).ok());
  }
}

class SavepointSimulationTest : public testing::TestWithParam<RecoveryQuery> {
 protected:
  SavepointSimulationTest() : input_(RecoveryInput(kNumRows)) {
    MemoryFileSystem files;
    files.Write("/in/rows.jsonl", input_);
    const Attempt run =
        RunAttempt(RecoveryPlan{.query = GetParam().query}.text(), files, {.seed = 1});
    SABOT_CHECK(run.end == Attempt::End::kFinished);
    expected_ = VisibleRows(files);
    undisturbed_steps_ = run.num_steps;
  }

  std::string Plan(std::mt19937_64& random, const json& restore) const {
    return RecoveryPlan{.query = GetParam().query,
                        .parallelism = 1 + static_cast<int>(random() % 4),
                        .batch_rows = 1 + static_cast<int64_t>(random() % 40),
                        .restore = restore}
        .text();
  }

  void ExpectTheRest(MemoryFileSystem& files, std::mt19937_64& random, const json& restore) {
    const Attempt rest = RunAttempt(Plan(random, restore), files, {.seed = random()});
    ASSERT_EQ(rest.end, Attempt::End::kFinished) << rest.status.ToString();
    ASSERT_EQ(rest.late_rows, 0);
    ASSERT_EQ(Difference(VisibleRows(files), expected_), "");
  }

  const std::string input_;
  std::vector<std::string> expected_;
  uint64_t undisturbed_steps_ = 0;
};

TEST_P(SavepointSimulationTest, AJobStoppedWithOneGoesOnFromItOrFromItsLog) {
  const Seeds seeds = SeedsToRun(kNumSeeds);
  uint64_t num_stopped = 0;
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    MemoryFileSystem files;
    files.Write("/in/rows.jsonl", input_);
    AttemptOptions options{.seed = random()};
    options.savepoint_step = 1 + random() % undisturbed_steps_;
    options.savepoint_path = "/sp";
    options.stop = true;
    // Sometimes it dies while it stops.
    if (random() % 4 == 0) options.crash_step = options.savepoint_step + random() % 400;
    const Attempt run = RunAttempt(Plan(random, {{"from", "latest"}}), files, options);
    ASSERT_NE(run.end, Attempt::End::kFailed) << run.status.ToString();
    const std::vector<std::string> visible = VisibleRows(files);
    ASSERT_TRUE(std::includes(expected_.begin(), expected_.end(), visible.begin(), visible.end()));
    if (run.end != Attempt::End::kStopped) {
      ASSERT_NO_FATAL_FAILURE(ExpectTheRest(files, random, {{"from", "latest"}}));
      continue;
    }
    ++num_stopped;
    ASSERT_TRUE(run.savepoint && run.savepoint->ok());
    MemoryFileSystem moved;
    CopyFiles(files, moved, "/sp", "/elsewhere");
    ASSERT_NO_FATAL_FAILURE(
        ExpectTheRest(moved, random, {{"from", "path"}, {"path", "/elsewhere"}}));
    MemoryFileSystem alone;
    CopyFiles(files, alone, "/sp", "/sp");
    RemoveBelow(alone, "/chk");
    ASSERT_NO_FATAL_FAILURE(ExpectTheRest(alone, random, {{"from", "path"}, {"path", "/sp"}}));
    ASSERT_NO_FATAL_FAILURE(ExpectTheRest(files, random, {{"from", "latest"}}));
  }
  EXPECT_GT(num_stopped, seeds.count() / 4);
}

TEST_P(SavepointSimulationTest, OneOfARunningJobStandsAloneAndChangesNothing) {
  const Seeds seeds = SeedsToRun(kNumSeeds);
  uint64_t num_taken = 0;
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    MemoryFileSystem files;
    files.Write("/in/rows.jsonl", input_);
    MemoryFileSystem clone;
    AttemptOptions options{.seed = random()};
    options.savepoint_step = 1 + random() % undisturbed_steps_;
    options.savepoint_path = "/sp";
    options.on_savepoint = [&] { CopyFiles(files, clone, "/sp", "/sp"); };
    if (random() % 2 == 0) options.crash_step = options.savepoint_step + random() % 2'000;
    const Attempt run = RunAttempt(Plan(random, {{"from", "latest"}}), files, options);
    ASSERT_NE(run.end, Attempt::End::kFailed) << run.status.ToString();
    if (run.savepoint) {
      ++num_taken;
      ASSERT_TRUE(run.savepoint->ok()) << run.savepoint->ToString();
      RemoveBelow(clone, "/chk");
      ASSERT_NO_FATAL_FAILURE(ExpectTheRest(clone, random, {{"from", "path"}, {"path", "/sp"}}));
    }
    // Later checkpoints do not need it.
    RemoveBelow(files, "/sp");
    ASSERT_NO_FATAL_FAILURE(ExpectTheRest(files, random, {{"from", "latest"}}));
  }
  EXPECT_GT(num_taken, seeds.count() / 4);
}

INSTANTIATE_TEST_SUITE_P(Queries, SavepointSimulationTest, testing::ValuesIn(RecoveryQueries()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(SavepointTest, NeedsAFolderOfItsOwn) {
  MemoryFileSystem files;
  files.Write("/in/rows.jsonl", Rows(50, 7));
  files.Write("/sp/precious", "data");
  const Attempt run =
      RunAttempt(RecoveryPlan{.query = RecoveryQueries()[0].query}.text(), files,
                 {.seed = 1, .savepoint_step = 10, .savepoint_path = "/sp", .stop = true});
  EXPECT_EQ(run.end, Attempt::End::kFinished) << run.status.ToString();
  ASSERT_TRUE(run.savepoint);
  EXPECT_NE(run.savepoint->message().find("is not empty"), std::string::npos);
  EXPECT_EQ(files.Read("/sp/precious").ValueOrDie(), "data");
}

TEST(SavepointTest, OneThatFailsLetsTheJobGoOn) {
  MemoryFileSystem files;
  files.Write("/in/rows.jsonl", Rows(300, 7));
  files.SetFault([](std::string_view operation, const std::string& path) {
    const bool hit = path.starts_with("/sp/") && operation == "sync";
    return hit ? arrow::Status::IOError("no space left on device") : arrow::Status::OK();
  });
  const Attempt run =
      RunAttempt(RecoveryPlan{.query = RecoveryQueries()[0].query}.text(), files,
                 {.seed = 1, .savepoint_step = 100, .savepoint_path = "/sp", .stop = true});
  EXPECT_EQ(run.end, Attempt::End::kFinished) << run.status.ToString();
  ASSERT_TRUE(run.savepoint);
  EXPECT_NE(run.savepoint->message().find("no space left"), std::string::npos);
  EXPECT_FALSE(files.Exists("/sp"));
}

}  // namespace
}  // namespace sabot::test
