// Broadcast state in whole graphs under simulation: wherever a barrier cuts or the job dies, and at
// whatever parallelism it goes on, all subtasks have the same map, every row is answered once, and
// no row sees less than what was there before.
//
//   rows  (iterable_source) -> hash(k) -> broadcast_process (version of the rule) -> result
//   rules (iterable_source) -> broadcast ---^
#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "broadcast_mirror.h"
#include "engine/graph_run.h"
#include "engine/recovery_plan.h"
#include "engine/simulated_job.h"
#include "harness.h"
#include "plan/plan.h"

namespace sabot {
namespace {

using nlohmann::json;
using test::BroadcastMirror;

constexpr uint64_t kNumSeeds = 80;
constexpr int64_t kNumRows = 200;
constexpr int64_t kNumRules = 90;
constexpr int64_t kNumKeys = 5;
constexpr int64_t kNoRule = -1;
const std::vector<std::string> kRow = {"k STRING", "n BIGINT"};
const std::vector<std::string> kRule = {"rule STRING", "version BIGINT", "off BOOLEAN"};

// Rule i is of key i % 5; every other one of key4 removes it.
bool RuleIsOff(int64_t i) { return i % kNumKeys == 4 && i % 2 == 1; }
std::string KeyOf(int64_t i) { return "key" + std::to_string(i % kNumKeys); }

BroadcastMirror::Map MapAfter(int64_t num_rules) {
  BroadcastMirror::Map map;
  for (int64_t i = 0; i < num_rules; ++i) {
    if (RuleIsOff(i)) {
      map.erase(KeyOf(i));
    } else {
      map[KeyOf(i)] = i;
    }
  }
  return map;
}

json Schema(const std::vector<std::string>& columns) {
  return json::parse(test::SchemaJson(columns));
}

std::string PlanText(int parallelism, int64_t batch_rows) {
  return json{
      {"version", 1},
      {"job", "simulation"},
      {"options", {{"parallelism", parallelism}, {"batch.max-rows", batch_rows}}},
      {"nodes",
       {{{"id", 1},
         {"op", "iterable_source"},
         {"uid", "rows"},
         {"parallelism", 1},
         {"inputs", json::array()},
         {"schema", Schema(kRow)}},
        {{"id", 2},
         {"op", "iterable_source"},
         {"uid", "rules"},
         {"parallelism", 1},
         {"inputs", json::array()},
         {"schema", Schema(kRule)}},
        {{"id", 3},
         {"op", "broadcast_process"},
         {"uid", "process"},
         {"inputs",
          {{{"node", 1}, {"exchange", "hash"}, {"keys", {0}}},
           {{"node", 2}, {"exchange", "broadcast"}}}},
         {"schema", Schema({"k STRING", "n BIGINT", "version BIGINT"})},
         {"config", {{"columns", {0, 1}}, {"reads", {0}}, {"broadcastKeys", {0}}, {"removes", 2}}}},
        {{"id", 4},
         {"op", "result_sink"},
         {"uid", "sink"},
         {"parallelism", 1},
         {"inputs", {{{"node", 3}, {"exchange", "rebalance"}}}},
         {"schema", Schema({"k STRING", "n BIGINT", "version BIGINT"})},
         {"config", {{"format", "json"}}}}}}}
      .dump();
}

// `count` rows of an iterable, made one by one.
UserFunction::Reply Iterate(const std::shared_ptr<arrow::Buffer>& request, int64_t count,
                            const std::vector<std::string>& schema, json (*row)(int64_t)) {
  int64_t asked[3];
  std::memcpy(asked, request->data(), sizeof(asked));
  const int64_t end = std::min(count, asked[0] + asked[1]);
  json rows = json::array();
  for (int64_t i = asked[0]; i < end; ++i) rows.push_back(row(i));
  return test::MakeReply(test::MakeBatch(test::MakeSchema(schema), rows.dump()).rows, end < count);
}

UserFunction::Reply Rows(const std::shared_ptr<arrow::Buffer>& request) {
  return Iterate(request, kNumRows, kRow, [](int64_t i) { return json{KeyOf(i * 7), i}; });
}

struct Answer {
  std::string key;
  int64_t row;
  int64_t version;
};

struct Outcome {
  arrow::Status status;
  std::vector<Answer> answers;
  std::shared_ptr<GraphSnapshot> snapshot;
  size_t answers_before_barrier = 0;
  // What every subtask had when it was first asked anything, and how many rules came before it all.
  std::vector<BroadcastMirror::Map> restored;
  int64_t first_rule = -1;
};

Outcome RunPlan(const std::string& text, uint64_t seed, uint64_t barrier_step,
                const GraphSnapshot* from) {
  Outcome outcome;
  const auto log = std::make_shared<BroadcastMirror::Log>();
  const auto rules = [&](const std::shared_ptr<arrow::Buffer>& request) {
    if (outcome.first_rule < 0)
      std::memcpy(&outcome.first_rule, request->data(), sizeof(outcome.first_rule));
    return Iterate(request, kNumRules, kRule,
                   [](int64_t i) { return json{KeyOf(i), i, RuleIsOff(i)}; });
  };
  test::UserFunctionModel owner(
      {{1, Rows}, {2, rules}, {3, BroadcastMirror({"k STRING"}, kRule, log, kNoRule)}});
  const test::GraphRun run = test::RunGraph(text, owner, seed, barrier_step, from);
  for (const std::string& line : run.lines) {
    const json row = json::parse(line);
    outcome.answers.push_back({row["k"], row["n"], row["version"]});
  }
  outcome.status = run.status;
  outcome.snapshot = run.snapshot;
  outcome.answers_before_barrier = run.lines_before_barrier;
  outcome.restored = log->restored;
  return outcome;
}

// What rows may have seen that came after so many rules: versions of their keys, in order.
void ExpectPossible(std::vector<Answer> answers, int64_t num_rules) {
  const BroadcastMirror::Map at_least = MapAfter(num_rules);
  std::map<std::string, int64_t> last;
  std::sort(answers.begin(), answers.end(),
            [](const Answer& a, const Answer& b) { return a.row < b.row; });
  for (const Answer& each : answers) {
    SCOPED_TRACE("row " + std::to_string(each.row));
    ASSERT_EQ(KeyOf(each.row * 7), each.key);
    const bool may_go = each.key == KeyOf(4);
    const auto floor = at_least.find(each.key);
    if (each.version == kNoRule) {
      ASSERT_TRUE(may_go || (floor == at_least.end() && !last.contains(each.key)));
      continue;
    }
    ASSERT_EQ(KeyOf(each.version), each.key);
    ASSERT_FALSE(RuleIsOff(each.version));
    if (last.contains(each.key)) {
      ASSERT_GE(each.version, last[each.key]);
    }
    last[each.key] = each.version;
    if (floor != at_least.end()) {
      ASSERT_GE(each.version, floor->second);
    }
  }
}

void ExpectEveryRowOnce(const std::vector<Answer>& answers) {
  std::vector<int64_t> rows;
  for (const Answer& each : answers) rows.push_back(each.row);
  std::sort(rows.begin(), rows.end());
  ASSERT_EQ(rows.size(), static_cast<size_t>(kNumRows));
  for (int64_t row = 0; row < kNumRows; ++row) ASSERT_EQ(rows[static_cast<size_t>(row)], row);
}

TEST(BroadcastSimulationTest, EverySubtaskGoesOnWithTheSameMap) {
  uint64_t num_restored = 0;
  uint64_t num_with_part_of_the_map = 0;
  for (uint64_t seed = 1; seed <= kNumSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto text = [&] {
      const int parallelism = 1 + static_cast<int>(random() % 4);
      return PlanText(parallelism, 1 + static_cast<int64_t>(random() % 20));
    };
    const Outcome first = RunPlan(text(), seed, 1 + random() % 120, nullptr);
    ASSERT_TRUE(first.status.ok()) << first.status.ToString();
    ExpectEveryRowOnce(first.answers);
    ExpectPossible(first.answers, 0);
    if (first.snapshot == nullptr) continue;
    ++num_restored;
    const Outcome second = RunPlan(text(), seed, 0, first.snapshot.get());
    ASSERT_TRUE(second.status.ok()) << second.status.ToString();
    if (second.first_rule > 0 && second.first_rule < kNumRules) ++num_with_part_of_the_map;
    for (const BroadcastMirror::Map& map : second.restored) {
      // A subtask may have had changes before anything was asked of it.
      int64_t at = std::max<int64_t>(second.first_rule, 0);
      while (at <= kNumRules && MapAfter(at) != map) ++at;
      ASSERT_LE(at, kNumRules) << "not the map of rule " << second.first_rule << " or later";
    }
    ExpectPossible(second.answers, second.first_rule);
    std::vector<Answer> all(
        first.answers.begin(),
        first.answers.begin() + static_cast<ptrdiff_t>(first.answers_before_barrier));
    all.insert(all.end(), second.answers.begin(), second.answers.end());
    ExpectEveryRowOnce(all);
    ExpectPossible(all, 0);
  }
  EXPECT_GT(num_restored, kNumSeeds / 3);
  EXPECT_GT(num_with_part_of_the_map, num_restored / 4);
}

// A file is both: every row of it is a rule, too, of a key of its own. So whatever rows a
// checkpoint has answered, as many rules are in its map.
//
//   /in/rows.jsonl -> file_source -> hash(k) -> broadcast_process -> /out
//                                 -> broadcast ---^
const std::vector<std::string> kFileRow = {"k STRING", "v BIGINT", "t TIMESTAMP(3)"};
constexpr int kNumFileRows = 250;

json FileQuery() {
  return {{"op", "broadcast_process"},
          {"inputs",
           {{{"node", 2}, {"exchange", "hash"}, {"keys", {0}}},
            {{"node", 2}, {"exchange", "broadcast"}}}},
          {"schema", Schema({"k STRING", "seen BIGINT"})},
          {"config", {{"columns", {0}}, {"reads", {0}}, {"broadcastKeys", {0}}}}};
}

std::string FileInput() {
  std::string text;
  for (int i = 0; i < kNumFileRows; ++i) {
    char row[120];
    std::snprintf(row, sizeof(row),
                  "{\"k\":\"row%d\",\"v\":%d,\"t\":\"2024-01-01 00:%02d:%02d\"}\n", i, i, i / 60,
                  i % 60);
    text += row;
  }
  return text;
}

TEST(BroadcastSimulationTest, WhateverDiesNoSubtaskForgets) {
  const test::Seeds seeds = test::SeedsToRun(kNumSeeds);
  uint64_t num_crashes = 0;
  uint64_t num_restores = 0;
  uint64_t num_maps = 0;
  uint64_t num_spilling = 0;
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    MemoryFileSystem files;
    files.Write("/in/rows.jsonl", FileInput());
    for (bool done = false; !done;) {
      test::RecoveryPlan plan{.query = FileQuery(),
                              .parallelism = 1 + static_cast<int>(random() % 4),
                              .batch_rows = 1 + static_cast<int64_t>(random() % 20),
                              .restore = {{"from", "latest"}},
                              .tolerable_failures = 0};
      if (random() % 2 == 0) plan.memory_limit_bytes = 1'000;
      const auto log = std::make_shared<BroadcastMirror::Log>();
      test::UserFunctionModel owner({{3, BroadcastMirror({"k STRING"}, kFileRow, log, kNoRule)}});
      test::AttemptOptions options{.seed = random(), .owner = &owner};
      if (random() % 5 != 0) options.crash_step = 1 + random() % 700;
      std::vector<std::string> before;
      for (const std::string& line : test::VisibleRows(files))
        before.push_back(json::parse(line)["k"]);
      const test::Attempt attempt = test::RunAttempt(plan.text(), files, options);
      ASSERT_NE(attempt.end, test::Attempt::End::kFailed) << attempt.status.ToString();
      for (const BroadcastMirror::Map& map : log->restored) {
        for (const std::string& key : before) ASSERT_TRUE(map.contains(key)) << key;
        num_maps += before.empty() ? 0 : 1;
      }
      num_crashes += attempt.end == test::Attempt::End::kCrashed ? 1 : 0;
      num_restores += attempt.restored_epoch > 0 ? 1 : 0;
      num_spilling += attempt.spilled_bytes > 0 ? 1 : 0;
      done = attempt.end == test::Attempt::End::kFinished;
    }
    const std::vector<std::string> lines = test::VisibleRows(files);
    ASSERT_EQ(lines.size(), static_cast<size_t>(kNumFileRows));
    std::set<std::string> answered;
    for (const std::string& line : lines) {
      const json row = json::parse(line);
      const std::string key = row["k"];
      ASSERT_TRUE(answered.insert(key).second) << key << " came twice";
      const int64_t seen = row["seen"];
      ASSERT_TRUE(seen == kNoRule || key == "row" + std::to_string(seen)) << line;
    }
  }
  EXPECT_GT(num_crashes, seeds.count());
  EXPECT_GT(num_restores, seeds.count() / 2);
  EXPECT_GT(num_maps, seeds.count());
  EXPECT_GT(num_spilling, 0u);
}

}  // namespace
}  // namespace sabot
