// Jobs on real threads: several subtasks, readers that are slow, cancellation at any moment,
// metrics read meanwhile. What ThreadSanitizer is to look at (scripts/test-threads).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "engine/scheduler.h"
#include "engine/simulation.h"
#include "sabot/engine.h"

namespace sabot::test {
namespace {

using ::testing::HasSubstr;

constexpr int kNumRows = 20'000;

const std::vector<std::string> kCountSchema = {"k STRING", "n BIGINT NOT NULL",
                                               "window_end TIMESTAMP(3)"};

// A job, what it delivered, and how it ended.
class RunningPlan {
 public:
  // With `room` false, every other delivery is refused at first.
  explicit RunningPlan(const std::string& plan, bool always_room = true)
      : always_room_(always_room) {
    JobCallbacks callbacks;
    callbacks.deliver = [this](const std::string& channel, std::string&& bytes) {
      const std::lock_guard lock(mutex_);
      if (!always_room_ && (++num_deliveries_ % 2) == 0) {
        starved_ = true;
        return false;
      }
      if (channel == "result") result_ += bytes;
      if (channel == "log") log_ += bytes;
      return true;
    };
    callbacks.finished = [this](const JobError* error) {
      const std::lock_guard lock(mutex_);
      ++num_finished_;
      if (error != nullptr) error_ = *error;
      changed_.notify_all();
    };
    JobError refusal;
    job_ = StartJob(plan, std::move(callbacks), &refusal);
    EXPECT_NE(job_, nullptr) << refusal.message;
  }

  // Waits for the end, waking the job's sinks and reading its metrics now and then.
  void Wait() {
    std::unique_lock lock(mutex_);
    while (num_finished_ == 0) {
      changed_.wait_for(lock, std::chrono::milliseconds(1));
      const bool wake = std::exchange(starved_, false);
      lock.unlock();
      const auto metrics = nlohmann::json::parse(job_->Metrics());
      EXPECT_TRUE(metrics.contains("tasks"));
      if (wake) job_->Wake();
      lock.lock();
    }
  }

  Job& job() { return *job_; }
  void Destroy() { job_.reset(); }
  const std::optional<JobError>& error() const { return error_; }
  const std::string& log() const { return log_; }
  int num_finished() {
    const std::lock_guard lock(mutex_);
    return num_finished_;
  }
  int64_t CountedRows() const {
    int64_t sum = 0;
    for (size_t begin = 0; begin < result_.size();) {
      const size_t end = result_.find('\n', begin);
      sum += nlohmann::json::parse(result_.substr(begin, end - begin)).at("n").get<int64_t>();
      begin = end + 1;
    }
    return sum;
  }

 private:
  const bool always_room_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int num_deliveries_ = 0;
  bool starved_ = false;
  int num_finished_ = 0;
  std::optional<JobError> error_;
  std::string result_;
  std::string log_;
  std::unique_ptr<Job> job_;  // Goes first: its threads call back.
};

class JobThreadsTest : public ::testing::Test {
 protected:
  JobThreadsTest()
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("sabot_job_threads_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    for (unsigned part = 0; part < 2; ++part) {
      std::ofstream(folder_ / (std::to_string(part) + ".jsonl")) << Rows(kNumRows / 2, 7 + part);
    }
  }
  ~JobThreadsTest() override { std::filesystem::remove_all(folder_); }

  // Files -> time -> [by k] windows, and their late rows -> results.
  std::string Plan(int parallelism) const {
    PlanText plan({.parallelism = parallelism, .batch_rows = 100});
    const int time = plan.Time(plan.File(folder_.string()));
    const int windows = plan.Add(
        "window_aggregate", Hash(time, "0"), kCountSchema,
        R"("keys":[0],"window":{"kind":"tumble","time":2,"sizeMs":10000},"output":["window_end"],
           "aggregates":[{"function":"count","args":[],"type":{"kind":"BIGINT","nullable":false}}])");
    plan.Sink(windows, kCountSchema);
    plan.Add("blackhole_sink",
             R"({"node":)" + std::to_string(windows) + R"(,"exchange":"forward","late":0})", {},
             "");
    return plan.text();
  }

  static std::string Endless() {
    PlanText plan({.parallelism = 2, .batch_rows = 100});
    const int source = plan.Add("datagen_source", "", {"n BIGINT"},
                                R"("rowsPerSecond":100000,"fields":[{"name":"n"}])");
    plan.Sink(source, {"n BIGINT"});
    return plan.text();
  }

  const std::filesystem::path folder_;
};

TEST_F(JobThreadsTest, EveryRowIsCountedOnceWhateverTheThreads) {
  for (const int parallelism : {1, 2, 4}) {
    for (int round = 0; round < 3; ++round) {
      RunningPlan run(Plan(parallelism));
      run.Wait();
      EXPECT_FALSE(run.error()) << run.error()->message;
      EXPECT_EQ(run.CountedRows(), kNumRows) << parallelism;
    }
  }
}

TEST_F(JobThreadsTest, ASlowReaderOnlySlowsTheJobDown) {
  RunningPlan run(Plan(2), /*always_room=*/false);
  run.Wait();
  EXPECT_FALSE(run.error()) << run.error()->message;
  EXPECT_EQ(run.CountedRows(), kNumRows);
}

TEST_F(JobThreadsTest, ACancelAtAnyMomentEndsItOnce) {
  for (int delay_us = 0; delay_us < 30'000; delay_us += 1'500) {
    RunningPlan run(Plan(2));
    std::thread canceller([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
      run.job().Cancel();
      run.job().Cancel();
    });
    run.Wait();
    canceller.join();
    if (run.error()) {
      EXPECT_EQ(run.error()->kind, "cancelled");
    }
    EXPECT_EQ(run.num_finished(), 1);
  }
}

TEST_F(JobThreadsTest, AJobWithoutEndEndsWhenItIsCancelled) {
  RunningPlan run(Endless());
  run.job().Cancel();
  run.Wait();
  ASSERT_TRUE(run.error());
  EXPECT_EQ(run.error()->kind, "cancelled");
}

TEST_F(JobThreadsTest, AJobMayBeDestroyedWhileItRuns) {
  for (int delay_us = 0; delay_us < 10'000; delay_us += 2'000) {
    RunningPlan run(Endless());
    std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
    run.Destroy();
    EXPECT_EQ(run.num_finished(), 1);
  }
}

TEST_F(JobThreadsTest, WhatCannotBeOpenedFailsTheJob) {
  PlanText plan({});
  plan.Sink(plan.File((folder_ / "missing.jsonl").string()), kRowSchema);
  RunningPlan run(plan.text());
  run.Wait();
  ASSERT_TRUE(run.error());
  EXPECT_EQ(run.error()->kind, "io");
  EXPECT_EQ(run.error()->operator_name, "file_source");
  EXPECT_THAT(run.error()->message, HasSubstr("missing.jsonl"));
}

TEST_F(JobThreadsTest, TasksSayWhatTheyDid) {
  RunningPlan run(Plan(2));
  run.Wait();
  const auto metrics = nlohmann::json::parse(run.job().Metrics());
  int64_t rows_in = 0;
  int64_t busy_ns = 0;
  for (const auto& task : metrics["tasks"]) {
    if (task["name"] == "window_aggregate") {
      rows_in += task["rowsIn"].get<int64_t>();
      EXPECT_GT(task["bytesIn"].get<int64_t>(), 0);
      EXPECT_GT(task["bytesOut"].get<int64_t>(), 0);
      EXPECT_EQ(task["nodes"].size(), 1u);
    }
    busy_ns += task["busyNs"].get<int64_t>();
    EXPECT_GE(task["idleNs"].get<int64_t>(), 0);
    EXPECT_GE(task["backpressuredNs"].get<int64_t>(), 0);
  }
  EXPECT_EQ(rows_in, kNumRows);
  EXPECT_GT(busy_ns, 0);
  EXPECT_TRUE(metrics["holds"].is_array());  // One that lasted for a moment may be left.
}

TEST(ThreadedSchedulerTest, ACancelBeforeTheStartCounts) {
  const auto scheduler = MakeThreadedScheduler(2, SystemClock());
  scheduler->Cancel();
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<RunOutcome> outcome;
  Task never("never", 0);
  scheduler->Start({&never}, [&](RunOutcome ended) {
    const std::lock_guard lock(mutex);
    outcome = std::move(ended);
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return outcome.has_value(); });
  EXPECT_TRUE(outcome->status.IsCancelled()) << outcome->status;
}

}  // namespace
}  // namespace sabot::test
