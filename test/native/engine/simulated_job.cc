// One attempt of a job: every choice is the seed's.
#include "engine/simulated_job.h"

#include <nlohmann/json.hpp>
#include <random>

#include "base/executor.h"
#include "connectors/kafka_model.h"
#include "engine/graph.h"
#include "engine/job_checkpoints.h"
#include "engine/job_state.h"
#include "engine/scheduler.h"
#include "engine/simulated_disk.h"
#include "engine/slow_executor.h"
#include "plan/plan.h"

namespace sabot::test {
namespace {

class SimulatedJob {
 public:
  SimulatedJob(const std::string& plan, MemoryFileSystem& files, const AttemptOptions& options)
      : options_(options),
        memory_(files),
        files_(options.disk != nullptr ? static_cast<FileSystem&>(*options.disk) : files),
        random_(options.seed),
        plan_(DecodePlan(plan).ValueOrDie()),
        state_(JobState::Simulated(plan_.options)) {}

  Attempt Run() {
    clock_.AdvanceMillis(static_cast<int64_t>(random_() % 1'000'000));
    if (options_.kafka != nullptr) options_.kafka->SetClock(clock_);
    const arrow::Status begun = Begin();
    if (!begun.ok()) return Ended(begun);
    std::vector<Task*> tasks;
    for (const auto& task : graph_.tasks) tasks.push_back(task.get());
    RunOutcome outcome;
    scheduler_->Start(tasks, [&outcome](const RunOutcome& run) { outcome = run; });
    if (crashed_) return Ended(arrow::Status::OK());
    if (!failure_.ok()) return Ended(failure_);
    if (!stopped_with_.empty()) return Ended(TellStopped());
    if (!outcome.status.ok()) return Ended(outcome.status);
    return Ended(Finish());
  }

 private:
  arrow::Status Begin() {
    GraphSurroundings surroundings;
    surroundings.clock = &clock_;
    surroundings.file_system = &files_;
    surroundings.executor = &disk_queue_;
    surroundings.channel_bytes_max = options_.channel_bytes_max;
    surroundings.wake = [this](size_t task) { scheduler_->Wake(task); };
    surroundings.deliver = [this](const std::string&, const std::string& bytes) {
      return TakeResults(bytes);
    };
    if (options_.owner != nullptr) surroundings.open_user_function = options_.owner->opener();
    surroundings.kafka = options_.kafka;
    surroundings.warn = [this](const WarningPlace&, std::string message) {
      run_.warnings.push_back(std::move(message));
    };
    Simulation simulation;
    simulation.seed = random_();
    simulation.between = [this](uint64_t) { Between(); };
    simulation.executor = &executor_;
    simulation.stalled = [this] { return Stalled(); };
    scheduler_ = MakeSimulatedScheduler(simulation, clock_);
    surroundings.state = state_.get();
    ARROW_ASSIGN_OR_RAISE(graph_, BuildGraph(plan_, surroundings));
    for (const auto& task : graph_.tasks) ARROW_RETURN_NOT_OK(task->Open());
    JobCheckpoints::Surroundings own;
    own.clock = &clock_;
    own.files = &files_;
    own.executor = &disk_queue_;
    own.owner = "seed " + std::to_string(options_.seed);
    own.wake = surroundings.wake;
    own.fail = [this](arrow::Status status) {
      if (failure_.ok()) failure_ = std::move(status);
      scheduler_->Cancel();
    };
    own.stopped = [this](const std::string& path) {
      stopped_with_ = path;
      scheduler_->Cancel();
    };
    own.log = [this](const std::string& message) { run_.warnings.push_back(message); };
    checkpoints_ = std::make_unique<JobCheckpoints>(plan_, graph_, std::move(own));
    ARROW_RETURN_NOT_OK(checkpoints_->Begin());
    begun_ = true;
    return arrow::Status::OK();
  }

  bool TakeResults(const std::string& bytes) {
    if (clock_.NowMillis() < sink_free_ms_) {
      sink_is_awaited_ = true;
      return false;
    }
    const size_t before = run_.lines.size();
    for (size_t begin = 0; begin < bytes.size();) {
      const size_t end = bytes.find('\n', begin);
      run_.lines.push_back(bytes.substr(begin, end - begin));
      begin = end + 1;
    }
    if (options_.sink_lines_per_second > 0) {
      sink_free_ms_ = clock_.NowMillis() + static_cast<int64_t>(run_.lines.size() - before) *
                                               1'000 / options_.sink_lines_per_second;
    }
    return true;
  }

  void WakeSinks() {
    if (!sink_is_awaited_ || clock_.NowMillis() < sink_free_ms_) return;
    sink_is_awaited_ = false;
    for (size_t i = 0; i < graph_.tasks.size(); ++i) scheduler_->Wake(i);
  }

  // Files that the coordinator writes keep it from its other work.
  void StepCoordinator() {
    if (clock_.NowMillis() < coordinator_free_ms_) return;
    const uint64_t before = options_.disk != nullptr ? options_.disk->num_operations() : 0;
    checkpoints_->Step();
    if (options_.disk != nullptr && options_.disk->num_operations() > before)
      coordinator_free_ms_ = clock_.NowMillis() + options_.disk->LatencyMillis();
  }

  // Between two steps of tasks: files, time, the coordinator; or the end.
  void Between() {
    if (Count()) return scheduler_->Cancel();
    disk_queue_.HandOn();
    WakeSinks();
    if (options_.owner != nullptr && random_() % 4 == 0) options_.owner->AnswerOne(random_());
    if (options_.kafka != nullptr && random_() % 2 == 0) options_.kafka->Step();
    if (run_.num_steps == options_.savepoint_step) {
      checkpoints_->TakeSavepoint(
          {options_.savepoint_path, options_.stop,
           [this](const arrow::Status& status) { SavepointAnswered(status); }, options_.drain});
    }
    if (random_() % 4 == 0) clock_.AdvanceMillis(static_cast<int64_t>(random_() % 3));
    if (random_() % 3 != 0) return;
    StepCoordinator();
    const nlohmann::json statistics = checkpoints_->Statistics();
    if (statistics["completed"].get<size_t>() == run_.checkpoints.size()) return;
    const nlohmann::json& last = statistics["lastCompleted"];
    run_.checkpoints.push_back({last["bytesNew"].get<int64_t>(), last["bytesTotal"].get<int64_t>(),
                                last["durationMs"].get<int64_t>()});
  }

  void SavepointAnswered(const arrow::Status& status) {
    run_.savepoint = status;
    if (!status.ok()) return;
    run_.last_savepoint = checkpoints_->Statistics()["lastSavepoint"].value("savepoint", "");
    if (options_.on_savepoint) options_.on_savepoint();
  }

  // Nobody can work: for the disk, for functions, for the sink, or because sources were told to
  // stop and wait for the coordinator.
  bool Stalled() {
    if (disk_queue_.Wait()) return true;
    if (options_.owner != nullptr && options_.owner->AnswerOne(random_())) return true;
    if (!sink_is_awaited_ && options_.kafka == nullptr && (!options_.stop || run_.savepoint))
      return false;
    clock_.AdvanceMillis(1);
    if (options_.kafka != nullptr) options_.kafka->Step();
    if (!sink_is_awaited_) StepCoordinator();
    WakeSinks();
    if (Count()) scheduler_->Cancel();
    return true;
  }

  // As the job does it: no task runs any more.
  arrow::Status TellStopped() {
    for (const auto& task : graph_.tasks) {
      if (Count()) return arrow::Status::OK();
      ARROW_RETURN_NOT_OK(task->Stop());
    }
    return arrow::Status::OK();
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
      disk_queue_.HandOn();
      if (random_() % 2 == 0) executor_.RunOne(random_());
      clock_.AdvanceMillis(1);
      StepCoordinator();
      if (!failure_.ok()) return failure_;
    }
    return failure_.ok() ? result : failure_;
  }

  bool Count() {
    if (++run_.num_steps >= options_.crash_step) crashed_ = true;
    crashed_ = crashed_ || HasCrashed();
    return crashed_;
  }
  bool HasCrashed() const {
    return (options_.disk != nullptr && options_.disk->has_crashed()) ||
           (options_.kafka != nullptr && options_.kafka->has_crashed());
  }

  Attempt Ended(const arrow::Status& status) {
    crashed_ = crashed_ || HasCrashed();
    run_.end = crashed_                 ? Attempt::End::kCrashed
               : !status.ok()           ? Attempt::End::kFailed
               : !stopped_with_.empty() ? Attempt::End::kStopped
                                        : Attempt::End::kFinished;
    run_.status = status;
    if (begun_) {
      const nlohmann::json statistics = checkpoints_->Statistics();
      run_.num_checkpoints = statistics["completed"].get<int64_t>();
      run_.restored_epoch = statistics["restoredEpoch"].get<int64_t>();
    }
    for (const auto& task : graph_.tasks) {
      for (const TaskOperator& op : task->operators()) {
        run_.late_rows += op.metrics->late_rows.value();
        run_.spilled_bytes += op.tiers->spilled_bytes();
      }
    }
    if (!crashed_ && graph_.commit != nullptr) graph_.commit->Close();
    disk_queue_.Drop();
    executor_.Drop();
    if (options_.kafka != nullptr) options_.kafka->KillClients();
    if (crashed_ && options_.disk == nullptr) memory_.Crash();
    return std::move(run_);
  }

  const AttemptOptions options_;
  MemoryFileSystem& memory_;
  FileSystem& files_;
  std::mt19937_64 random_;
  const Plan plan_;
  VirtualClock clock_;
  SimulatedExecutor executor_;
  SlowExecutor disk_queue_{executor_, clock_, [this] {
                             return options_.disk == nullptr ? 0 : options_.disk->LatencyMillis();
                           }};
  int64_t coordinator_free_ms_ = 0;
  int64_t sink_free_ms_ = 0;
  bool sink_is_awaited_ = false;  // Somebody has results for it.
  const std::unique_ptr<JobState> state_;
  std::unique_ptr<Scheduler> scheduler_;
  Graph graph_;
  std::unique_ptr<JobCheckpoints> checkpoints_;
  Attempt run_;
  arrow::Status failure_;
  std::string stopped_with_;
  bool begun_ = false;
  bool crashed_ = false;
};

}  // namespace

Attempt RunAttempt(const std::string& plan, MemoryFileSystem& files,
                   const AttemptOptions& options) {
  return SimulatedJob(plan, files, options).Run();
}

}  // namespace sabot::test
