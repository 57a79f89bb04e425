// Operators whose state is many times their memory: they give what they give with enough of it, and
// what they keep in memory stays below the limit. Restarts go from one to the other.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "harness.h"

namespace sabot {
namespace {

constexpr int kBatches = 40;
constexpr int kBatchRows = 400;

struct Story {
  std::string node;
  std::vector<Schema> inputs;
  // One row of some batch and input, as JSON.
  std::function<std::string(std::mt19937_64&, int batch)> row;
  int64_t limit_bytes;
  bool has_watermarks = true;
};

struct Outcome {
  std::vector<std::string> lines;  // Sorted.
  int64_t state_bytes_max = 0;
};

Outcome Run(const Story& story, int64_t limit_bytes, int num_restarts) {
  Outcome outcome;
  test::Harness harness(story.node, story.inputs, {.memory_limit_bytes = limit_bytes});
  std::mt19937_64 random(11);
  const auto note = [&] {
    const int64_t bytes =
        limit_bytes > 0 ? harness.state_bytes() : harness.metrics().state_bytes.value();
    outcome.state_bytes_max = std::max(outcome.state_bytes_max, bytes);
    for (std::string& line : harness.Take()) outcome.lines.push_back(std::move(line));
  };
  for (int batch = 0; batch < kBatches; ++batch) {
    std::string rows = "[";
    for (int row = 0; row < kBatchRows; ++row)
      rows += (row > 0 ? "," : "") + story.row(random, batch);
    harness.Rows(rows + "]", batch % static_cast<int>(story.inputs.size()));
    note();
    if (story.has_watermarks && batch % 10 == 9) harness.AdvanceWatermark(batch * 1'000 - 20'000);
    note();
    if (num_restarts > 0 && batch % (kBatches / num_restarts) == 5)
      harness.Restart(batch < 10 ? 3 : 1);
    note();
  }
  harness.EndOfInput();
  note();
  std::sort(outcome.lines.begin(), outcome.lines.end());
  return outcome;
}

void Tell(const Story& story) {
  const Outcome in_memory = Run(story, 0, 0);
  EXPECT_GT(in_memory.lines.size(), 1'000u);
  EXPECT_GT(in_memory.state_bytes_max, 4 * story.limit_bytes);
  for (const int num_restarts : {0, 2}) {
    const Outcome on_disk = Run(story, story.limit_bytes, num_restarts);
    EXPECT_EQ(on_disk.lines, in_memory.lines) << num_restarts << " restarts";
    // A harness restores rows one by one, and a batch of one row costs as much as a large one.
    if (num_restarts > 0) continue;
    EXPECT_LE(on_disk.state_bytes_max, story.limit_bytes);
  }
}

std::string Text(uint64_t number) {
  return "\"" + std::string(100, 'x') + std::to_string(number) + "\"";
}

TEST(StateOnDiskTest, Sessions) {
  Tell({.node = R"({"op": "session_window", "config": {"keys": [0], "aggregates": [
            {"function": "count", "args": [], "type": {"kind": "BIGINT", "nullable": false}},
            {"function": "max", "args": [1], "argTypes": [{"kind": "VARCHAR"}], "type": {"kind": "VARCHAR"}},
            {"function": "count", "distinct": true, "args": [1], "argTypes": [{"kind": "VARCHAR"}],
             "type": {"kind": "BIGINT", "nullable": false}}],
            "window": {"kind": "session", "time": 2, "gapMs": 3000},
            "output": ["window_start", "window_end"]}, "schema": )" +
                test::SchemaJson({"k BIGINT", "n BIGINT NOT NULL", "m STRING", "d BIGINT NOT NULL",
                                  "window_start TIMESTAMP(3)", "window_end TIMESTAMP(3)"}) +
                "}",
        .inputs = {test::MakeSchema({"k BIGINT", "v STRING", "t TIMESTAMP(3)"})},
        .row =
            [](std::mt19937_64& random, int batch) {
              const auto time = batch * 1'000 + static_cast<int64_t>(random() % 60'000) - 20'000;
              return "[" + std::to_string(random() % 4'000) + ", " + Text(random() % 50) + ", " +
                     std::to_string(time) + "]";
            },
        .limit_bytes = 300'000});
}

Story JoinStory(const std::string& op, const std::string& more, int64_t limit_bytes) {
  const std::vector<std::string> columns = {"k BIGINT",  "v STRING",  "t TIMESTAMP(3)",
                                            "k0 BIGINT", "v0 STRING", "t0 TIMESTAMP(3)"};
  const Schema side = test::MakeSchema({"k BIGINT", "v STRING", "t TIMESTAMP(3)"});
  return {.node = R"({"op": ")" + op + R"(", "config": {"joinType": "inner", "leftKeys": [0],
                    "rightKeys": [0])" +
                  more + R"(}, "schema": )" + test::SchemaJson(columns) + "}",
          .inputs = {side, side},
          .row =
              [](std::mt19937_64& random, int batch) {
                return "[" + std::to_string(random() % 20'000) + ", " + Text(random()) + ", " +
                       std::to_string(batch * 1'000 + static_cast<int64_t>(random() % 20'000)) +
                       "]";
              },
          .limit_bytes = limit_bytes};
}

TEST(StateOnDiskTest, Joins) { Tell(JoinStory("join", "", 300'000)); }

TEST(StateOnDiskTest, IntervalJoins) {
  Tell(JoinStory("interval_join",
                 R"(, "leftTime": 2, "rightTime": 2, "lowerMs": -20000, "upperMs": 20000)",
                 300'000));
}

TEST(StateOnDiskTest, TemporalJoins) {
  Tell(JoinStory("temporal_join", R"(, "leftTime": 2, "rightTime": 2)", 300'000));
}

TEST(StateOnDiskTest, WindowJoins) {
  const std::vector<std::string> side = {"k BIGINT", "v STRING", "s TIMESTAMP(3)",
                                         "e TIMESTAMP(3)"};
  std::vector<std::string> both = side;
  for (const char* column : {"k0 BIGINT", "v0 STRING", "s0 TIMESTAMP(3)", "e0 TIMESTAMP(3)"})
    both.emplace_back(column);
  Tell({.node = R"({"op": "window_join", "config": {"joinType": "inner", "leftKeys": [0],
            "rightKeys": [0], "leftWindowStart": 2, "leftWindowEnd": 3, "rightWindowStart": 2,
            "rightWindowEnd": 3}, "schema": )" +
                test::SchemaJson(both) + "}",
        .inputs = {test::MakeSchema(side), test::MakeSchema(side)},
        .row =
            [](std::mt19937_64& random, int batch) {
              const int start = (batch / 20 + static_cast<int>(random() % 2)) * 20'000;
              return "[" + std::to_string(random() % 4'000) + ", " + Text(random()) + ", " +
                     std::to_string(start) + ", " + std::to_string(start + 20'000) + "]";
            },
        .limit_bytes = 300'000});
}

std::string RankConfig(const std::string& more) {
  return R"("config": {"function": "row_number", "partitionKeys": [0], "rankStart": 1, "rankEnd": 3,
             "orderBy": [{"column": 1, "descending": true, "nullsFirst": false}], "outputRank": true)" +
         more + "}";
}

TEST(StateOnDiskTest, Ranks) {
  Tell({.node = R"({"op": "rank", )" + RankConfig("") + R"(, "schema": )" +
                test::SchemaJson({"k BIGINT", "v STRING", "rn BIGINT NOT NULL"}) + "}",
        .inputs = {test::MakeSchema({"k BIGINT", "v STRING"})},
        .row =
            [](std::mt19937_64& random, int) {
              return "[" + std::to_string(random() % 12'000) + ", " + Text(random()) + "]";
            },
        .limit_bytes = 400'000});
}

TEST(StateOnDiskTest, WindowRanks) {
  const std::vector<std::string> columns = {"k BIGINT", "v STRING", "s TIMESTAMP(3)",
                                            "e TIMESTAMP(3)"};
  std::vector<std::string> ranked = columns;
  ranked.emplace_back("rn BIGINT NOT NULL");
  Tell({.node = R"({"op": "window_rank", )" + RankConfig(R"(, "windowStart": 2, "windowEnd": 3)") +
                R"(, "schema": )" + test::SchemaJson(ranked) + "}",
        .inputs = {test::MakeSchema(columns)},
        .row =
            [](std::mt19937_64& random, int batch) {
              const int start = (batch / 20 + static_cast<int>(random() % 2)) * 20'000;
              return "[" + std::to_string(random() % 4'000) + ", " + Text(random()) + ", " +
                     std::to_string(start) + ", " + std::to_string(start + 20'000) + "]";
            },
        .limit_bytes = 400'000});
}

TEST(StateOnDiskTest, FinalResults) {
  for (const char* order : {"", R"(, "orderBy": [{"column": 1}, {"column": 0}])"}) {
    Tell({.node = R"({"op": "materialize_final", "config": {"keys": [0])" + std::string(order) +
                  R"(}, "schema": )" + test::SchemaJson({"k BIGINT", "v STRING"}) + "}",
          .inputs = {test::MakeSchema({"k BIGINT", "v STRING"})},
          .row =
              [](std::mt19937_64& random, int) {
                const char* kind = random() % 10 == 0 ? "-D" : "+U";
                return "[\"" + std::string(kind) + "\", " + std::to_string(random() % 20'000) +
                       ", " + Text(random()) + "]";
              },
          .limit_bytes = 300'000,
          .has_watermarks = false});
  }
}

}  // namespace
}  // namespace sabot
