// Event time in whole graphs: late rows go to their side output and nowhere else, slow and silent
// sources, alignment, and who is blamed for holding time back.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "engine/simulation.h"

namespace sabot::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

const std::vector<std::string> kCountSchema = {"n BIGINT NOT NULL", "window_end TIMESTAMP(3)"};

// Counts rows in windows of 10 s over all keys.
int CountWindows(PlanText& plan, const std::string& input) {
  return plan.Add(
      "window_aggregate", input, kCountSchema,
      R"("keys":[],"window":{"kind":"tumble","time":2,"sizeMs":10000},"output":["window_end"],
      "aggregates":[{"function":"count","args":[],"type":{"kind":"BIGINT","nullable":false}}])",
      /*parallelism=*/1);
}

std::string Singleton(int node) {
  return R"({"node":)" + std::to_string(node) + R"(,"exchange":"singleton"})";
}

// The sum of the windows' counts.
int64_t Counted(const std::vector<std::string>& lines) {
  int64_t sum = 0;
  for (const std::string& line : lines) sum += nlohmann::json::parse(line).at("n").get<int64_t>();
  return sum;
}

// No allowance for rows out of order: many are late, which ones depends on the order of tasks.
TEST(SimulatedTimeTest, EveryRowIsInAWindowOrAmongTheLateRows) {
  constexpr int kNumRows = 400;
  MemoryFileSystem files;
  files.Write("/in", Rows(kNumRows, 7));
  uint64_t num_restored = 0;
  size_t num_late = 0;
  for (uint64_t seed = 1; seed <= NumSeeds(60); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto text = [&] {
      PlanText plan({.parallelism = 1 + static_cast<int>(random() % 3),
                     .batch_rows = 1 + static_cast<int64_t>(random() % 20),
                     .interval_ms = 0});
      const int windows =
          CountWindows(plan, Singleton(plan.Time(plan.File("/in"), "", /*delay_ms=*/0)));
      plan.Sink(windows, kCountSchema);
      plan.Add("print_sink",
               R"({"node":)" + std::to_string(windows) + R"(,"exchange":"rebalance","late":0})", {},
               "", /*parallelism=*/1);
      return plan.text();
    };
    const SimulatedRun first =
        Simulate(text(), {.seed = seed, .files = &files, .barrier_step = 1 + random() % 120});
    ASSERT_TRUE(first.status.ok()) << first.status;
    EXPECT_EQ(static_cast<int64_t>(first.other.size()), first.late_rows);
    EXPECT_EQ(Counted(first.lines) + first.late_rows, kNumRows);
    num_late += first.other.size();
    if (first.late_rows > 0) {
      EXPECT_THAT(first.warnings, Contains(HasSubstr("came too late")));
    }
    EXPECT_LE(first.warnings.size(), 4u);  // The first three and the number of the others.
    if (first.snapshot == nullptr) continue;
    ++num_restored;
    const SimulatedRun second =
        Simulate(text(), {.seed = seed, .files = &files, .from = first.snapshot.get()});
    ASSERT_TRUE(second.status.ok()) << second.status;
    const auto before = [](const std::vector<std::string>& lines, size_t count) {
      return std::vector<std::string>(lines.begin(), lines.begin() + static_cast<ptrdiff_t>(count));
    };
    EXPECT_EQ(Counted(before(first.lines, first.lines_before_barrier)) +
                  static_cast<int64_t>(first.other_before_barrier) + Counted(second.lines) +
                  static_cast<int64_t>(second.other.size()),
              kNumRows);
  }
  EXPECT_GT(num_late, NumSeeds(60) * 5);
  EXPECT_GT(num_restored, NumSeeds(60) / 3);
}

// A generator of rows (k, v, t): v counts, t is v seconds.
int Generator(PlanText& plan, int num_rows, int rows_per_second) {
  const int source =
      plan.Add("datagen_source", "", {"v BIGINT"},
               R"("rowsPerSecond":)" + std::to_string(rows_per_second) +
                   R"(,"fields":[{"name":"v","kind":"sequence","start":"0","end":")" +
                   std::to_string(num_rows - 1) + "\"}]",
               /*parallelism=*/1);
  const std::string interval = R"({"kind":"INTERVAL_DAY_TIME"})";
  const std::string time = R"({"kind":"TIMESTAMP","precision":3})";
  return plan.Add("project", Forward(source), kRowSchema,
                  R"("expressions":[{"literal":"slow","type":{"kind":"VARCHAR","length":4}},
      {"column":0,"type":{"kind":"BIGINT"}},
      {"call":"plus","type":)" +
                      time + R"(,"args":[{"literal":"1704067200000","type":)" + time +
                      R"(},{"call":"times","type":)" + interval +
                      R"(,"args":[{"literal":"1000","type":)" + interval +
                      R"(},{"column":0,"type":{"kind":"BIGINT"}}]}]}])",
                  /*parallelism=*/1);
}

// A file that is read at once, and a generator that makes a row a second: with an idle timeout its
// silence lets time go on, and the rows that come then are late, but none is lost.
TEST(SimulatedTimeTest, ASilentSourceHoldsTimeBackOnlyUntilItsIdleTimeout) {
  constexpr int kFileRows = 100;
  constexpr int kSlowRows = 40;
  MemoryFileSystem files;
  files.Write("/in", Rows(kFileRows, 7));
  for (const bool idle_timeout : {false, true}) {
    for (uint64_t seed = 1; seed <= NumSeeds(30); ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      PlanText plan({.batch_rows = 1 + static_cast<int64_t>(seed % 20)});
      const std::string timeout = idle_timeout ? R"(,"idleTimeoutMs":400)" : "";
      const int file = plan.Time(plan.File("/in"));
      const int slow = plan.Add(
          "watermark_assigner", Forward(Generator(plan, kSlowRows, 1)), kRowSchema,
          R"("time":2,"watermark":{"column":2,"type":{"kind":"TIMESTAMP","precision":3}})" +
              timeout,
          /*parallelism=*/1);
      const int both = plan.Add("union", Singleton(file) + "," + Singleton(slow), kRowSchema, "",
                                /*parallelism=*/1);
      plan.Sink(CountWindows(plan, Singleton(both)), kCountSchema);
      const SimulateOptions options{.seed = seed, .files = &files};
      const SimulatedRun run = Simulate(plan.text(), options);
      ASSERT_TRUE(run.status.ok()) << run.status;
      EXPECT_EQ(Counted(run.lines) + run.late_rows, kFileRows + kSlowRows);
      // The first second's row comes at once, the others as seconds pass.
      EXPECT_GE(run.ended_ms, (kSlowRows - 1) * 1'000 - 1);
      EXPECT_EQ(run.late_rows > 0, idle_timeout);
      EXPECT_EQ(run.trace, Simulate(plan.text(), options).trace);
    }
  }
}

TEST(SimulatedTimeTest, ASourceThatTellsNoTimeIsBlamedAfterHalfAMinute) {
  MemoryFileSystem files;
  files.Write("/in", Rows(20, 7));
  PlanText plan({});
  const int file = plan.Time(plan.File("/in"));
  const int slow = Generator(plan, 40, 1);
  plan.Sink(plan.Add("union", Forward(file) + "," + Forward(slow), kRowSchema, ""), kRowSchema);
  const SimulatedRun run = Simulate(plan.text(), {.seed = 1, .files = &files});
  ASSERT_TRUE(run.status.ok()) << run.status;
  EXPECT_THAT(run.warnings, Contains(testing::AllOf(HasSubstr("datagen_source: "),
                                                    HasSubstr("held back for 3"))));
}

// Two files read as the seed says, mostly one far ahead of the other.
TEST(SimulatedTimeTest, AlignedSourcesStayTogether) {
  MemoryFileSystem files;
  files.Write("/in", Rows(1'200, 7));
  files.Write("/small", Rows(1'200, 8));
  for (const bool aligned : {false, true}) {
    int64_t furthest = 0;
    for (uint64_t seed = 1; seed <= NumSeeds(20); ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      PlanText plan({.batch_rows = 4});
      const std::string group =
          aligned ? R"(,"alignment":{"group":"g","maxDriftMs":3000,"updateIntervalMs":100})" : "";
      const int left = plan.Time(plan.File("/in"), group);
      const int right = plan.Time(plan.File("/small"), group);
      const int both = plan.Add("union", Forward(left) + "," + Forward(right), kRowSchema, "");
      plan.Sink(CountWindows(plan, Singleton(both)), kCountSchema);
      const SimulatedRun run =
          Simulate(plan.text(), {.seed = seed, .files = &files, .watch = [&](const Graph& graph) {
                                   std::vector<int64_t> times;
                                   for (const auto& task : graph.tasks) {
                                     for (const TaskOperator& op : task->operators()) {
                                       if (op.name == "watermark_assigner")
                                         times.push_back(op.metrics->watermark_ms.value());
                                     }
                                   }
                                   const auto [least, greatest] =
                                       std::minmax_element(times.begin(), times.end());
                                   if (*least != kWatermarkMin && *greatest != kWatermarkMax)
                                     furthest = std::max(furthest, *greatest - *least);
                                 }});
      ASSERT_TRUE(run.status.ok()) << run.status;
      EXPECT_EQ(Counted(run.lines), 2'400);
    }
    // One batch further than allowed at most: four rows, of one second or the next.
    if (aligned) {
      EXPECT_LE(furthest, 3'000 + 5'000);
    }
    if (!aligned) {
      EXPECT_GT(furthest, 3'000 + 5'000);  // Channels hold that much.
    }
  }
}

}  // namespace
}  // namespace sabot::test
