// Whole graphs under the simulated scheduler: every order of tasks gives the same rows, and a graph
// restored from a barrier, at another parallelism, goes on as if nothing had happened. A failing
// seed is printed and replays exactly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <random>

#include <unistd.h>

#include "engine/graph.h"
#include "engine/graph_snapshot.h"
#include "engine/scheduler.h"
#include "plan/plan.h"

namespace sabot {
namespace {

constexpr uint64_t kNumSeeds = 150;
constexpr int kNumRows = 600;

// Rows (k, v, t) with t up to 3 s out of order; the plans' watermark waits 4 s, so nothing is late.
class InputFile {
 public:
  InputFile()
      : path_(testing::TempDir() + "sabot_simulation_" + std::to_string(getpid()) + ".jsonl") {
    std::ofstream file(path_);
    std::mt19937 random(7);
    for (int i = 0; i < kNumRows; ++i) {
      const int second = std::max(0, i / 4 - static_cast<int>(random() % 4));
      char time[32];
      std::snprintf(time, sizeof(time), "2024-01-01 00:%02d:%02d", second / 60, second % 60);
      file << R"({"k":"key)" << random() % 9 << R"(","v":)" << i << R"(,"t":")" << time << "\"}\n";
    }
  }
  ~InputFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// file -> watermark -> [by k] `windows` -> one result sink.
std::string PlanText(const std::string& path, const std::string& windows, int parallelism,
                     int64_t batch_rows) {
  const std::string row =
      R"([{"name":"k","type":{"kind":"VARCHAR"}},{"name":"v","type":{"kind":"BIGINT"}},
          {"name":"t","type":{"kind":"TIMESTAMP","precision":3}}])";
  const std::string result =
      R"([{"name":"k","type":{"kind":"VARCHAR"}},{"name":"n","type":{"kind":"BIGINT","nullable":false}},
          {"name":"s","type":{"kind":"BIGINT"}},{"name":"d","type":{"kind":"BIGINT","nullable":false}},
          {"name":"window_end","type":{"kind":"TIMESTAMP","precision":3}}])";
  const std::string time = R"({"kind":"TIMESTAMP","precision":3})";
  return R"({"version":1,"job":"simulation","options":{"parallelism":)" +
         std::to_string(parallelism) + R"(,"batch.max-rows":)" + std::to_string(batch_rows) +
         R"(},"nodes":[
    {"id":1,"op":"file_source","uid":"source","inputs":[],"schema":)" +
         row + R"(,"config":{"path":")" + path +
         R"(","format":"json","formatOptions":{},"stripeBytes":1024,"columns":)" + row + R"(}},
    {"id":2,"op":"watermark_assigner","uid":"time","inputs":[{"node":1,"exchange":"forward"}],"schema":)" +
         row + R"(,"config":{"time":2,"watermark":{"call":"minus","type":)" + time +
         R"(,"args":[{"column":2,"type":)" + time +
         R"(},{"literal":"4000","type":{"kind":"INTERVAL_DAY_TIME"}}]}}},
    {"id":3,"op":")" +
         windows +
         R"(,"uid":"window","inputs":[{"node":2,"exchange":"hash","keys":[0]}],"schema":)" +
         result +
         R"(},
    {"id":4,"op":"result_sink","uid":"sink","parallelism":1,"inputs":[{"node":3,"exchange":"rebalance"}],"schema":)" +
         result + R"(,"config":{"format":"json"}}]})";
}

std::string Aggregate(const std::string& op, const std::string& window) {
  return op + R"(","config":{"keys":[0],"window":)" + window +
         R"(,"output":["window_end"],"aggregates":[
    {"function":"count","args":[],"type":{"kind":"BIGINT","nullable":false}},
    {"function":"sum","args":[1],"argTypes":[{"kind":"BIGINT"}],"type":{"kind":"BIGINT"}},
    {"function":"count","args":[1],"distinct":true,"argTypes":[{"kind":"BIGINT"}],"type":{"kind":"BIGINT","nullable":false}}]})";
}

struct Outcome {
  arrow::Status status;
  std::vector<std::string> lines;
  std::shared_ptr<GraphSnapshot> snapshot;  // If every operator took part in the barrier.
  size_t lines_before_barrier = 0;
};

// Runs the plan; with `barrier_step` > 0 a barrier enters all sources at that step.
Outcome RunPlan(const std::string& text, uint64_t seed, uint64_t barrier_step,
                const GraphSnapshot* from) {
  Outcome outcome;
  const Plan plan = DecodePlan(text).ValueOrDie();
  VirtualClock clock;
  std::unique_ptr<Scheduler> scheduler;
  GraphSurroundings surroundings;
  surroundings.clock = &clock;
  surroundings.channel_bytes_max = 3000;  // Small: back-pressure is part of the test.
  surroundings.wake = [&](size_t task) { scheduler->Wake(task); };
  surroundings.deliver = [&](const std::string&, const std::string& bytes) {
    for (size_t begin = 0; begin < bytes.size();) {
      const size_t end = bytes.find('\n', begin);
      outcome.lines.push_back(bytes.substr(begin, end - begin));
      begin = end + 1;
    }
    return true;
  };
  Graph graph = BuildGraph(plan, surroundings).ValueOrDie();
  const auto snapshot = std::make_shared<GraphSnapshot>();
  Simulation simulation;
  simulation.seed = seed;
  simulation.between = [&](uint64_t step) {
    if (step == 0 || step != barrier_step) return;
    for (size_t i = 0; i < graph.tasks.size(); ++i) {
      if (!graph.tasks[i]->is_source()) continue;
      graph.tasks[i]->RequestBarrier({.id = 1, .kind = BarrierKind::kCheckpoint});
      scheduler->Wake(i);
    }
  };
  scheduler = MakeSimulatedScheduler(simulation, clock);
  std::vector<Task*> tasks;
  for (const auto& task : graph.tasks) {
    task->SetSnapshotSink([&](const Barrier&, const TaskOperator& op, SnapshotWriter state) {
      if (op.name == "result_sink") outcome.lines_before_barrier = outcome.lines.size();
      return snapshot->Add(op, std::move(state));
    });
    EXPECT_TRUE(task->Open().ok());
    tasks.push_back(task.get());
  }
  if (from != nullptr) outcome.status = from->RestoreInto(graph);
  if (!outcome.status.ok()) return outcome;
  scheduler->Start(tasks, [&](const RunOutcome& run) { outcome.status = run.status; });
  if (snapshot->IsComplete(graph)) outcome.snapshot = snapshot;
  return outcome;
}

// "-" what is missing, "+" what is too much; empty if both hold the same rows.
std::string Difference(std::vector<std::string> actual, const std::vector<std::string>& expected) {
  std::sort(actual.begin(), actual.end());
  std::string text;
  std::vector<std::string> lines;
  std::set_difference(expected.begin(), expected.end(), actual.begin(), actual.end(),
                      std::back_inserter(lines));
  for (const std::string& line : lines) text += "- " + line + "\n";
  lines.clear();
  std::set_difference(actual.begin(), actual.end(), expected.begin(), expected.end(),
                      std::back_inserter(lines));
  for (const std::string& line : lines) text += "+ " + line + "\n";
  return text;
}

class SimulationTest : public testing::TestWithParam<std::string> {};

TEST_P(SimulationTest, EveryOrderAndEveryRestartGivesTheSameRows) {
  const InputFile input;
  const Outcome reference = RunPlan(PlanText(input.path(), GetParam(), 1, 1000), 0, 0, nullptr);
  ASSERT_TRUE(reference.status.ok()) << reference.status.ToString();
  ASSERT_GT(reference.lines.size(), 20u);
  std::vector<std::string> expected = reference.lines;
  std::sort(expected.begin(), expected.end());
  uint64_t num_restored = 0;
  for (uint64_t seed = 1; seed <= kNumSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto text = [&] {
      return PlanText(input.path(), GetParam(), 1 + static_cast<int>(random() % 4),
                      1 + static_cast<int64_t>(random() % 40));
    };
    const Outcome first = RunPlan(text(), seed, 1 + random() % 120, nullptr);
    ASSERT_TRUE(first.status.ok()) << first.status.ToString();
    ASSERT_EQ(Difference(first.lines, expected), "");
    if (first.snapshot == nullptr) continue;
    ++num_restored;
    const Outcome second = RunPlan(text(), seed, 0, first.snapshot.get());
    ASSERT_TRUE(second.status.ok()) << second.status.ToString();
    std::vector<std::string> all(
        first.lines.begin(),
        first.lines.begin() + static_cast<ptrdiff_t>(first.lines_before_barrier));
    all.insert(all.end(), second.lines.begin(), second.lines.end());
    ASSERT_EQ(Difference(all, expected), "");
  }
  // Otherwise the test would prove little.
  EXPECT_GT(num_restored, kNumSeeds / 3);
}

std::string NameOf(const testing::TestParamInfo<std::string>& test) {
  constexpr const char* kNames[] = {"Tumble", "Hop", "Cumulate", "Session"};
  return kNames[test.index];
}

INSTANTIATE_TEST_SUITE_P(
    Windows, SimulationTest,
    testing::Values(Aggregate("window_aggregate", R"({"kind":"tumble","time":2,"sizeMs":10000})"),
                    Aggregate("window_aggregate",
                              R"({"kind":"hop","time":2,"sizeMs":12000,"slideMs":4000})"),
                    Aggregate("window_aggregate",
                              R"({"kind":"cumulate","time":2,"sizeMs":30000,"stepMs":10000})"),
                    Aggregate("session_window", R"({"kind":"session","time":2,"gapMs":3000})")),
    NameOf);

TEST(GraphSnapshotTest, StateThatNoOperatorClaimsIsAnError) {
  const InputFile input;
  const std::string tumble =
      Aggregate("window_aggregate", R"({"kind":"tumble","time":2,"sizeMs":10000})");
  const std::string text = PlanText(input.path(), tumble, 1, 7);
  const Outcome first = RunPlan(text, 3, 10, nullptr);
  ASSERT_NE(first.snapshot, nullptr);
  std::string renamed = text;
  renamed.replace(renamed.find("\"uid\":\"window\""), 14, "\"uid\":\"other!\"");
  const Outcome second = RunPlan(renamed, 3, 0, first.snapshot.get());
  EXPECT_THAT(second.status.message(), testing::HasSubstr("no state of operator other!"));
}

}  // namespace
}  // namespace sabot
