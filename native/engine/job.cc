// A job: a plan decoded, its tasks built, a scheduler running them.
#include <arrow/status.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "base/executor.h"
#include "engine/graph.h"
#include "engine/job_checkpoints.h"
#include "engine/job_error.h"
#include "engine/job_log.h"
#include "engine/job_state.h"
#include "engine/live_state.h"
#include "engine/scheduler.h"
#include "engine/user_calls.h"
#include "engine/watermark_monitor.h"
#include "plan/plan.h"
#include "sabot/engine.h"

namespace sabot {
namespace {

// Threads for blocking I/O; they wait more than they work.
constexpr int kIoThreads = 4;

// Who claims a checkpoint folder: told to people, and different for any two starts.
std::string Now() {
  return std::to_string(SystemClock().NowMillis()) + "." +
         std::to_string(SystemClock().MonotonicNanos() % 1'000'000);
}

// The same for all its attempts, and of no other process, here or elsewhere.
const std::string& ProcessName() {
  static const std::string kName = [] {
    char host[256] = "";
    gethostname(host, sizeof(host) - 1);
    return "process " + std::to_string(getpid()) + " on " + host + ", started at " + Now();
  }();
  return kName;
}

std::string OwnerName() { return ProcessName() + ", the job at " + Now(); }

class RunningJob final : public Job {
 public:
  ~RunningJob() override {
    if (scheduler_ == nullptr) return;
    scheduler_->Cancel();
    opened_.get_future().wait();
    scheduler_->Stop();
    if (checkpoints_ != nullptr) checkpoints_->Stop();
    executor_.reset();  // What runs there may wake tasks, and tell the coordinator, to the end.
  }

  arrow::Status Start(std::string_view text, JobCallbacks callbacks) {
    callbacks_ = std::move(callbacks);
    ARROW_ASSIGN_OR_RAISE(plan_, DecodePlan(text));
    if (plan_.nodes.empty()) return UserError("plan", "", "The plan has no operators");
    const auto cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    GraphSurroundings surroundings;
    surroundings.clock = &SystemClock();
    executor_ = MakeThreadExecutor(kIoThreads);
    surroundings.executor = executor_.get();
    log_ = std::make_unique<JobLog>(callbacks_.deliver);
    surroundings.warn = [this](const WarningPlace& place, const std::string& message) {
      log_->Warn(place, message);
    };
    surroundings.wake = [this](size_t task) { scheduler_->Wake(task); };
    surroundings.deliver = [this](const std::string& channel, std::string bytes) {
      return callbacks_.deliver(channel, std::move(bytes));
    };
    if (callbacks_.call) {
      user_calls_ = std::make_unique<UserCalls>(callbacks_.call);
      surroundings.open_user_function = [this](int node, int subtask, std::function<void()> waker) {
        return user_calls_->Open(node, subtask, std::move(waker));
      };
    }
    state_ = JobState::Make(plan_.options);
    surroundings.state = state_.get();
    ARROW_ASSIGN_OR_RAISE(graph_, BuildGraph(plan_, surroundings));
    live_state_ =
        std::make_unique<LiveState>(plan_, graph_, surroundings.wake, surroundings.deliver);
    scheduler_ = MakeThreadedScheduler(std::min(cores, static_cast<int>(graph_.tasks.size())),
                                       SystemClock());
    monitor_ = std::make_unique<WatermarkMonitor>(graph_, SystemClock(), surroundings.warn);
    scheduler_->Every(WatermarkMonitor::kPeriodMillis, [this] {
      monitor_->Check();
      log_->Flush();
    });
    if (plan_.checkpoint) {
      JobCheckpoints::Surroundings own;
      own.clock = &SystemClock();
      own.files = &LocalFileSystem();
      own.executor = executor_.get();
      own.num_threads = cores;
      own.owner = OwnerName();
      own.process = ProcessName();
      own.wake = surroundings.wake;
      own.fail = [this](arrow::Status status) { Fail(std::move(status)); };
      own.stopped = [this](const std::string& path) { Stopped(path); };
      own.log = [this](const std::string& message) { log_->Warn({}, message); };
      checkpoints_ = std::make_unique<JobCheckpoints>(plan_, graph_, std::move(own));
    }
    // Opening lists folders and creates files, restoring reads them: nothing for the caller's
    // thread.
    executor_->Submit(executor_->NewLane(), [this] {
      OpenAndRun();
      opened_.set_value();
    });
    return arrow::Status::OK();
  }

  void Cancel() override { scheduler_->Cancel(); }

  void Wake() override {
    for (size_t i = 0; i < graph_.tasks.size(); ++i) scheduler_->Wake(i);
    log_->Flush();
  }

  void Answer(uint64_t call, std::string&& bytes) override {
    if (user_calls_ != nullptr)
      user_calls_->Answer(call, arrow::Buffer::FromString(std::move(bytes)));
  }

  void Refuse(uint64_t call, const JobError& error) override {
    if (user_calls_ == nullptr) return;
    user_calls_->Answer(call, UserError(error.kind, error.identifier, error.message));
  }

  void TakeSavepoint(std::string path, AfterSavepoint after,
                     std::function<void(const JobError*)> done) override {
    if (checkpoints_ == nullptr) {
      const JobError error = ToJobError(
          UserError("savepoint", path, "a job without a checkpoint folder takes no savepoints"));
      return done(&error);
    }
    SavepointRequest request;
    request.path = std::move(path);
    request.stop = after != AfterSavepoint::kGoOn;
    request.drain = after == AfterSavepoint::kDrain;
    request.done = [done = std::move(done)](const arrow::Status& status) {
      if (status.ok()) return done(nullptr);
      const JobError error = ToJobError(status);
      done(&error);
    };
    checkpoints_->TakeSavepoint(std::move(request));
  }

  void ReadState(uint32_t id, StateRequest request,
                 std::function<void(const JobError*)> done) override {
    live_state_->Read(id, request, [done = std::move(done)](const arrow::Status& status) {
      if (status.ok()) return done(nullptr);
      const JobError error = ToJobError(status);
      done(&error);
    });
  }

  void CancelStateRead(uint32_t id) override { live_state_->Cancel(id); }

  std::string Metrics() const override {
    nlohmann::json metrics = {{"operators", OperatorsJson()},
                              {"tasks", TasksJson()},
                              {"holds", HoldsJson()},
                              {"splits", SplitsJson()}};
    if (checkpoints_ != nullptr) metrics["checkpoints"] = checkpoints_->Statistics();
    return metrics.dump();
  }

 private:
  void OpenAndRun() {
    const arrow::Status state = state_->Open();
    if (!state.ok()) return Finish({state, nullptr});
    std::vector<Task*> tasks;
    for (const auto& task : graph_.tasks) {
      const arrow::Status status = task->Open();
      if (!status.ok()) return Finish({status, task.get()});
      tasks.push_back(task.get());
    }
    if (checkpoints_ != nullptr) {
      const arrow::Status status = checkpoints_->Begin();
      if (!status.ok()) return Finish({status, nullptr});
      checkpoints_->StartThread();
    } else {
      const arrow::Status status = graph_.commit->Begin();
      if (!status.ok()) return Finish({status, nullptr});
    }
    scheduler_->Start(std::move(tasks), [this](const RunOutcome& outcome) { Ended(outcome); });
  }

  // No task runs any more.
  void Ended(RunOutcome outcome) {
    {
      const std::lock_guard lock(mutex_);
      if (!failure_.ok()) outcome = {failure_, nullptr};
      if (failure_.ok() && !stopped_with_.empty()) outcome = {TellStopped(), nullptr};
    }
    if (!outcome.status.ok()) return Finish(outcome);
    if (checkpoints_ == nullptr) return Finish({graph_.commit->End(), nullptr});
    checkpoints_->Finish([this](const arrow::Status& status) { Finish({status, nullptr}); });
  }

  // A savepoint has been taken, behind which there is nothing: it is committed, and sinks show what
  // belongs to it.
  void Stopped(const std::string& path) {
    {
      const std::lock_guard lock(mutex_);
      stopped_with_ = path;
    }
    scheduler_->Cancel();
  }

  // The lock is held, and no task runs.
  arrow::Status TellStopped() {
    for (const auto& task : graph_.tasks) ARROW_RETURN_NOT_OK(task->Stop());
    return UserError("stopped", stopped_with_, "the job was stopped with a savepoint");
  }

  // Something beside the tasks has failed.
  void Fail(arrow::Status status) {
    {
      const std::lock_guard lock(mutex_);
      if (failure_.ok()) failure_ = std::move(status);
    }
    scheduler_->Cancel();
  }

  void Finish(const RunOutcome& outcome) {
    graph_.commit->Close();
    log_->Close();
    if (outcome.status.ok()) return callbacks_.finished(nullptr);
    const JobError error =
        ToJobError(outcome.status, outcome.task == nullptr ? std::string() : outcome.task->name());
    callbacks_.finished(&error);
  }

  nlohmann::json OperatorsJson() const {
    nlohmann::json operators = nlohmann::json::array();
    for (const auto& task : graph_.tasks) {
      for (const TaskOperator& each : task->operators()) {
        const OperatorMetrics& m = *each.metrics;
        operators.push_back({{"name", each.name},
                             {"uid", each.uid},
                             {"node", each.node_id},
                             {"subtask", task->subtask()},
                             {"rowsIn", m.rows_in.value()},
                             {"rowsOut", m.rows_out.value()},
                             {"bytesIn", m.bytes_in.value()},
                             {"lateRows", m.late_rows.value()},
                             {"skippedRecords", m.skipped_records.value()},
                             {"droppedRecords", m.dropped_records.value()},
                             {"deadLetters", m.dead_letters.value()},
                             {"watermarkMs", TimeJson(m.watermark_ms.value())},
                             {"stateBytes", m.state_bytes.value()},
                             {"spilledBytes", each.tiers->spilled_bytes()}});
      }
    }
    return operators;
  }

  nlohmann::json TasksJson() const {
    nlohmann::json tasks = nlohmann::json::array();
    const int64_t now = SystemClock().MonotonicNanos();
    const auto calls =
        user_calls_ == nullptr ? std::vector<UserCalls::OpenCall>() : user_calls_->open_calls();
    for (const auto& task : graph_.tasks) {
      const OperatorMetrics& first = *task->operators().front().metrics;
      const OperatorMetrics& last = *task->operators().back().metrics;
      nlohmann::json nodes = nlohmann::json::array();
      for (const TaskOperator& each : task->operators()) nodes.push_back(each.node_id);
      const auto nanos = [&](TaskTimes::State state) { return task->times().Nanos(state, now); };
      tasks.push_back({{"name", task->name()},
                       {"subtask", task->subtask()},
                       {"nodes", std::move(nodes)},
                       {"rowsIn", first.rows_in.value()},
                       {"bytesIn", first.bytes_in.value()},
                       {"rowsOut", last.rows_out.value()},
                       {"bytesOut", last.bytes_out.value()},
                       {"watermarkMs", TimeJson(last.watermark_ms.value())},
                       {"busyNs", nanos(TaskTimes::State::kBusy)},
                       {"idleNs", nanos(TaskTimes::State::kIdle)},
                       {"backpressuredNs", nanos(TaskTimes::State::kBackpressured)}});
      for (const UserCalls::OpenCall& call : calls) {
        if (call.subtask != task->subtask()) continue;
        for (const TaskOperator& each : task->operators()) {
          if (each.node_id != call.node) continue;
          const std::string functions = FunctionsOf(call.node);
          if (functions.empty()) continue;
          tasks.back()["blocked"] = {{"function", functions},
                                     {"operator", each.name},
                                     {"uid", each.uid},
                                     {"forNs", now - call.since_ns}};
        }
      }
    }
    return tasks;
  }

  // The user's functions that a node calls, as people know them; of an iterable there is none.
  std::string FunctionsOf(int node_id) const {
    std::string functions;
    for (const PlanNode& node : plan_.nodes) {
      const nlohmann::json* const texts = node.id == node_id ? node.Member("functions") : nullptr;
      if (texts == nullptr || !texts->is_array()) continue;
      for (const nlohmann::json& text : *texts) {
        if (!text.is_string()) continue;
        if (!functions.empty()) functions += ", ";
        functions += text.get<std::string>();
      }
    }
    return functions;
  }

  nlohmann::json HoldsJson() const {
    nlohmann::json holds = nlohmann::json::array();
    for (const WatermarkHold& hold : monitor_->holds(0)) {
      holds.push_back({{"operator", hold.place.op},
                       {"uid", hold.place.uid},
                       {"subtask", hold.place.subtask},
                       {"split", hold.split},
                       {"watermarkMs", TimeJson(hold.watermark_ms)},
                       {"othersMs", TimeJson(hold.others_ms)},
                       {"heldMs", hold.held_ms}});
    }
    return holds;
  }

  nlohmann::json SplitsJson() const {
    nlohmann::json splits = nlohmann::json::array();
    for (const SplitState& split : monitor_->splits()) {
      splits.push_back({{"operator", split.place.op},
                        {"uid", split.place.uid},
                        {"subtask", split.place.subtask},
                        {"split", split.split},
                        {"watermarkMs", TimeJson(split.watermark_ms)},
                        {"idle", split.idle},
                        {"waitsToBeRead", split.waits_to_be_read}});
      if (split.position) splits.back()["position"] = *split.position;
      if (split.end) splits.back()["end"] = *split.end;
      if (split.position && split.end)
        splits.back()["lag"] = std::max<int64_t>(0, *split.end - *split.position);
    }
    return splits;
  }

  // No watermark yet, and the one at the end of input, are no points in time.
  static nlohmann::json TimeJson(int64_t millis) {
    if (millis == kWatermarkMin || millis == kWatermarkMax) return nullptr;
    return millis;
  }

  JobCallbacks callbacks_;
  Plan plan_;
  std::unique_ptr<UserCalls> user_calls_;  // Outlives the graph, whose operators hold its lines.
  std::unique_ptr<JobLog> log_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<JobState> state_;
  // Outlives the graph: threads of Kafka's client wake tasks until their operators are gone. Its
  // own threads end before all of this goes.
  std::unique_ptr<Scheduler> scheduler_;
  Graph graph_;
  std::unique_ptr<LiveState> live_state_;
  std::unique_ptr<WatermarkMonitor> monitor_;
  std::unique_ptr<JobCheckpoints> checkpoints_;
  std::mutex mutex_;
  arrow::Status failure_;
  std::string stopped_with_;   // The savepoint's folder.
  std::promise<void> opened_;  // The tasks are open and run, or the job has ended.
};

}  // namespace

std::unique_ptr<Job> StartJob(std::string_view plan, JobCallbacks callbacks, JobError* error) {
  auto job = std::make_unique<RunningJob>();
  const arrow::Status status = job->Start(plan, std::move(callbacks));
  if (status.ok()) return job;
  *error = ToJobError(status);
  return nullptr;
}

}  // namespace sabot
