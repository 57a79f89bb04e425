// Jobs that die at any step, again and again, and go on from their checkpoints at other
// parallelisms: the output folder ends up as if nothing had happened. A failing seed is printed and
// replays exactly; SABOT_SEEDS=FIRST-LAST runs others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

#include "base/error.h"
#include "engine/simulated_job.h"
#include "engine/simulation.h"

namespace sabot::test {
namespace {

constexpr int kNumRows = 400;
constexpr int kAttemptsMax = 40;

using nlohmann::json;

json Type(const char* kind, bool nullable = true) {
  return {{"kind", kind}, {"nullable", nullable}};
}
const json kTime = {{"kind", "TIMESTAMP"}, {"precision", 3}};

const json kRow = {{{"name", "k"}, {"type", Type("VARCHAR")}},
                   {{"name", "v"}, {"type", Type("BIGINT")}},
                   {{"name", "t"}, {"type", kTime}}};

// file_source -> watermark_assigner (node 2) -> `query` (node 3) -> `sink`
std::string RecoveryPlan(const json& query, int parallelism, int64_t batch_rows, bool restore,
                         const json& sink = {{"op", "file_sink"},
                                             {"config", {{"path", "/out"}, {"format", "json"}}}}) {
  const json delay = {{"literal", "4000"}, {"type", Type("INTERVAL_DAY_TIME")}};
  const json time = {{"column", 2}, {"type", kTime}};
  json checkpoint = {{"folder", "/chk"}, {"intervalMs", 3}, {"tolerableFailures", 3}};
  if (restore) checkpoint["restore"] = {{"from", "latest"}};
  const json plan = {
      {"version", 1},
      {"job", "simulation"},
      {"options", {{"parallelism", parallelism}, {"batch.max-rows", batch_rows}}},
      {"checkpoint", checkpoint},
      {"nodes",
       {{{"id", 1},
         {"op", "file_source"},
         {"uid", "source"},
         {"inputs", json::array()},
         {"schema", kRow},
         {"config",
          {{"path", "/in/rows.jsonl"},
           {"format", "json"},
           {"formatOptions", json::object()},
           {"stripeBytes", 1024},
           {"columns", kRow}}}},
        {{"id", 2},
         {"op", "watermark_assigner"},
         {"uid", "time"},
         {"inputs", {{{"node", 1}, {"exchange", "forward"}}}},
         {"schema", kRow},
         {"config",
          {{"time", 2},
           {"watermark", {{"call", "minus"}, {"type", kTime}, {"args", {time, delay}}}}}}},
        {{"id", 3},
         {"op", query["op"]},
         {"uid", "query"},
         {"inputs", query["inputs"]},
         {"schema", query["schema"]},
         {"config", query["config"]}},
        {{"id", 4},
         {"op", sink["op"]},
         {"uid", "sink"},
         {"inputs", {{{"node", 3}, {"exchange", "forward"}}}},
         {"schema", json::array()},
         {"config", sink["config"]}}}}};
  return plan.dump();
}

const json kByKey = {{"node", 2}, {"exchange", "hash"}, {"keys", {0}}};

json WindowQuery(const char* op, const json& window) {
  return {{"op", op},
          {"inputs", {kByKey}},
          {"schema",
           {{{"name", "k"}, {"type", Type("VARCHAR")}},
            {{"name", "n"}, {"type", Type("BIGINT", false)}},
            {{"name", "s"}, {"type", Type("BIGINT")}},
            {{"name", "d"}, {"type", Type("BIGINT", false)}},
            {{"name", "window_end"}, {"type", kTime}}}},
          {"config",
           {{"keys", {0}},
            {"window", window},
            {"output", {"window_end"}},
            {"aggregates",
             {{{"function", "count"}, {"args", json::array()}, {"type", Type("BIGINT", false)}},
              {{"function", "sum"},
               {"args", {1}},
               {"argTypes", {Type("BIGINT")}},
               {"type", Type("BIGINT")}},
              {{"function", "count"},
               {"args", {1}},
               {"distinct", true},
               {"argTypes", {Type("BIGINT")}},
               {"type", Type("BIGINT", false)}}}}}}};
}

json JoinQuery(const char* op, const json& more) {
  json config = {{"joinType", "inner"}, {"leftKeys", {0}}, {"rightKeys", {0}}};
  config.update(more);
  json schema = kRow;
  for (const char* name : {"k0", "v0", "t0"}) {
    schema.push_back({{"name", name}, {"type", kRow[schema.size() - 3]["type"]}});
  }
  return {{"op", op}, {"inputs", {kByKey, kByKey}}, {"schema", schema}, {"config", config}};
}

// Some keys are so long that snapshots of their windows are files, and others stand in the
// manifest.
std::string Input() {
  std::string rows = Rows(kNumRows, 7);
  const std::string pad(1200, 'x');
  for (const char* key : {"key1", "key5"}) {
    for (size_t at = 0; (at = rows.find(key, at)) != std::string::npos; at += pad.size())
      rows.insert(at + 4, pad);
  }
  return rows;
}

// The rows that readers of the output folder see, sorted.
std::vector<std::string> Visible(const MemoryFileSystem& files) {
  std::vector<std::string> lines;
  for (const std::string& path : files.Paths()) {
    if (!path.starts_with("/out/") || path.starts_with("/out/.")) continue;
    const std::string text = files.Read(path).ValueOrDie();
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = text.find('\n', begin);
      lines.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

struct Seeds {
  uint64_t first = 1;
  uint64_t last = 500;
};
Seeds SeedsToRun() {
  Seeds seeds;
  if (const char* asked = std::getenv("SABOT_SEEDS")) {
    char* rest = nullptr;
    seeds.first = std::strtoull(asked, &rest, 10);
    seeds.last = *rest == '-' ? std::strtoull(rest + 1, nullptr, 10) : seeds.first;
  }
  return seeds;
}

class RecoverySimulationTest : public testing::TestWithParam<json> {};

TEST_P(RecoverySimulationTest, WhateverDiesTheOutputIsTheSame) {
  const std::string input = Input();
  std::vector<std::string> expected;
  uint64_t undisturbed_steps = 0;
  {
    MemoryFileSystem files;
    files.Write("/in/rows.jsonl", input);
    const Attempt run = RunAttempt(RecoveryPlan(GetParam(), 2, 10, false), files, {.seed = 1});
    ASSERT_EQ(run.end, Attempt::End::kFinished) << run.status.ToString();
    EXPECT_GT(run.num_checkpoints, 3);
    expected = Visible(files);
    undisturbed_steps = run.num_steps;
    ASSERT_GT(expected.size(), 20u);
  }
  const Seeds seeds = SeedsToRun();
  uint64_t num_crashes = 0;
  uint64_t num_restores_behind_first = 0;
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    MemoryFileSystem files;
    files.Write("/in/rows.jsonl", input);
    bool finished = false;
    for (int attempt = 0; attempt < kAttemptsMax && !finished; ++attempt) {
      const int parallelism = 1 + static_cast<int>(random() % 4);
      const auto batch_rows = 1 + static_cast<int64_t>(random() % 40);
      AttemptOptions options{.seed = random(), .num_faults = random() % 3};
      // Later attempts are left alone more and more, so that it ends.
      if (random() % 8 >= static_cast<uint64_t>(attempt) / 3)
        options.crash_step = 1 + random() % undisturbed_steps;
      const Attempt run =
          RunAttempt(RecoveryPlan(GetParam(), parallelism, batch_rows, true), files, options);
      // A file of the last state that cannot be written ends the job; it is started again, too.
      if (run.end == Attempt::End::kFailed) {
        ASSERT_GT(options.num_faults, 0u) << run.status.ToString();
      }
      ASSERT_EQ(run.late_rows, 0) << "attempt " << attempt << " restored epoch "
                                  << run.restored_epoch;
      finished = run.end == Attempt::End::kFinished;
      num_crashes += finished ? 0 : 1;
      num_restores_behind_first += run.restored_epoch > 1 ? 1 : 0;
      // What is visible is never more than the whole, nor twice.
      const std::vector<std::string> visible = Visible(files);
      ASSERT_TRUE(std::includes(expected.begin(), expected.end(), visible.begin(), visible.end()))
          << Difference(visible, expected);
    }
    ASSERT_TRUE(finished);
    ASSERT_EQ(Difference(Visible(files), expected), "");
  }
  // Otherwise the test would prove little.
  EXPECT_GT(num_crashes, seeds.last - seeds.first);
  EXPECT_GT(num_restores_behind_first, (seeds.last - seeds.first) / 2);
}

std::string NameOf(const testing::TestParamInfo<json>& test) {
  constexpr const char* kNames[] = {"Tumble", "Hop", "Cumulate", "Session", "IntervalJoin"};
  return kNames[test.index];
}

INSTANTIATE_TEST_SUITE_P(
    Queries, RecoverySimulationTest,
    testing::Values(
        WindowQuery("window_aggregate", {{"kind", "tumble"}, {"time", 2}, {"sizeMs", 10000}}),
        WindowQuery("window_aggregate",
                    {{"kind", "hop"}, {"time", 2}, {"sizeMs", 12000}, {"slideMs", 4000}}),
        WindowQuery("window_aggregate",
                    {{"kind", "cumulate"}, {"time", 2}, {"sizeMs", 30000}, {"stepMs", 10000}}),
        WindowQuery("session_window", {{"kind", "session"}, {"time", 2}, {"gapMs", 3000}}),
        JoinQuery("interval_join",
                  {{"leftTime", 2}, {"rightTime", 2}, {"lowerMs", -2000}, {"upperMs", 2000}})),
    NameOf);

// `num_keys` keys once each, then rows of few of them.
std::string RowsOfKeys(int num_keys, int num_more) {
  std::string text;
  for (int i = 0; i < num_keys + num_more; ++i) {
    text += R"({"k":"key number )" + std::to_string(i < num_keys ? i : i % 5) + R"(","v":)" +
            std::to_string(i) + R"(,"t":"2024-01-01 00:00:00"})" + "\n";
  }
  return text;
}

// Keys and rows that have not changed are not written again, nor after a restart.
TEST(IncrementalCheckpoints, WriteWhatHasChanged) {
  const json groups = {
      {"op", "group_aggregate"},
      {"inputs", {kByKey}},
      {"schema",
       {{{"name", "k"}, {"type", Type("VARCHAR")}}, {{"name", "s"}, {"type", Type("BIGINT")}}}},
      {"config",
       {{"keys", {0}},
        {"aggregates",
         {{{"function", "sum"},
           {"args", {1}},
           {"argTypes", {Type("BIGINT")}},
           {"type", Type("BIGINT")}}}}}}};
  const json join = JoinQuery("interval_join",
                              {{"leftTime", 2}, {"rightTime", 2}, {"lowerMs", 0}, {"upperMs", 0}});
  const json blackhole = {{"op", "blackhole_sink"}, {"config", json::object()}};
  for (const json& query : {groups, join}) {
    SCOPED_TRACE(query["op"]);
    MemoryFileSystem files;
    files.Write("/in/rows.jsonl", RowsOfKeys(8'000, 400));
    AttemptOptions options{.seed = 5};
    const Attempt whole = RunAttempt(RecoveryPlan(query, 1, 20, false, blackhole), files, options);
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
    const Attempt first = RunAttempt(RecoveryPlan(query, 1, 20, false, blackhole), files, options);
    ASSERT_EQ(first.end, Attempt::End::kCrashed);
    const Attempt second =
        RunAttempt(RecoveryPlan(query, 1, 20, true, blackhole), files, {.seed = 6});
    ASSERT_EQ(second.end, Attempt::End::kFinished) << second.status.ToString();
    EXPECT_GT(second.restored_epoch, 20);
    ASSERT_FALSE(second.checkpoints.empty());
    EXPECT_GT(second.checkpoints[0].bytes_total, 200'000);
    EXPECT_LT(second.checkpoints[0].bytes_new, second.checkpoints[0].bytes_total / 20);
  }
}

}  // namespace
}  // namespace sabot::test
