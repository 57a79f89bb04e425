// One attempt of a job: every choice is the seed's.
#include "engine/simulated_job.h"

#include <nlohmann/json.hpp>
#include <random>

#include "base/error.h"
#include "base/executor.h"
#include "engine/graph.h"
#include "engine/job_checkpoints.h"
#include "engine/scheduler.h"
#include "plan/plan.h"

namespace sabot::test {
namespace {

class SimulatedJob {
 public:
  SimulatedJob(const std::string& plan, MemoryFileSystem& files, const AttemptOptions& options)
      : options_(options),
        files_(files),
        random_(options.seed),
        plan_(DecodePlan(plan).ValueOrDie()) {}

  Attempt Run() {
    files_.SetFault([this](std::string_view operation, const std::string& path) {
      return Fault(operation, path);
    });
    const arrow::Status begun = Begin();
    if (!begun.ok()) return Ended(begun);
    std::vector<Task*> tasks;
    for (const auto& task : graph_.tasks) tasks.push_back(task.get());
    RunOutcome outcome;
    scheduler_->Start(tasks, [&outcome](const RunOutcome& run) { outcome = run; });
    if (crashed_) return Ended(arrow::Status::OK());
    if (!failure_.ok()) return Ended(failure_);
    if (!outcome.status.ok()) return Ended(outcome.status);
    return Ended(Finish());
  }

 private:
  arrow::Status Begin() {
    GraphSurroundings surroundings;
    surroundings.clock = &clock_;
    surroundings.file_system = &files_;
    surroundings.executor = &executor_;
    surroundings.channel_bytes_max = 3000;  // Small: back-pressure is part of it.
    surroundings.wake = [this](size_t task) { scheduler_->Wake(task); };
    surroundings.deliver = [this](const std::string&, const std::string& bytes) {
      for (size_t begin = 0; begin < bytes.size();) {
        const size_t end = bytes.find('\n', begin);
        run_.lines.push_back(bytes.substr(begin, end - begin));
        begin = end + 1;
      }
      return true;
    };
    Simulation simulation;
    simulation.seed = random_();
    simulation.between = [this](uint64_t) { Between(); };
    simulation.executor = &executor_;
    scheduler_ = MakeSimulatedScheduler(simulation, clock_);
    ARROW_ASSIGN_OR_RAISE(graph_, BuildGraph(plan_, surroundings));
    for (const auto& task : graph_.tasks) ARROW_RETURN_NOT_OK(task->Open());
    JobCheckpoints::Surroundings own;
    own.clock = &clock_;
    own.files = &files_;
    own.executor = &executor_;
    own.owner = "seed " + std::to_string(options_.seed);
    own.wake = surroundings.wake;
    own.fail = [this](arrow::Status status) {
      if (failure_.ok()) failure_ = std::move(status);
      scheduler_->Cancel();
    };
    own.log = [this](const std::string& message) { run_.warnings.push_back(message); };
    checkpoints_ = std::make_unique<JobCheckpoints>(plan_, graph_, std::move(own));
    ARROW_RETURN_NOT_OK(checkpoints_->Begin());
    begun_ = true;
    return arrow::Status::OK();
  }

  // Files of checkpoints that cannot be written.
  arrow::Status Fault(std::string_view operation, const std::string& path) {
    if (!begun_ || num_faults_ == options_.num_faults || operation != "append" ||
        (!path.starts_with("/chk/chk-") && !path.starts_with("/chk/state")) || random_() % 8 != 0)
      return arrow::Status::OK();
    ++num_faults_;
    return UserError("io", path, "no space left");
  }

  // Between two steps of tasks: files, time, the coordinator; or the end.
  void Between() {
    if (Count()) return scheduler_->Cancel();
    if (random_() % 4 == 0) clock_.AdvanceMillis(static_cast<int64_t>(random_() % 3));
    if (random_() % 3 != 0) return;
    checkpoints_->Step();
    const nlohmann::json statistics = checkpoints_->Statistics();
    if (statistics["completed"].get<size_t>() == run_.checkpoints.size()) return;
    const nlohmann::json& last = statistics["lastCompleted"];
    run_.checkpoints.push_back(
        {last["bytesNew"].get<int64_t>(), last["bytesTotal"].get<int64_t>()});
  }

  // The last checkpoint.
  arrow::Status Finish() {
    bool done = false;
    arrow::Status result;
    checkpoints_->Finish([&](const arrow::Status& status) {
      done = true;
      result = status;
    });
    while (!done) {
      if (Count()) return arrow::Status::OK();
      if (random_() % 2 == 0) executor_.RunOne(random_());
      clock_.AdvanceMillis(1);
      checkpoints_->Step();
      if (!failure_.ok()) return failure_;
    }
    return failure_.ok() ? result : failure_;
  }

  bool Count() {
    if (++run_.num_steps >= options_.crash_step) crashed_ = true;
    return crashed_;
  }

  Attempt Ended(const arrow::Status& status) {
    run_.end = crashed_       ? Attempt::End::kCrashed
               : !status.ok() ? Attempt::End::kFailed
                              : Attempt::End::kFinished;
    run_.status = status;
    if (begun_) {
      const nlohmann::json statistics = checkpoints_->Statistics();
      run_.num_checkpoints = statistics["completed"].get<int64_t>();
      run_.restored_epoch = statistics["restoredEpoch"].get<int64_t>();
    }
    for (const auto& task : graph_.tasks) {
      for (const TaskOperator& op : task->operators())
        run_.late_rows += op.metrics->late_rows.value();
    }
    executor_.Drop();
    files_.SetFault(nullptr);
    if (crashed_) files_.Crash();
    return std::move(run_);
  }

  const AttemptOptions options_;
  MemoryFileSystem& files_;
  std::mt19937_64 random_;
  const Plan plan_;
  VirtualClock clock_;
  SimulatedExecutor executor_;
  std::unique_ptr<Scheduler> scheduler_;
  Graph graph_;
  std::unique_ptr<JobCheckpoints> checkpoints_;
  Attempt run_;
  arrow::Status failure_;
  uint64_t num_faults_ = 0;
  bool begun_ = false;
  bool crashed_ = false;
};

}  // namespace

Attempt RunAttempt(const std::string& plan, MemoryFileSystem& files,
                   const AttemptOptions& options) {
  return SimulatedJob(plan, files, options).Run();
}

}  // namespace sabot::test
