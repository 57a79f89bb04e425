// The rate of a source in whole graphs: whatever subtasks do and when, together they never produce
// more than what is due; a restart begins the rate anew, and every row comes once.
//
//   /in (file_source, 100 rows a second, 1 to 3 subtasks)  ->  result
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "engine/simulation.h"
#include "harness.h"

namespace sabot::test {
namespace {

constexpr int kNumRows = 300;
constexpr int64_t kRate = 100;
// A subtask that has read all of its stripes leaves its share to nobody.
constexpr int64_t kSlowestMs = 3 * kNumRows * 1'000 / kRate;

class RateWatch {
 public:
  // Between two steps.
  void operator()(const Graph& graph) {
    int64_t rows = 0;
    int64_t now = 0;
    for (const auto& task : graph.tasks) {
      const TaskOperator& first = task->operators()[0];
      if (first.name != "file_source") continue;
      rows += first.metrics->rows_out.value();
      now = first.context->clock->NowMillis();
    }
    if (begin_ms_ < 0) begin_ms_ = now;
    rows_max_ = std::max(rows_max_, rows);
    over_ = std::max(over_, rows - (now - begin_ms_) * kRate / 1'000);
  }
  int64_t over() const { return over_; }  // How many rows were too early.
  int64_t rows() const { return rows_max_; }
  int64_t begin_ms() const { return begin_ms_; }

 private:
  int64_t begin_ms_ = -1;
  int64_t rows_max_ = 0;
  int64_t over_ = 0;
};

TEST(RateLimitSimulationTest, SubtasksTogetherKeepTheRateAcrossRestarts) {
  MemoryFileSystem files;
  files.Write("/in", Rows(kNumRows, 7));
  uint64_t num_restored = 0;
  for (uint64_t seed = 1; seed <= NumSeeds(60); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto text = [&] {
      PlanText plan({.parallelism = 1 + static_cast<int>(random() % 3),
                     .batch_rows = 1 + static_cast<int64_t>(random() % 20)});
      const int source =
          plan.Add("file_source", "", kRowSchema,
                   R"("path":"/in","format":"json","formatOptions":{},)"
                   R"("stripeBytes":256,"rowsPerSecondMax":)" +
                       std::to_string(kRate) + R"(,"columns":)" + test::SchemaJson(kRowSchema));
      plan.Sink(source, kRowSchema);
      return plan.text();
    };
    RateWatch watch;
    const SimulatedRun first =
        Simulate(text(), {.seed = seed,
                          .files = &files,
                          .barrier_step = 1 + random() % 600,
                          .watch = [&](const Graph& graph) { watch(graph); }});
    ASSERT_TRUE(first.status.ok()) << first.status;
    EXPECT_EQ(first.lines.size(), static_cast<size_t>(kNumRows));
    EXPECT_LE(watch.over(), 0);
    EXPECT_EQ(watch.rows(), kNumRows);
    EXPECT_GE(first.ended_ms - watch.begin_ms(), kNumRows * 1'000 / kRate);
    EXPECT_LE(first.ended_ms - watch.begin_ms(), kSlowestMs);
    if (first.snapshot == nullptr) continue;
    RateWatch again;
    const SimulatedRun second =
        Simulate(text(), {.seed = seed,
                          .files = &files,
                          .from = first.snapshot.get(),
                          .watch = [&](const Graph& graph) { again(graph); }});
    ASSERT_TRUE(second.status.ok()) << second.status;
    EXPECT_LE(again.over(), 0);
    EXPECT_EQ(first.lines_before_barrier + second.lines.size(), static_cast<size_t>(kNumRows));
    if (first.lines_before_barrier > 0 && !second.lines.empty()) ++num_restored;
  }
  EXPECT_GT(num_restored, NumSeeds(60) / 4);
}

}  // namespace
}  // namespace sabot::test
