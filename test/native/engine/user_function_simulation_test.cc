// Functions of the job's owner in whole graphs under simulation: whatever order the owner answers
// in, and wherever a barrier cuts, every row is seen once.
//
//   iterable_source -> watermark -> user_function (v * 2) -> tumbling sum by k -> result
#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engine/graph.h"
#include "engine/graph_run.h"
#include "harness.h"
#include "plan/plan.h"

namespace sabot {
namespace {

using test::GraphRun;

constexpr uint64_t kNumSeeds = 60;
constexpr int64_t kNumRows = 300;
const std::vector<std::string> kRow = {"k STRING", "v BIGINT", "t TIMESTAMP(3)"};

std::string PlanText(int parallelism, int64_t batch_rows) {
  const std::string row = test::SchemaJson(kRow);
  const std::string time = R"({"kind":"TIMESTAMP","precision":3})";
  const std::string doubled = test::SchemaJson({"k STRING", "t TIMESTAMP(3)", "twice BIGINT"});
  const std::string result =
      test::SchemaJson({"k STRING", "n BIGINT NOT NULL", "s BIGINT", "window_end TIMESTAMP(3)"});
  return R"({"version":1,"job":"simulation","options":{"parallelism":)" +
         std::to_string(parallelism) + R"(,"batch.max-rows":)" + std::to_string(batch_rows) +
         R"(},"nodes":[
    {"id":1,"op":"iterable_source","uid":"source","parallelism":1,"inputs":[],"schema":)" +
         row + R"(},
    {"id":2,"op":"watermark_assigner","uid":"time","parallelism":1,"inputs":[{"node":1,"exchange":"forward"}],"schema":)" +
         row + R"(,"config":{"time":2,"watermark":{"column":2,"type":)" + time + R"(}}},
    {"id":3,"op":"user_function","uid":"twice","inputs":[{"node":2,"exchange":"rebalance"}],"schema":)" +
         doubled + R"(,"config":{"columns":[0,2],"reads":[1]}},
    {"id":4,"op":"window_aggregate","uid":"window","inputs":[{"node":3,"exchange":"hash","keys":[0]}],"schema":)" +
         result +
         R"(,"config":{"keys":[0],"window":{"kind":"tumble","time":1,"sizeMs":10000},"output":["window_end"],"aggregates":[
           {"function":"count","args":[],"type":{"kind":"BIGINT","nullable":false}},
           {"function":"sum","args":[2],"argTypes":[{"kind":"BIGINT"}],"type":{"kind":"BIGINT"}}]}},
    {"id":5,"op":"result_sink","uid":"sink","parallelism":1,"inputs":[{"node":4,"exchange":"rebalance"}],"schema":)" +
         result + R"(,"config":{"format":"json"}}]})";
}

// Rows from `position` on, at most as many as asked for: what an iterable would give.
UserFunction::Reply Iterate(const std::shared_ptr<arrow::Buffer>& request) {
  EXPECT_EQ(request->size(), 24);
  int64_t asked[3];
  std::memcpy(asked, request->data(), sizeof(asked));
  const int64_t end = std::min(kNumRows, asked[0] + asked[1]);
  std::string rows = "[";
  for (int64_t i = asked[0]; i < end; ++i) {
    if (i > asked[0]) rows += ",";
    rows += R"(["key)" + std::to_string(i * 7 % 5) + R"(",)" + std::to_string(i) + "," +
            std::to_string(i / 3 * 1000) + "]";
  }
  return test::MakeReply(test::MakeBatch(test::MakeSchema(kRow), rows + "]").rows, end < kNumRows);
}

UserFunction::Reply Twice(const std::shared_ptr<arrow::Buffer>& request) {
  const auto rows = test::ReadRequest(request, ToArrow(test::MakeSchema({"v BIGINT"})));
  const auto& values = static_cast<const arrow::Int64Array&>(*rows->column(0));
  arrow::Int64Builder twice;
  for (int64_t row = 0; row < rows->num_rows(); ++row)
    ARROW_RETURN_NOT_OK(twice.Append(values.Value(row) * 2));
  ARROW_ASSIGN_OR_RAISE(auto column, twice.Finish());
  return test::MakeReply(arrow::RecordBatch::Make(ToArrow(test::MakeSchema({"twice BIGINT"})),
                                                  rows->num_rows(), {column}));
}

GraphRun RunPlan(const std::string& text, uint64_t seed, uint64_t barrier_step,
                 const GraphSnapshot* from) {
  test::UserFunctionModel owner({{1, Iterate}, {3, Twice}});
  return test::RunGraph(text, owner, seed, barrier_step, from);
}

std::vector<std::string> Sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST(UserFunctionSimulationTest, EveryOrderAndEveryRestartGivesTheSameRows) {
  const GraphRun reference = RunPlan(PlanText(1, 1000), 0, 0, nullptr);
  ASSERT_TRUE(reference.status.ok()) << reference.status.ToString();
  const std::vector<std::string> expected = Sorted(reference.lines);
  ASSERT_EQ(expected.size(), 50u);  // 100 seconds, 5 keys.
  uint64_t num_restored = 0;
  for (uint64_t seed = 1; seed <= kNumSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto text = [&] {
      return PlanText(1 + static_cast<int>(random() % 3), 1 + static_cast<int64_t>(random() % 40));
    };
    const GraphRun first = RunPlan(text(), seed, 1 + random() % 120, nullptr);
    ASSERT_TRUE(first.status.ok()) << first.status.ToString();
    ASSERT_EQ(Sorted(first.lines), expected);
    if (first.snapshot == nullptr) continue;
    ++num_restored;
    const GraphRun second = RunPlan(text(), seed, 0, first.snapshot.get());
    ASSERT_TRUE(second.status.ok()) << second.status.ToString();
    std::vector<std::string> all(
        first.lines.begin(),
        first.lines.begin() + static_cast<ptrdiff_t>(first.lines_before_barrier));
    all.insert(all.end(), second.lines.begin(), second.lines.end());
    ASSERT_EQ(Sorted(all), expected);
  }
  EXPECT_GT(num_restored, kNumSeeds / 3);
}

TEST(UserFunctionSimulationTest, APlanThatNeedsFunctionsIsRefusedWithoutThem) {
  VirtualClock clock;
  GraphSurroundings surroundings;
  surroundings.clock = &clock;
  surroundings.wake = [](size_t) {};
  const Plan plan = DecodePlan(PlanText(1, 10)).ValueOrDie();
  EXPECT_THAT(BuildGraph(plan, surroundings).status().message(),
              testing::HasSubstr("this job has none"));
}

}  // namespace
}  // namespace sabot
