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

// file_source -> watermark_assigner -> hash(k) -> `aggregate` -> file_sink
std::string RecoveryPlan(const json& aggregate, int parallelism, int64_t batch_rows, bool restore) {
  const json row = {{{"name", "k"}, {"type", Type("VARCHAR")}},
                    {{"name", "v"}, {"type", Type("BIGINT")}},
                    {{"name", "t"}, {"type", kTime}}};
  const json result = {{{"name", "k"}, {"type", Type("VARCHAR")}},
                       {{"name", "n"}, {"type", Type("BIGINT", false)}},
                       {{"name", "s"}, {"type", Type("BIGINT")}},
                       {{"name", "d"}, {"type", Type("BIGINT", false)}},
                       {{"name", "window_end"}, {"type", kTime}}};
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
         {"schema", row},
         {"config",
          {{"path", "/in/rows.jsonl"},
           {"format", "json"},
           {"formatOptions", json::object()},
           {"stripeBytes", 1024},
           {"columns", row}}}},
        {{"id", 2},
         {"op", "watermark_assigner"},
         {"uid", "time"},
         {"inputs", {{{"node", 1}, {"exchange", "forward"}}}},
         {"schema", row},
         {"config",
          {{"time", 2},
           {"watermark", {{"call", "minus"}, {"type", kTime}, {"args", {time, delay}}}}}}},
        {{"id", 3},
         {"op", aggregate["op"]},
         {"uid", "window"},
         {"inputs", {{{"node", 2}, {"exchange", "hash"}, {"keys", {0}}}}},
         {"schema", result},
         {"config",
          {{"keys", {0}},
           {"window", aggregate["window"]},
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
              {"type", Type("BIGINT", false)}}}}}}},
        {{"id", 4},
         {"op", "file_sink"},
         {"uid", "sink"},
         {"inputs", {{{"node", 3}, {"exchange", "forward"}}}},
         {"schema", json::array()},
         {"config", {{"path", "/out"}, {"format", "json"}}}}}}};
  return plan.dump();
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
      AttemptOptions options{.seed = random()};
      // Later attempts are left alone more and more, so that it ends.
      if (random() % 8 >= static_cast<uint64_t>(attempt) / 3)
        options.crash_step = 1 + random() % undisturbed_steps;
      const Attempt run =
          RunAttempt(RecoveryPlan(GetParam(), parallelism, batch_rows, true), files, options);
      ASSERT_NE(run.end, Attempt::End::kFailed) << run.status.ToString();
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

json Aggregate(const char* op, json window) { return {{"op", op}, {"window", std::move(window)}}; }

std::string NameOf(const testing::TestParamInfo<json>& test) {
  constexpr const char* kNames[] = {"Tumble", "Hop", "Cumulate", "Session"};
  return kNames[test.index];
}

INSTANTIATE_TEST_SUITE_P(
    Windows, RecoverySimulationTest,
    testing::Values(
        Aggregate("window_aggregate", {{"kind", "tumble"}, {"time", 2}, {"sizeMs", 10000}}),
        Aggregate("window_aggregate",
                  {{"kind", "hop"}, {"time", 2}, {"sizeMs", 12000}, {"slideMs", 4000}}),
        Aggregate("window_aggregate",
                  {{"kind", "cumulate"}, {"time", 2}, {"sizeMs", 30000}, {"stepMs", 10000}}),
        Aggregate("session_window", {{"kind", "session"}, {"time", 2}, {"gapMs", 3000}})),
    NameOf);

}  // namespace
}  // namespace sabot::test
