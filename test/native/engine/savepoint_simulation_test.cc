// Savepoints at any step: they stand alone, may be moved, and a job that was stopped with one goes
// on from it, or from its log, as if nothing had happened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
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

const json kLatest = {{"from", "latest"}};
json FromPath(const char* path) { return {{"from", "path"}, {"path", path}}; }

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

  struct Story {
    std::mt19937_64 random;
    MemoryFileSystem files = {};
    MemoryFileSystem clone = {};  // The files when the savepoint had been taken.
  };
  struct Request {
    bool stop = false;
    uint64_t one_dies_of = 1;  // So many jobs, within so many steps.
    uint64_t steps_to_live = 1;
  };

  // Under every seed a job of which a savepoint is asked for at some step; then `check`.
  void Play(const Request& request,
            const std::function<void(Story&, const Attempt&)>& check) const {
    const Seeds seeds = SeedsToRun(kNumSeeds);
    for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      Story story{.random = std::mt19937_64(seed)};
      auto& [random, files, clone] = story;
      files.Write("/in/rows.jsonl", input_);
      AttemptOptions options{.seed = random()};
      options.savepoint_step = 1 + random() % undisturbed_steps_;
      options.savepoint_path = "/sp";
      options.stop = request.stop;
      options.on_savepoint = [&story] { CopyFiles(story.files, story.clone, "/sp", "/sp"); };
      if (random() % request.one_dies_of == 0)
        options.crash_step = options.savepoint_step + random() % request.steps_to_live;
      const Attempt run = RunAttempt(Plan(random, kLatest), files, options);
      ASSERT_NE(run.end, Attempt::End::kFailed) << run.status.ToString();
      if (run.savepoint && run.savepoint->ok()) {
        ASSERT_EQ(run.last_savepoint, "/sp");
      }
      ASSERT_NO_FATAL_FAILURE(check(story, run));
    }
  }

  std::string Plan(std::mt19937_64& random, const json& restore) const {
    return RecoveryPlan{.query = GetParam().query,
                        .parallelism = 1 + static_cast<int>(random() % 4),
                        .batch_rows = 1 + static_cast<int64_t>(random() % 40),
                        .restore = restore}
        .text();
  }

  void ExpectTheRest(MemoryFileSystem& files, std::mt19937_64& random, const json& restore) const {
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
  uint64_t num_stopped = 0;
  // Sometimes it dies while it stops.
  Play({.stop = true, .one_dies_of = 4, .steps_to_live = 400}, [&](Story& story,
                                                                   const Attempt& run) {
    auto& [random, files, clone] = story;
    const std::vector<std::string> visible = VisibleRows(files);
    ASSERT_TRUE(std::includes(expected_.begin(), expected_.end(), visible.begin(), visible.end()));
    if (run.end == Attempt::End::kStopped) {
      ++num_stopped;
      ASSERT_TRUE(run.savepoint && run.savepoint->ok());
      MemoryFileSystem moved;
      CopyFiles(files, moved, "/sp", "/elsewhere");
      ASSERT_NO_FATAL_FAILURE(ExpectTheRest(moved, random, FromPath("/elsewhere")));
      MemoryFileSystem alone;
      CopyFiles(files, alone, "/sp", "/sp");
      RemoveBelow(alone, "/chk");
      ASSERT_NO_FATAL_FAILURE(ExpectTheRest(alone, random, FromPath("/sp")));
    }
    ExpectTheRest(files, random, kLatest);
  });
  EXPECT_GT(num_stopped, SeedsToRun(kNumSeeds).count() / 4);
}

TEST_P(SavepointSimulationTest, OneOfARunningJobStandsAloneAndChangesNothing) {
  uint64_t num_taken = 0;
  Play({.stop = false, .one_dies_of = 2, .steps_to_live = 2'000},
       [&](Story& story, const Attempt& run) {
         auto& [random, files, clone] = story;
         if (run.savepoint) {
           ++num_taken;
           ASSERT_TRUE(run.savepoint->ok()) << run.savepoint->ToString();
           RemoveBelow(clone, "/chk");
           ASSERT_NO_FATAL_FAILURE(ExpectTheRest(clone, random, FromPath("/sp")));
         }
         // Later checkpoints do not need it.
         RemoveBelow(files, "/sp");
         ExpectTheRest(files, random, kLatest);
       });
  EXPECT_GT(num_taken, SeedsToRun(kNumSeeds).count() / 4);
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

int64_t CountedRows(const std::vector<std::string>& visible) {
  int64_t sum = 0;
  for (const std::string& line : visible) sum += json::parse(line)["n"].get<int64_t>();
  return sum;
}

// Of the query that counts every row once.
TEST(DrainTest, EveryRowThatWasReadHasFiredAndNoneCountsTwice) {
  const json query = RecoveryQueries()[0].query;
  uint64_t num_drained = 0;
  int64_t num_fired = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    MemoryFileSystem files;
    files.Write("/in/rows.jsonl", RecoveryInput(kNumRows));
    AttemptOptions options{.seed = random()};
    options.savepoint_step = 1 + random() % 400;
    options.savepoint_path = "/sp";
    options.stop = options.drain = true;
    const int parallelism = 1 + static_cast<int>(random() % 3);
    const Attempt run =
        RunAttempt(RecoveryPlan{.query = query, .parallelism = parallelism}.text(), files, options);
    if (run.end != Attempt::End::kStopped) continue;
    ++num_drained;
    const int64_t fired = CountedRows(VisibleRows(files));
    const json restore = {{"from", "path"}, {"path", "/sp"}};
    const Attempt rest =
        RunAttempt(RecoveryPlan{.query = query, .parallelism = 2, .restore = restore}.text(), files,
                   {.seed = seed});
    ASSERT_EQ(rest.end, Attempt::End::kFinished) << rest.status.ToString();
    // As in Flink a window of which more rows come fires a second time: with those alone.
    EXPECT_EQ(CountedRows(VisibleRows(files)) + rest.late_rows, kNumRows);
    num_fired += fired;
    EXPECT_THAT(rest.warnings, testing::Contains(testing::HasSubstr("--drain")));
  }
  EXPECT_GT(num_drained, 5);
  EXPECT_GT(num_fired, 0);
}

TEST(DrainTest, WithoutItsSavepointTheJobFails) {
  MemoryFileSystem files;
  files.Write("/in/rows.jsonl", RecoveryInput(kNumRows));
  files.SetFault([](std::string_view operation, const std::string& path) {
    const bool hit = path.starts_with("/sp/") && operation == "sync";
    return hit ? arrow::Status::IOError("no space left on device") : arrow::Status::OK();
  });
  const Attempt run = RunAttempt(
      RecoveryPlan{.query = RecoveryQueries()[0].query}.text(), files,
      {.seed = 1, .savepoint_step = 100, .savepoint_path = "/sp", .stop = true, .drain = true});
  EXPECT_EQ(run.end, Attempt::End::kFailed);
  EXPECT_THAT(run.status.message(), testing::HasSubstr("no space left"));
  files.SetFault({});
  // What goes on is the checkpoint from before, as if nothing had been tried.
  MemoryFileSystem undisturbed;
  undisturbed.Write("/in/rows.jsonl", RecoveryInput(kNumRows));
  const std::string plan =
      RecoveryPlan{.query = RecoveryQueries()[0].query, .restore = {{"from", "latest"}}}.text();
  ASSERT_EQ(RunAttempt(plan, undisturbed, {.seed = 1}).end, Attempt::End::kFinished);
  ASSERT_EQ(RunAttempt(plan, files, {.seed = 2}).end, Attempt::End::kFinished);
  EXPECT_EQ(Difference(VisibleRows(files), VisibleRows(undisturbed)), "");
}

TEST(StateFieldsTest, ANodeWhoseStateIsMalformedIsRefused) {
  json plan = json::parse(RecoveryPlan{.query = RecoveryQueries()[0].query}.text());
  for (const char* state : {R"("text")", R"(["k"])", R"([["k"]])", R"([["k", 1]])",
                            R"([["k", "BIGINT", "x"]])", "{}"}) {
    SCOPED_TRACE(state);
    plan["nodes"][2]["config"]["state"] = json::parse(state);
    MemoryFileSystem files;
    files.Write("/in/rows.jsonl", Rows(10, 7));
    const Attempt run = RunAttempt(plan.dump(), files, {.seed = 1});
    EXPECT_EQ(run.end, Attempt::End::kFailed);
    EXPECT_THAT(run.status.message(),
                testing::HasSubstr("config 'state' must be a list of [name, type, part]"));
  }
  plan["nodes"][2]["config"]["state"] = json::parse(R"([["k", "STRING"]])");
  MemoryFileSystem files;
  files.Write("/in/rows.jsonl", Rows(10, 7));
  EXPECT_EQ(RunAttempt(plan.dump(), files, {.seed = 1}).end, Attempt::End::kFinished);
}

}  // namespace
}  // namespace sabot::test
