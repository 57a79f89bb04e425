// Keyed process functions in whole jobs under simulation: whatever order the owner answers in,
// wherever the job dies, at whatever parallelism and with whatever memory it goes on, every row
// adds to its key once and every timer fires once.
//
//   /in/rows.jsonl -> file_source -> watermark -> hash(k) -> keyed_process -> /out
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "engine/recovery_plan.h"
#include "engine/simulated_job.h"
#include "harness.h"
#include "keyed_process_model.h"

namespace sabot {
namespace {

using nlohmann::json;
using test::KeyedProcessModel;

constexpr uint64_t kNumSeeds = 80;
constexpr int kNumRows = 250;
constexpr int64_t kNumKeys = 7;
constexpr int64_t kWindowMs = 10'000;

std::string KeyOf(int64_t row) { return "key" + std::to_string(row * 5 % kNumKeys); }

std::string Input() {
  std::string text;
  for (int i = 0; i < kNumRows; ++i) {
    char row[120];
    std::snprintf(row, sizeof(row), R"({"k":"%s","v":%d,"t":"1970-01-01 00:%02d:%02d"})",
                  KeyOf(i).c_str(), i, i / 60, i % 60);
    text += std::string(row) + "\n";
  }
  return text;
}

// Rows are numbered per key by two states; per window a timer tells how many there were.
void Number(const KeyedProcessModel::Event& event, KeyedProcessModel::Calls& key) {
  if (event.what == ProcessEvents::kProcessingTimers) {
    key.SetSum(key.sum().value_or(0));  // Only that it happens at any time.
    return;
  }
  if (event.is_timer()) {
    const std::string window = std::to_string(event.time);
    int64_t count = 0;
    for (const auto& [of, rows] : key.by()) count += of == window ? rows : 0;
    key.Remove(window);
    key.EmitSide(key.key() + " " + window + " " + std::to_string(count));
    return;
  }
  const int64_t end = event.time - event.time % kWindowMs + kWindowMs - 1;
  int64_t count = 1;
  for (const auto& [of, rows] : key.by()) count += of == std::to_string(end) ? rows : 0;
  key.Put(std::to_string(end), count);
  key.Set(KeyedProcessModel::kEventTime, end);
  key.Set(KeyedProcessModel::kProcessingTime, event.now + event.v % 20);
  key.SetSum(key.sum().value_or(0) + 1);
  key.Add(event.v);
  EXPECT_EQ(static_cast<int64_t>(key.all().size()), *key.sum());
  EXPECT_EQ(key.all().front() * 5 % kNumKeys, event.v * 5 % kNumKeys);
  key.Emit(event.v * 1000 + *key.sum());
}

json Query() {
  const json node = json::parse(KeyedProcessModel::Node());
  return {{"op", "keyed_process"},
          {"inputs", {{{"node", 2}, {"exchange", "hash"}, {"keys", {0}}}}},
          {"schema", node["schema"]},
          {"config", node["config"]}};
}

TEST(KeyedProcessSimulationTest, WhateverDiesEveryRowAndTimerCountsOnce) {
  const test::Seeds seeds = test::SeedsToRun(kNumSeeds);
  uint64_t num_crashes = 0;
  uint64_t num_restores = 0;
  uint64_t num_spilling = 0;
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    MemoryFileSystem files;
    files.Write("/in/rows.jsonl", Input());
    for (bool done = false; !done;) {
      test::RecoveryPlan plan{.query = Query(),
                              .parallelism = 1 + static_cast<int>(random() % 4),
                              .batch_rows = 1 + static_cast<int64_t>(random() % 20),
                              .restore = {{"from", "latest"}},
                              // A sink's timer may be the next thing in time, minutes away, while
                              // all wait for the owner.
                              .timeout_ms = 1'000'000'000,
                              .tolerable_failures = 0};
      if (random() % 2 == 0) plan.memory_limit_bytes = 1'000;
      test::UserFunctionModel owner({{3, KeyedProcessModel(Number, nullptr, 1 + random() % 10)}});
      test::AttemptOptions options{.seed = random(), .owner = &owner};
      if (random() % 5 != 0) options.crash_step = 1 + random() % 900;
      const test::Attempt attempt = test::RunAttempt(plan.text(), files, options);
      ASSERT_NE(attempt.end, test::Attempt::End::kFailed) << attempt.status.ToString();
      num_crashes += attempt.end == test::Attempt::End::kCrashed ? 1 : 0;
      num_restores += attempt.restored_epoch > 0 ? 1 : 0;
      num_spilling += attempt.spilled_bytes > 0 ? 1 : 0;
      done = attempt.end == test::Attempt::End::kFinished;
    }
    std::map<std::string, std::set<int64_t>> numbers;  // By key: from 1 on, each once.
    std::map<int64_t, json> rows;
    std::map<std::string, int64_t> windows;
    std::multiset<std::string> notes;
    for (const std::string& line : test::VisibleRows(files)) {
      const json row = json::parse(line);
      if (row["output"] == 1) {
        notes.insert(row["note"].get<std::string>());
      } else {
        const auto s = row["s"].get<int64_t>();
        ASSERT_TRUE(rows.emplace(s / 1000, row).second) << line << " came twice";
      }
    }
    ASSERT_EQ(rows.size(), static_cast<size_t>(kNumRows));
    std::multiset<std::string> expected;
    for (const auto& [v, row] : rows) {
      const std::string key = KeyOf(v);
      ASSERT_EQ(row["k"], key);
      ASSERT_TRUE(numbers[key].insert(row["s"].get<int64_t>() % 1000).second) << row;
      const int64_t time = v * 1000;
      ++windows[key + " " + std::to_string(time - time % kWindowMs + kWindowMs - 1)];
    }
    for (const auto& [key, of] : numbers) ASSERT_EQ(*of.rbegin(), std::ssize(of)) << key;
    for (const auto& [window, count] : windows)
      expected.insert(window + " " + std::to_string(count));
    ASSERT_EQ(notes, expected);
  }
  EXPECT_GT(num_crashes, seeds.count());
  EXPECT_GT(num_restores, seeds.count() / 2);
  EXPECT_GT(num_spilling, 0u);
}

}  // namespace
}  // namespace sabot
