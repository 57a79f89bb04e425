// Running a graph, step by step.
#include "engine/graph_run.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/graph.h"
#include "engine/scheduler.h"
#include "plan/plan.h"

namespace sabot::test {

GraphRun RunGraph(const std::string& text, UserFunctionModel& owner, uint64_t seed,
                  uint64_t barrier_step, const GraphSnapshot* from) {
  GraphRun run;
  const Plan plan = DecodePlan(text).ValueOrDie();
  VirtualClock clock;
  std::unique_ptr<Scheduler> scheduler;
  GraphSurroundings surroundings;
  surroundings.clock = &clock;
  surroundings.channel_bytes_max = 2000;
  surroundings.open_user_function = owner.opener();
  surroundings.wake = [&](size_t task) { scheduler->Wake(task); };
  surroundings.deliver = [&](const std::string&, const std::string& bytes) {
    for (size_t begin = 0; begin < bytes.size();) {
      const size_t end = bytes.find('\n', begin);
      run.lines.push_back(bytes.substr(begin, end - begin));
      begin = end + 1;
    }
    return true;
  };
  Graph graph = BuildGraph(plan, surroundings).ValueOrDie();
  const auto snapshot = std::make_shared<GraphSnapshot>();
  snapshot->on_frozen = [&run](const TaskOperator& op) {
    if (op.name == "result_sink") run.lines_before_barrier = run.lines.size();
  };
  std::mt19937_64 random(seed);
  Simulation simulation;
  simulation.seed = seed;
  simulation.stalled = [&] { return owner.AnswerOne(random()); };
  simulation.between = [&](uint64_t step) {
    if (random() % 4 == 0) owner.AnswerOne(random());
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
    task->SetSnapshotTarget(snapshot.get());
    EXPECT_TRUE(task->Open().ok());
    tasks.push_back(task.get());
  }
  if (from != nullptr) run.status = from->RestoreInto(graph);
  if (!run.status.ok()) return run;
  scheduler->Start(tasks, [&](const RunOutcome& end) { run.status = end.status; });
  snapshot->on_frozen = nullptr;
  if (snapshot->IsComplete(graph)) run.snapshot = snapshot;
  return run;
}

}  // namespace sabot::test
