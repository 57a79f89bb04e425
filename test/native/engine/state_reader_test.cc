// Operators' state as tables: of a job that runs, and of what it has left on disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "engine/simulation.h"
#include "harness.h"
#include "sabot/state.h"
#include "stream/state_cursor.h"

namespace sabot::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr int kNumRows = 5'000;
const std::vector<std::string> kGroups = {"v BIGINT", "n BIGINT NOT NULL"};

// A job and what it reads of itself.
class JobUnderTest {
 public:
  explicit JobUnderTest(const std::string& plan) {
    JobCallbacks callbacks;
    callbacks.deliver = [this](const std::string& channel, std::string&& bytes) {
      const std::lock_guard lock(mutex_);
      // Now and then there is no room.
      if (channel.starts_with("state:") && ++num_pieces_ % 3 == 0) {
        starved_ = true;
        return false;
      }
      pieces_[channel].push_back(std::move(bytes));
      return true;
    };
    callbacks.finished = [this](const JobError* error) {
      const std::lock_guard lock(mutex_);
      finished_ = true;
      if (error != nullptr) error_ = *error;
      changed_.notify_all();
    };
    JobError refusal;
    job_ = StartJob(plan, std::move(callbacks), &refusal);
    EXPECT_NE(job_, nullptr) << refusal.message;
  }

  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return finished_; });
  }
  Job& job() { return *job_; }
  const std::optional<JobError>& error() const { return error_; }

  // Messages of one live read, or why there are none.
  std::vector<std::string> Read(StateRequest request, std::optional<JobError>* failure) {
    const uint32_t id = next_read_++;
    bool done = false;
    job_->ReadState(id, std::move(request), [&](const JobError* error) {
      const std::lock_guard lock(mutex_);
      if (error != nullptr) *failure = *error;
      done = true;
      changed_.notify_all();
    });
    std::unique_lock lock(mutex_);
    while (!done && !finished_) {
      changed_.wait_for(lock, std::chrono::milliseconds(1));
      if (!std::exchange(starved_, false)) continue;
      lock.unlock();
      job_->Wake();
      lock.lock();
    }
    return std::move(pieces_["state:" + std::to_string(id)]);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<std::string>> pieces_;
  int num_pieces_ = 0;
  bool starved_ = false;
  bool finished_ = false;
  std::optional<JobError> error_;
  uint32_t next_read_ = 0;
  std::unique_ptr<Job> job_;  // Goes first: its threads call back.
};

class StateReaderTest : public ::testing::Test {
 protected:
  StateReaderTest()
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("sabot_state_reader_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "rows.jsonl") << Rows(kNumRows, 7);
  }
  ~StateReaderTest() override { std::filesystem::remove_all(folder_); }

  std::string checkpoints() const { return (folder_ / "chk").string(); }

  // Adds a count by `key` behind the node, and how its state looks.
  std::string Counted(PlanText plan, int input, int key, bool takes_checkpoints) const {
    const int groups = plan.Add(
        "group_aggregate", Hash(input, std::to_string(key)), kGroups,
        R"("keys":[)" + std::to_string(key) +
            R"(],"aggregates":[{"function":"count","args":[],"type":{"kind":"BIGINT","nullable":false}}])");
    plan.Add("blackhole_sink", Forward(groups), {}, "");
    json text = json::parse(plan.text());
    for (json& node : text["nodes"]) {
      if (node["op"] != "group_aggregate") continue;
      node["uid"] = "groups";
      node["stateTable"] = {{"columns", json::parse(SchemaJson(kGroups))}, {"keys", {0}}};
    }
    if (takes_checkpoints) text["checkpoint"] = {{"folder", checkpoints()}};
    return text.dump();
  }
  std::string Bounded(int parallelism) const {
    PlanText plan({.parallelism = parallelism, .batch_rows = 100});
    const int source = plan.File((folder_ / "rows.jsonl").string());
    return Counted(std::move(plan), source, 1, true);
  }
  static void Finish(const std::string& plan) {
    JobUnderTest run(plan);
    run.Wait();
    ASSERT_FALSE(run.error()) << run.error()->message;
  }

  static std::vector<std::string> Lines(const std::vector<std::string>& messages,
                                        const std::vector<std::string>& columns = kGroups) {
    std::vector<std::string> lines;
    for (const std::string& message : messages) {
      const auto rows = DeserializeMessage(message, ToArrow(MakeSchema(columns))).ValueOrDie();
      for (std::string& line : ToLines(Batch{rows, nullptr, kNoSplit}))
        lines.push_back(std::move(line));
    }
    return lines;
  }
  std::vector<std::string> ReadAll(StateRequest request, JobError* error) const {
    const auto reader = ReadStateAt(checkpoints(), std::move(request));
    std::vector<std::string> messages;
    while (true) {
      std::string message = reader->Next(error);
      if (message.empty()) return messages;
      messages.push_back(std::move(message));
    }
  }
  static int64_t Sum(const std::vector<std::string>& lines) {
    int64_t sum = 0;
    for (const std::string& line : lines) sum += std::stoll(line.substr(line.rfind(' ') + 1));
    return sum;
  }
  static std::string Key(int64_t value) {
    const Batch row = MakeBatch(MakeSchema({"v BIGINT"}), "[[" + std::to_string(value) + "]]");
    return SerializeMessage(*row.rows).ValueOrDie();
  }

  std::string Unbounded() const {
    PlanText plan({.parallelism = 2, .batch_rows = 100});
    const int source = plan.Add("datagen_source", "", {"n BIGINT"},
                                R"("rowsPerSecond":5000,"fields":[{"name":"n"}])");
    return Counted(std::move(plan), source, 0, false);
  }
  static int64_t SpilledBytes(const Job& job) {
    int64_t bytes = 0;
    const json metrics = json::parse(job.Metrics());
    for (const json& op : metrics["operators"]) bytes += op["spilledBytes"].get<int64_t>();
    return bytes;
  }
  // Ten times, and until so many bytes of state have moved to disk.
  static void ReadWhileItRuns(const std::string& plan, int64_t spilled_bytes) {
    JobUnderTest run(plan);
    int64_t last = 0;
    for (int i = 0; i < 10 || SpilledBytes(run.job()) < spilled_bytes; ++i) {
      ASSERT_LT(i, 100'000);
      std::optional<JobError> failure;
      const auto lines = Lines(run.Read({.uid = "groups", .columns = {}, .key = {}}, &failure));
      ASSERT_FALSE(failure) << failure->message;
      EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()).size(), lines.size());
      const int64_t sum = Sum(lines);
      EXPECT_GE(sum, last);
      last = sum;
      if (lines.empty()) continue;
      const int64_t value = std::stoll(lines[0].substr(3));
      EXPECT_EQ(run.Read({.uid = "groups", .columns = {}, .key = Key(value)}, &failure).size(), 1u);
    }
    EXPECT_GT(last, 0);
    std::optional<JobError> failure;
    run.Read({.uid = "other", .columns = {}, .key = {}}, &failure);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind, "unknown-state");
    run.job().Cancel();
    run.Wait();
  }

  const std::filesystem::path folder_;
};

TEST_F(StateReaderTest, ACheckpointIsReadWhateverItsParallelism) {
  std::multiset<std::string> first;
  for (const int parallelism : {1, 3}) {
    std::filesystem::remove_all(checkpoints());
    ASSERT_NO_FATAL_FAILURE(Finish(Bounded(parallelism)));
    JobError error;
    const auto lines = Lines(ReadAll({.uid = "groups", .columns = {}, .key = {}}, &error));
    EXPECT_EQ(error.kind, "") << error.message;
    EXPECT_EQ(Sum(lines), kNumRows);
    const std::multiset<std::string> all(lines.begin(), lines.end());
    if (parallelism == 1) first = all;
    EXPECT_EQ(all, first);
  }
}

TEST_F(StateReaderTest, ColumnsAndOneKeyAreAskedForByName) {
  ASSERT_NO_FATAL_FAILURE(Finish(Bounded(2)));
  JobError error;
  const auto all = Lines(ReadAll({.uid = "groups", .columns = {}, .key = {}}, &error));
  const auto turned = Lines(
      ReadAll({.uid = "groups", .columns = std::vector<std::string>{"n", "v"}, .key = {}}, &error),
      {"n BIGINT", "v BIGINT"});
  EXPECT_EQ(turned.size(), all.size());
  EXPECT_EQ(error.kind, "");
  for (size_t i = 0; i < all.size(); i += 97) {
    const int64_t value = std::stoll(all[i].substr(3));
    EXPECT_THAT(Lines(ReadAll({.uid = "groups", .columns = {}, .key = Key(value)}, &error)),
                testing::ElementsAre(all[i]));
  }
  EXPECT_TRUE(ReadAll({.uid = "groups", .columns = {}, .key = Key(-1)}, &error).empty());
  EXPECT_EQ(error.kind, "");
  ReadAll({.uid = "nothing", .columns = {}, .key = {}}, &error);
  EXPECT_EQ(error.kind, "unknown-state");
  ReadAll({.uid = "groups", .columns = std::vector<std::string>{"x"}, .key = {}}, &error);
  EXPECT_THAT(error.message, HasSubstr("no column 'x'"));
  ReadAll({.uid = "groups", .columns = {}, .key = "no message"}, &error);
  EXPECT_NE(error.kind, "");
}

TEST_F(StateReaderTest, ReadingWritesNothingAndDamageIsSaid) {
  ASSERT_NO_FATAL_FAILURE(Finish(Bounded(2)));
  const auto files = [this] {
    std::map<std::string, std::filesystem::file_time_type> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(checkpoints()))
      found[entry.path().string()] = entry.last_write_time();
    return found;
  };
  const auto before = files();
  JobError error;
  const json description = json::parse(DescribeState(checkpoints(), &error));
  EXPECT_EQ(error.kind, "") << error.message;
  ReadAll({.uid = "groups", .columns = {}, .key = {}}, &error);
  EXPECT_EQ(files(), before);
  bool found = false;
  for (const json& op : description["operators"]) {
    if (op["uid"] != "groups") continue;
    found = true;
    EXPECT_EQ(op["subtasks"], 2);
    EXPECT_EQ(op["table"]["keys"], json({0}));
    EXPECT_EQ(op["table"]["columns"].size(), 2u);
  }
  EXPECT_TRUE(found);

  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "chk" / "state")) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.put('!');
  }
  error = {};
  ReadAll({.uid = "groups", .columns = {}, .key = {}}, &error);
  EXPECT_EQ(error.kind, "checkpoint");
  EXPECT_THAT(error.message, HasSubstr("is damaged: its checksum does not fit"));
}

TEST_F(StateReaderTest, WhatIsNoCheckpointIsSaid) {
  JobError error;
  EXPECT_EQ(DescribeState((folder_ / "missing").string(), &error), "");
  EXPECT_THAT(error.message, HasSubstr("there is no checkpoint or savepoint at"));
}

TEST_F(StateReaderTest, ARunningJobIsReadBetweenItsBatches) { ReadWhileItRuns(Unbounded(), 0); }

TEST_F(StateReaderTest, ARunningJobIsReadWhoseStateLiesOnDisk) {
  json plan = json::parse(Unbounded());
  plan["options"].update({{"state-backend", "rocksdb"},
                          {"memory-limit-bytes", 100'000},
                          {"state-folder", folder_.string()}});
  ReadWhileItRuns(plan.dump(), 100'000);
}

}  // namespace
}  // namespace sabot::test
