// Checkpoints of jobs whose sink is much slower than their sources: a barrier is seconds on its
// way, not the time that full channels take to drain.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/recovery_plan.h"
#include "engine/simulated_job.h"
#include "stream/channel.h"

namespace sabot::test {
namespace {

using nlohmann::json;

constexpr int kNumRows = 60'000;

std::string ManyRows() {
  std::string text;
  for (int i = 0; i < kNumRows; ++i) {
    text += R"({"k":"key number )" + std::to_string(i % 50) + R"(","v":)" + std::to_string(i) +
            R"(,"t":"2024-01-01 00:00:00"})" + "\n";
  }
  return text;
}

// Of the last sum of every key.
int64_t SumOfLast(const std::vector<std::string>& lines) {
  std::map<std::string, int64_t> last;
  for (const std::string& line : lines) {
    const json row = json::parse(line);
    last[row["k"].get<std::string>()] = row["s"].get<int64_t>();
  }
  int64_t sum = 0;
  for (const auto& [key, value] : last) sum += value;
  return sum;
}

// Every row changes a sum, and every change is a result.
RecoveryPlan RunningSums(int parallelism) {
  const json bigint = {{"kind", "BIGINT"}};
  RecoveryPlan plan{.parallelism = parallelism, .batch_rows = 200, .tolerable_failures = 0};
  plan.query = {
      {"op", "group_aggregate"},
      {"inputs", {{{"node", 2}, {"exchange", "hash"}, {"keys", {0}}}}},
      {"schema",
       {{{"name", "k"}, {"type", {{"kind", "VARCHAR"}}}}, {{"name", "s"}, {"type", bigint}}}},
      {"config",
       {{"keys", {0}},
        {"emitUpdateBefore", false},
        {"aggregates",
         {{{"function", "sum"}, {"args", {1}}, {"argTypes", {bigint}}, {"type", bigint}}}}}}};
  plan.sink = {{"op", "result_sink"},
               {"config", {{"format", "json"}, {"changelog", true}, {"channel", "result"}}}};
  return plan;
}

TEST(Backpressure, ABarrierCrossesInSecondsHoweverSlowTheSink) {
  for (const int parallelism : {1, 2}) {
    for (const int64_t lines_per_second : {20'000, 5'000}) {
      SCOPED_TRACE("parallelism " + std::to_string(parallelism) + ", " +
                   std::to_string(lines_per_second) + " lines per second");
      MemoryFileSystem files;
      files.Write("/in/rows.jsonl", ManyRows());
      const Attempt run = RunAttempt(RunningSums(parallelism).text(), files,
                                     {.seed = 3,
                                      .channel_bytes_max = kChannelBytesMax,
                                      .sink_lines_per_second = lines_per_second});
      ASSERT_EQ(run.end, Attempt::End::kFinished) << run.status.ToString();
      EXPECT_EQ(SumOfLast(run.lines), int64_t{kNumRows} * (kNumRows - 1) / 2);
      ASSERT_FALSE(run.checkpoints.empty());
      const auto longest = std::max_element(
          run.checkpoints.begin(), run.checkpoints.end(),
          [](const auto& a, const auto& b) { return a.duration_ms < b.duration_ms; });
      // What channels hold at least is worth that long, and a second more is what they hold of
      // what is taken.
      EXPECT_LT(longest->duration_ms, 5'000);
      EXPECT_GT(longest->duration_ms, 100) << "there was no back-pressure";
      std::printf(
          "parallelism %d, %lld lines per second: %zu checkpoints, the longest took %lld ms\n",
          parallelism, static_cast<long long>(lines_per_second), run.checkpoints.size(),
          static_cast<long long>(longest->duration_ms));
    }
  }
}

}  // namespace
}  // namespace sabot::test
