// Checkpoints of whole jobs write what has changed, also after a restart.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/recovery_plan.h"
#include "engine/simulated_job.h"

namespace sabot::test {
namespace {

using nlohmann::json;

// `num_keys` keys once each, then rows of few of them.
std::string RowsOfKeys(int num_keys, int num_more) {
  std::string text;
  for (int i = 0; i < num_keys + num_more; ++i) {
    text += R"({"k":"key number )" + std::to_string(i < num_keys ? i : i % 5) + R"(","v":)" +
            std::to_string(i) + R"(,"t":"2024-01-01 00:00:00"})" + "\n";
  }
  return text;
}

json SumByKey() {
  const json bigint = {{"kind", "BIGINT"}};
  return {{"op", "group_aggregate"},
          {"inputs", {{{"node", 2}, {"exchange", "hash"}, {"keys", {0}}}}},
          {"schema",
           {{{"name", "k"}, {"type", {{"kind", "VARCHAR"}}}}, {{"name", "s"}, {"type", bigint}}}},
          {"config",
           {{"keys", {0}},
            {"aggregates",
             {{{"function", "sum"}, {"args", {1}}, {"argTypes", {bigint}}, {"type", bigint}}}}}}};
}

json JoinAtTheSameTime() {
  json join = RecoveryQueries().back().query;
  join["config"].update({{"lowerMs", 0}, {"upperMs", 0}});
  return join;
}

TEST(IncrementalCheckpoint, WritesWhatHasChanged) {
  for (const json& query : {SumByKey(), JoinAtTheSameTime()}) {
    SCOPED_TRACE(query["op"]);
    RecoveryPlan plan{.query = query, .parallelism = 1, .batch_rows = 20};
    plan.sink = {{"op", "blackhole_sink"}, {"config", json::object()}};
    MemoryFileSystem files;
    files.Write("/in/rows.jsonl", RowsOfKeys(8'000, 400));
    AttemptOptions options{.seed = 5};
    const Attempt whole = RunAttempt(plan.text(), files, options);
    ASSERT_EQ(whole.end, Attempt::End::kFinished) << whole.status.ToString();
    ASSERT_GT(whole.checkpoints.size(), 20u);
    // One of them may have begun anew.
    const auto [smaller, larger] =
        std::minmax(*(whole.checkpoints.end() - 2), *(whole.checkpoints.end() - 3),
                    [](const auto& a, const auto& b) { return a.bytes_new < b.bytes_new; });
    EXPECT_GT(smaller.bytes_total, 200'000);
    EXPECT_LT(smaller.bytes_new, smaller.bytes_total / 20);

    // Killed in the midst of the rows of few keys, and started again.
    options.crash_step = whole.num_steps - whole.num_steps / 40;
    const Attempt first = RunAttempt(plan.text(), files, options);
    ASSERT_EQ(first.end, Attempt::End::kCrashed);
    plan.restore = {{"from", "latest"}};
    const Attempt second = RunAttempt(plan.text(), files, {.seed = 6});
    ASSERT_EQ(second.end, Attempt::End::kFinished) << second.status.ToString();
    EXPECT_GT(second.restored_epoch, 20);
    ASSERT_FALSE(second.checkpoints.empty());
    EXPECT_GT(second.checkpoints[0].bytes_total, 200'000);
    EXPECT_LT(second.checkpoints[0].bytes_new, second.checkpoints[0].bytes_total / 20);
  }
}

}  // namespace
}  // namespace sabot::test
