// Claiming, restoring, injecting, committing for one job.
#include "engine/job_checkpoints.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "checkpoint/restored_state.h"

namespace sabot {
namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;

arrow::Status NoState(const TaskOperator& op, const RestoredState& state) {
  std::string known;
  for (const auto& [uid, each] : state.operators()) known += (known.empty() ? "" : ", ") + uid;
  return UserError("restore", op.uid,
                   "the checkpoint has no state of operator '" + op.uid + "' (" + op.name +
                       "); it has: " + known +
                       ". The job is not the one that took it, or its plan has changed: give "
                       "operators stable uids, or start without --restore.");
}

arrow::Status NotClaimed(const std::string& uid, const std::string& name) {
  return UserError("restore", uid,
                   "no operator of this job claims the state of '" + uid + "' (" + name +
                       "). If it may be dropped, restore with --allow-non-restored-state.");
}

nlohmann::json ToJson(const CheckpointRecord& record) {
  nlohmann::json json = {{"epoch", record.epoch},
                         {"triggeredMs", record.triggered_ms},
                         {"durationMs", record.duration_ns / kNanosPerMilli},
                         {"syncNsMax", record.sync_ns_max},
                         {"alignNsMax", record.align_ns_max},
                         {"bytesNew", record.bytes_new},
                         {"bytesTotal", record.bytes_total}};
  if (!record.failure.empty()) json["failure"] = record.failure;
  return json;
}

}  // namespace

JobCheckpoints::JobCheckpoints(const Plan& plan, Graph& graph, Surroundings surroundings)
    : plan_(plan), graph_(graph), surroundings_(std::move(surroundings)) {}

arrow::Status JobCheckpoints::Begin() {
  const PlanCheckpoint& plan = *plan_.checkpoint;
  const int64_t begin = surroundings_.clock->MonotonicNanos();
  ARROW_ASSIGN_OR_RAISE(
      folder_, CheckpointFolder::Open(*surroundings_.files,
                                      {plan.folder, surroundings_.owner, plan.num_retained}));
  RestoreRequest request;
  request.from = plan.restore;
  request.path = plan.restore_path;
  request.since_attempt = plan.restore_since_attempt;
  request.accept_duplicates = plan.accept_duplicates;
  ARROW_ASSIGN_OR_RAISE(const auto checkpoint, folder_->Begin(request, surroundings_.log));

  CheckpointCoordinator::Hooks hooks;
  hooks.inject = [this](const Barrier& barrier) { InjectBarrier(barrier); };
  hooks.committed = [this](int64_t epoch, const std::set<SubtaskKey>& ended) {
    Committed(epoch, ended);
  };
  hooks.fail = surroundings_.fail;
  hooks.log = surroundings_.log;
  coordinator_ = std::make_unique<CheckpointCoordinator>(
      *folder_,
      CheckpointOptions{plan.interval_ms, plan.timeout_ms, plan.min_pause_ms,
                        plan.tolerable_failures},
      plan_.job, *surroundings_.clock, std::move(hooks));
  writer_ = std::make_unique<CheckpointWriter>(*folder_, *coordinator_, *surroundings_.executor);

  std::optional<RestoredState> state;
  if (checkpoint) {
    ARROW_ASSIGN_OR_RAISE(auto read, RestoredState::Read(*checkpoint));
    state.emplace(std::move(read));
    restored_epoch_ = checkpoint->manifest.epoch;
  }
  std::set<std::string> claimed;
  for (const auto& task : graph_.tasks) {
    task->SetSnapshotTarget(writer_.get());
    for (const TaskOperator& op : task->operators()) {
      op.context->attempt = folder_->attempt();
      const CheckpointCoordinator::Subtask subtask{op.uid, op.name, task->subtask()};
      if (!state) {
        coordinator_->Add(subtask, {});
        continue;
      }
      const auto found = state->operators().find(op.uid);
      if (found == state->operators().end()) return NoState(op, *state);
      claimed.insert(op.uid);
      const int parallelism = op.context->parallelism;
      const arrow::Status status =
          op.op->Restore(state->ReaderFor(found->second, task->subtask(), parallelism));
      if (!status.ok()) {
        return UserError("restore", op.uid,
                         "the state of operator '" + op.uid + "' (" + op.name +
                             ") cannot be restored: " + status.message());
      }
      coordinator_->Add(subtask, state->FilesOf(found->second, task->subtask(), parallelism));
    }
  }
  if (state && !plan.allow_non_restored_state) {
    for (const auto& [uid, op] : state->operators()) {
      if (!claimed.contains(uid)) return NotClaimed(uid, op.name);
    }
  }
  if (checkpoint) {
    surroundings_.log("restored checkpoint " + std::to_string(restored_epoch_) + " from " +
                      plan.folder);
  }
  restore_ns_ = checkpoint ? surroundings_.clock->MonotonicNanos() - begin : 0;
  begun_ = true;
  return arrow::Status::OK();
}

void JobCheckpoints::StartThread() {
  thread_ = std::make_unique<CoordinatorThread>(*coordinator_, *surroundings_.clock);
}

void JobCheckpoints::InjectBarrier(const Barrier& barrier) {
  for (size_t i = 0; i < graph_.tasks.size(); ++i) {
    if (!graph_.tasks[i]->is_source()) continue;
    graph_.tasks[i]->RequestBarrier(barrier);
    surroundings_.wake(i);
  }
}

void JobCheckpoints::Committed(int64_t epoch, const std::set<SubtaskKey>& ended) {
  for (size_t i = 0; i < graph_.tasks.size(); ++i) {
    Task& task = *graph_.tasks[i];
    const bool has_ended = ended.contains({task.operators().front().uid, task.subtask()});
    const arrow::Status status = task.Commit(has_ended ? kFinalEpoch : epoch);
    if (!status.ok()) surroundings_.fail(status);
    surroundings_.wake(i);
  }
}

nlohmann::json JobCheckpoints::Statistics() const {
  nlohmann::json json = nlohmann::json::object();
  if (!begun_) return json;
  const CheckpointStatistics statistics = coordinator_->Statistics();
  json = {{"folder", plan_.checkpoint->folder},
          {"attempt", folder_->attempt()},
          {"restoredEpoch", restored_epoch_},
          {"restoreMs", restore_ns_ / kNanosPerMilli},
          {"completed", statistics.num_completed},
          {"failed", statistics.num_failed},
          {"failuresByCause", statistics.failures_by_cause},
          {"oldestBarrierMs", statistics.oldest_barrier_ms}};
  if (statistics.last_completed) json["lastCompleted"] = ToJson(*statistics.last_completed);
  if (statistics.last_failed) json["lastFailed"] = ToJson(*statistics.last_failed);
  return json;
}

}  // namespace sabot
