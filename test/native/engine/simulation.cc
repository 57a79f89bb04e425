// Runs a plan under the simulated scheduler.
#include "engine/simulation.h"

#include <cstdio>

#include "harness.h"

namespace sabot::test {

SimulatedRun Simulate(const std::string& text, const SimulateOptions& options) {
  SimulatedRun run;
  const Plan plan = DecodePlan(text).ValueOrDie();
  VirtualClock clock;
  SimulatedExecutor executor;
  std::unique_ptr<Scheduler> scheduler;
  GraphSurroundings surroundings;
  surroundings.clock = &clock;
  surroundings.executor = &executor;
  if (options.files != nullptr) surroundings.file_system = options.files;
  surroundings.channel_bytes_max = 3'000;  // Small: back-pressure is part of the test.
  surroundings.wake = [&](size_t task) { scheduler->Wake(task); };
  surroundings.warn = [&](const WarningPlace& place, const std::string& message) {
    run.warnings.push_back(place.op + ": " + message);
  };
  surroundings.deliver = [&](const std::string& channel, const std::string& bytes) {
    run.trace += "@" + std::to_string(clock.NowMillis()) + " " + channel + "\n" + bytes;
    for (size_t begin = 0; begin < bytes.size();) {
      const size_t end = bytes.find('\n', begin);
      (channel == "result" ? run.lines : run.other).push_back(bytes.substr(begin, end - begin));
      begin = end + 1;
    }
    return true;
  };
  Graph graph = BuildGraph(plan, surroundings).ValueOrDie();
  WatermarkMonitor monitor(graph, clock, surroundings.warn);
  const auto snapshot = std::make_shared<GraphSnapshot>();
  snapshot->on_frozen = [&run](const TaskOperator& op) {
    if (op.name == "result_sink") run.lines_before_barrier = run.lines.size();
    if (op.name == "print_sink") run.other_before_barrier = run.other.size();
  };
  Simulation simulation;
  simulation.seed = options.seed;
  simulation.executor = &executor;
  simulation.between = [&](uint64_t step) {
    if (options.watch) options.watch(graph);
    if (step > 0 && step == options.cancel_step) scheduler->Cancel();
    if (step == 0 || step != options.barrier_step) return;
    for (size_t i = 0; i < graph.tasks.size(); ++i) {
      if (!graph.tasks[i]->is_source()) continue;
      graph.tasks[i]->RequestBarrier({.id = 1, .kind = BarrierKind::kCheckpoint});
      scheduler->Wake(i);
    }
  };
  scheduler = MakeSimulatedScheduler(simulation, clock);
  scheduler->Every(WatermarkMonitor::kPeriodMillis, [&] { monitor.Check(); });
  std::vector<Task*> tasks;
  for (const auto& task : graph.tasks) {
    task->SetSnapshotTarget(snapshot.get());
    run.status = task->Open();
    if (!run.status.ok()) return run;
    tasks.push_back(task.get());
  }
  if (options.from != nullptr) run.status = options.from->RestoreInto(graph);
  if (!run.status.ok()) return run;
  scheduler->Start(tasks, [&](const RunOutcome& outcome) { run.status = outcome.status; });
  snapshot->on_frozen = nullptr;
  if (snapshot->IsComplete(graph)) run.snapshot = snapshot;
  for (const auto& task : graph.tasks) {
    for (const TaskOperator& op : task->operators()) run.late_rows += op.metrics->late_rows.value();
  }
  run.ended_ms = clock.NowMillis();
  return run;
}

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

uint64_t NumSeeds(uint64_t usual) {
  const char* asked = std::getenv("SABOT_SIMULATION_SEEDS");
  return asked == nullptr ? usual : std::strtoull(asked, nullptr, 10);
}

std::string Rows(int num_rows, unsigned seed) {
  std::string text;
  std::mt19937 random(seed);
  for (int i = 0; i < num_rows; ++i) {
    const int second = std::max(0, i / 4 - static_cast<int>(random() % 4));
    char line[96];
    std::snprintf(line, sizeof(line),
                  R"({"k":"key%d","v":%d,"t":"2024-01-01 00:%02d:%02d"})"
                  "\n",
                  static_cast<int>(random() % 9), i, second / 60, second % 60);
    text += line;
  }
  return text;
}

int PlanText::Add(const std::string& op, const std::string& inputs,
                  const std::vector<std::string>& schema, const std::string& config,
                  int parallelism) {
  const auto id = static_cast<int>(nodes_.size()) + 1;
  const std::string name = op + std::to_string(id);
  nodes_.push_back(R"({"id":)" + std::to_string(id) + R"(,"op":")" + op + R"(","uid":")" + name +
                   R"(","inputs":[)" + inputs + R"(],"schema":)" + SchemaJson(schema) +
                   R"(,"config":{)" + config + "}" +
                   (parallelism == 0 ? "" : ",\"parallelism\":" + std::to_string(parallelism)) +
                   "}");
  return id;
}

int PlanText::File(const std::string& path) {
  return Add("file_source", "", kRowSchema,
             R"("path":")" + path +
                 R"(","format":"json","formatOptions":{},"stripeBytes":1024,"columns":)" +
                 SchemaJson(kRowSchema));
}

int PlanText::Time(int input, const std::string& more, int delay_ms) {
  const std::string time = R"({"kind":"TIMESTAMP","precision":3})";
  return Add("watermark_assigner", Forward(input), kRowSchema,
             R"("time":2,"watermark":{"call":"minus","type":)" + time +
                 R"(,"args":[{"column":2,"type":)" + time + R"(},{"literal":")" +
                 std::to_string(delay_ms) + R"(","type":{"kind":"INTERVAL_DAY_TIME"}}]})" + more);
}

int PlanText::Sink(int input, const std::vector<std::string>& schema) {
  return Add("result_sink", R"({"node":)" + std::to_string(input) + R"(,"exchange":"rebalance"})",
             schema, R"("format":"json")", /*parallelism=*/1);
}

std::string PlanText::text() const {
  std::string text = R"({"version":1,"job":"simulation","options":{"parallelism":)" +
                     std::to_string(options_.parallelism) + R"(,"batch.max-rows":)" +
                     std::to_string(options_.batch_rows) + R"(,"auto-watermark-interval-ms":)" +
                     std::to_string(options_.interval_ms) + R"(},"nodes":[)";
  for (size_t i = 0; i < nodes_.size(); ++i) text += (i == 0 ? "" : ",\n") + nodes_[i];
  return text + "]}";
}

std::string Forward(int node) {
  return R"({"node":)" + std::to_string(node) + R"(,"exchange":"forward"})";
}

std::string Hash(int node, const std::string& keys) {
  return R"({"node":)" + std::to_string(node) + R"(,"exchange":"hash","keys":[)" + keys + "]}";
}

}  // namespace sabot::test
