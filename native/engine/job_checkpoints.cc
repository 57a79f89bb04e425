// Claiming, restoring, injecting, committing for one job.
#include "engine/job_checkpoints.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/side_by_side.h"
#include "checkpoint/state_fields.h"
#include "engine/catalogue.h"
#include "engine/restored_meaning.h"

namespace sabot {
namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;

arrow::Status NoState(const TaskOperator& op, const RestoredState& state) {
  std::string known;
  for (const auto& [uid, each] : state.operators()) known += (known.empty() ? "" : ", ") + uid;
  return UserError("restore", op.uid,
                   "the checkpoint has no state of operator '" + op.uid + "' (" + op.name +
                       "); it has: " + known +
                       ". The job is not the one that took it, or its plan has changed. If it may "
                       "start empty, restore with --allow-non-restored-state.");
}

arrow::Status NotClaimed(const std::string& uid, const std::string& name) {
  return UserError("restore", uid,
                   "no operator of this job claims the state of '" + uid + "' (" + name +
                       "). If it may be dropped, restore with --allow-non-restored-state.");
}

arrow::Status Misfit(const TaskOperator& op, const std::string& why) {
  return UserError(
      "restore", op.uid,
      "the state of operator '" + op.uid + "' (" + op.name + ") cannot be restored: " + why);
}

// Operators that hold none come and go with the plan: at another parallelism an aggregate may have
// a phase before the exchange.
bool HoldsState(const std::string& op) {
  const OperatorSpec* const spec = FindOperator(op);
  return spec == nullptr || spec->stateful;
}

// What the plan says of an operator's state, in the member "state" of its config.
arrow::Result<std::vector<StateField>> FieldsOf(const PlanNode& node) {
  std::vector<StateField> fields;
  const nlohmann::json* const state = node.Member("state");
  if (state == nullptr) return fields;
  const auto malformed = [&node] {
    return node.Error("config 'state' must be a list of [name, type, part]");
  };
  if (!state->is_array()) return malformed();
  for (const nlohmann::json& field : *state) {
    auto read = ReadStateField(field);
    if (!read) return malformed();
    fields.push_back(std::move(*read));
  }
  return fields;
}

nlohmann::json ToJson(const CheckpointRecord& record) {
  nlohmann::json json = {{"epoch", record.epoch},
                         {"triggeredMs", record.triggered_ms},
                         {"durationMs", record.duration_ns / kNanosPerMilli},
                         {"syncNsMax", record.sync_ns_max},
                         {"alignNsMax", record.align_ns_max},
                         {"asyncNsMax", record.async_ns_max},
                         {"bytesNew", record.bytes_new},
                         {"bytesTotal", record.bytes_total}};
  if (!record.savepoint.empty()) json["savepoint"] = record.savepoint;
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
      folder_,
      CheckpointFolder::Open(*surroundings_.files, {plan.folder, surroundings_.owner,
                                                    plan.num_retained, surroundings_.process}));
  RestoreRequest request;
  request.from = plan.restore;
  request.path = plan.restore_path;
  request.since_attempt = plan.restore_since_attempt;
  request.claim = plan.claim;
  request.accept_duplicates = plan.accept_duplicates;
  ARROW_ASSIGN_OR_RAISE(const auto checkpoint,
                        folder_->Begin(request, surroundings_.log, graph_.commit->authority()));

  CheckpointCoordinator::Hooks hooks;
  hooks.inject = [this](const Barrier& barrier, std::shared_ptr<SavepointFolder> savepoint,
                        AtBarrier at_barrier) {
    InjectBarrier(barrier, std::move(savepoint), at_barrier);
  };
  hooks.release = [this](int64_t epoch) { Release(epoch); };
  hooks.stopped = surroundings_.stopped;
  hooks.committed = [this](int64_t epoch, const std::set<SubtaskKey>& ended) {
    Committed(epoch, ended);
  };
  hooks.flush = [this] { return graph_.commit->Flush(); };
  hooks.settled = [this](int64_t epoch) { graph_.commit->Settle(epoch); };
  hooks.fail = surroundings_.fail;
  hooks.log = surroundings_.log;
  coordinator_ = std::make_unique<CheckpointCoordinator>(
      *folder_,
      CheckpointOptions{plan.interval_ms, plan.timeout_ms, plan.min_pause_ms,
                        plan.tolerable_failures},
      plan_.job, *surroundings_.clock, std::move(hooks));
  writer_ = std::make_unique<CheckpointWriter>(*folder_, *coordinator_, *surroundings_.executor,
                                               *surroundings_.clock);
  ARROW_RETURN_NOT_OK(Restore(checkpoint ? &*checkpoint : nullptr));
  if (checkpoint) {
    const bool by_path = plan.restore == PlanCheckpoint::Restore::kPath && !checkpoint->own_lineage;
    const bool is_savepoint = checkpoint->manifest.kind == CheckpointKind::kSavepoint;
    surroundings_.log(std::string("restored ") + (is_savepoint ? "savepoint " : "checkpoint ") +
                      std::to_string(restored_epoch_) + " from " +
                      (by_path ? plan.restore_path : plan.folder));
    if (checkpoint->manifest.drained) {
      surroundings_.log(
          "this savepoint was taken with --drain: event time had come to its end. Rows that come "
          "now are late, or their windows fire once more");
    }
    restore_ns_ = surroundings_.clock->MonotonicNanos() - begin;
  }
  const std::lock_guard lock(mutex_);
  begun_ = true;
  for (SavepointRequest& each : early_savepoints_) coordinator_->TakeSavepoint(std::move(each));
  early_savepoints_.clear();
  return arrow::Status::OK();
}

arrow::Status JobCheckpoints::Restore(const RestoredCheckpoint* checkpoint) {
  std::optional<RestoredState> state;
  if (checkpoint != nullptr) {
    ARROW_ASSIGN_OR_RAISE(auto read, RestoredState::Read(*checkpoint));
    state.emplace(std::move(read));
    restored_epoch_ = checkpoint->manifest.epoch;
    for (const std::string& warning : MeaningWarnings(checkpoint->manifest, plan_))
      surroundings_.log(warning);
  }
  struct Restoring {
    const TaskOperator* op;
    CheckpointCoordinator::Subtask subtask;
    std::vector<StateFile> inherited;
  };
  std::vector<Restoring> all;
  std::set<std::string> claimed;
  for (const auto& task : graph_.tasks) {
    task->SetSnapshotTarget(writer_.get());
    for (const TaskOperator& op : task->operators()) {
      op.context->attempt = folder_->attempt();
      op.context->checkpoints_id = folder_->id();
      ARROW_ASSIGN_OR_RAISE(auto subtask, SubtaskOf(op, task->subtask()));
      all.push_back({&op, std::move(subtask), {}});
      claimed.insert(op.uid);
    }
  }
  if (state) {
    const auto restore = [&](size_t i) {
      return RestoreOperator(*all[i].op, all[i].subtask, *state).Value(&all[i].inherited);
    };
    ARROW_RETURN_NOT_OK(RunSideBySide(all.size(), surroundings_.num_threads, restore));
  }
  for (Restoring& each : all) coordinator_->Add(each.subtask, std::move(each.inherited));
  if (state && !plan_.checkpoint->allow_non_restored_state) {
    for (const auto& [uid, op] : state->operators()) {
      if (!claimed.contains(uid) && HoldsState(op.name)) return NotClaimed(uid, op.name);
    }
  }
  return arrow::Status::OK();
}

arrow::Result<std::vector<StateFile>> JobCheckpoints::RestoreOperator(
    const TaskOperator& op, const CheckpointCoordinator::Subtask& subtask,
    const RestoredState& state) const {
  const auto found = state.operators().find(op.uid);
  if (found == state.operators().end()) {
    if (!HoldsState(op.name)) return std::vector<StateFile>();
    if (!plan_.checkpoint->allow_non_restored_state) return NoState(op, state);
    if (subtask.subtask == 0)
      surroundings_.log("operator '" + op.uid + "' (" + op.name + ") is new: it starts empty");
    return std::vector<StateFile>();
  }
  const RestoredState::Operator& old = found->second;
  const FieldsChange change = CompareFields(old.fields, subtask.fields);
  if (change.fate == FieldsFate::kChanged) return Misfit(op, "it has changed: " + change.detail);
  const bool migrates = change.fate == FieldsFate::kMigrated;
  if (change.fate != FieldsFate::kKept && subtask.subtask == 0) {
    surroundings_.log("the state of operator '" + op.uid + "' (" + op.name + ") " +
                      (migrates ? "is migrated: " : "goes on under other names: ") + change.detail +
                      ". If they do not mean the same, start without --restore.");
  }
  const int parallelism = op.context->parallelism;
  const arrow::Status status =
      op.op->Restore(migrates ? state.MigratingReaderFor(old, subtask.subtask, parallelism)
                              : state.ReaderFor(old, subtask.subtask, parallelism));
  const ErrorDetail* const detail = DetailOf(status);
  if (detail != nullptr && detail->kind() == "io") return status;  // Another start may do better.
  if (!status.ok()) return Misfit(op, status.message());
  if (migrates) return std::vector<StateFile>();
  return state.FilesOf(old, subtask.subtask, parallelism);
}

arrow::Result<CheckpointCoordinator::Subtask> JobCheckpoints::SubtaskOf(const TaskOperator& op,
                                                                        int number) const {
  CheckpointCoordinator::Subtask subtask{op.uid, op.name, number, HoldsState(op.name)};
  for (const PlanNode& node : plan_.nodes) {
    if (node.uid != op.uid) continue;
    ARROW_ASSIGN_OR_RAISE(subtask.fields, FieldsOf(node));
    if (node.state_table) subtask.definition = node.state_table->definition;
  }
  return subtask;
}

void JobCheckpoints::StartThread() {
  thread_ = std::make_unique<CoordinatorThread>(*coordinator_, *surroundings_.clock);
}

void JobCheckpoints::TakeSavepoint(SavepointRequest request) {
  const std::lock_guard lock(mutex_);
  if (!begun_) return early_savepoints_.push_back(std::move(request));
  coordinator_->TakeSavepoint(std::move(request));
}

void JobCheckpoints::InjectBarrier(const Barrier& barrier,
                                   std::shared_ptr<SavepointFolder> savepoint,
                                   AtBarrier at_barrier) {
  if (savepoint != nullptr) writer_->AddSavepoint(barrier.id, std::move(savepoint));
  for (size_t i = 0; i < graph_.tasks.size(); ++i) {
    if (!graph_.tasks[i]->is_source()) continue;
    graph_.tasks[i]->RequestBarrier(barrier, at_barrier);
    surroundings_.wake(i);
  }
}

void JobCheckpoints::Release(int64_t epoch) {
  for (size_t i = 0; i < graph_.tasks.size(); ++i) {
    if (!graph_.tasks[i]->is_source()) continue;
    graph_.tasks[i]->Release(epoch);
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
          {"oldestBarrierMs", statistics.oldest_barrier_ms},
          {"barrierAgeMs", statistics.oldest_barrier_ms == 0
                               ? 0
                               : surroundings_.clock->NowMillis() - statistics.oldest_barrier_ms}};
  if (statistics.last_completed) json["lastCompleted"] = ToJson(*statistics.last_completed);
  if (statistics.last_savepoint) json["lastSavepoint"] = ToJson(*statistics.last_savepoint);
  if (statistics.last_failed) json["lastFailed"] = ToJson(*statistics.last_failed);
  return json;
}

}  // namespace sabot
