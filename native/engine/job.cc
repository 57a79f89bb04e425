// A job: a plan decoded, its tasks built, a scheduler running them.
#include <arrow/status.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "engine/graph.h"
#include "engine/scheduler.h"
#include "engine/user_calls.h"
#include "plan/plan.h"
#include "sabot/engine.h"

namespace sabot {
namespace {

JobError ToJobError(const arrow::Status& status, const Task* task) {
  JobError error;
  error.message = status.message();
  if (task != nullptr) error.operator_name = task->name();
  if (const ErrorDetail* detail = DetailOf(status)) {
    error.kind = detail->kind();
    error.identifier = detail->identifier();
  } else if (status.IsCancelled()) {
    error.kind = "cancelled";
  } else if (status.IsIOError()) {
    error.kind = "io";
  } else {
    error.kind = "internal";
    error.message = status.ToString();
  }
  return error;
}

class RunningJob final : public Job {
 public:
  ~RunningJob() override { scheduler_.reset(); }

  arrow::Status Start(std::string_view text, JobCallbacks callbacks) {
    callbacks_ = std::move(callbacks);
    ARROW_ASSIGN_OR_RAISE(plan_, DecodePlan(text));
    if (plan_.nodes.empty()) return UserError("plan", "", "The plan has no operators");
    const auto cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    GraphSurroundings surroundings;
    surroundings.clock = &SystemClock();
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
    ARROW_ASSIGN_OR_RAISE(graph_, BuildGraph(plan_, surroundings));
    scheduler_ = MakeThreadedScheduler(std::min(cores, static_cast<int>(graph_.tasks.size())),
                                       SystemClock());
    for (const auto& task : graph_.tasks) ARROW_RETURN_NOT_OK(task->Open());
    std::vector<Task*> tasks;
    for (const auto& task : graph_.tasks) tasks.push_back(task.get());
    scheduler_->Start(std::move(tasks), [this](const RunOutcome& outcome) {
      if (outcome.status.ok()) return callbacks_.finished(nullptr);
      const JobError error = ToJobError(outcome.status, outcome.task);
      callbacks_.finished(&error);
    });
    return arrow::Status::OK();
  }

  void Cancel() override { scheduler_->Cancel(); }

  void Wake() override {
    for (size_t i = 0; i < graph_.tasks.size(); ++i) scheduler_->Wake(i);
  }

  void Answer(uint64_t call, std::string&& bytes) override {
    if (user_calls_ != nullptr)
      user_calls_->Answer(call, arrow::Buffer::FromString(std::move(bytes)));
  }

  void Refuse(uint64_t call, const JobError& error) override {
    if (user_calls_ == nullptr) return;
    user_calls_->Answer(call, UserError(error.kind, error.identifier, error.message));
  }

  std::string Metrics() const override {
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
                             {"watermarkMs", m.watermark_ms.value()},
                             {"stateBytes", m.state_bytes.value()},
                             {"busyNs", m.busy_ns.value()}});
      }
    }
    return nlohmann::json{{"operators", std::move(operators)}}.dump();
  }

 private:
  JobCallbacks callbacks_;
  Plan plan_;
  std::unique_ptr<UserCalls> user_calls_;  // Outlives the graph, whose operators hold its lines.
  Graph graph_;
  // Last, so that it goes first: its threads use all of the above.
  std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace

std::unique_ptr<Job> StartJob(std::string_view plan, JobCallbacks callbacks, JobError* error) {
  auto job = std::make_unique<RunningJob>();
  const arrow::Status status = job->Start(plan, std::move(callbacks));
  if (status.ok()) return job;
  *error = ToJobError(status, nullptr);
  return nullptr;
}

}  // namespace sabot
