// Triggering, collecting, committing.
#include "checkpoint/coordinator.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "base/check.h"
#include "base/error.h"
#include "base/planted_bug.h"

namespace sabot {
namespace {

std::string CauseOf(const arrow::Status& status) {
  const ErrorDetail* const detail = DetailOf(status);
  return detail != nullptr ? detail->kind() : status.IsCancelled() ? "cancelled" : "internal";
}

}  // namespace

CheckpointCoordinator::CheckpointCoordinator(CheckpointFolder& folder, CheckpointOptions options,
                                             std::string job, Clock& clock, Hooks hooks)
    : folder_(folder),
      options_(options),
      job_(std::move(job)),
      clock_(clock),
      hooks_(std::move(hooks)),
      next_epoch_(folder.first_epoch()),
      next_trigger_ms_(options.interval_ms > 0 ? clock.NowMillis() + options.interval_ms
                                               : INT64_MAX) {}

void CheckpointCoordinator::Add(const Subtask& subtask, std::vector<StateFile> inherited) {
  const bool added =
      members_
          .emplace(SubtaskKey(subtask.uid, subtask.subtask),
                   Member{.subtask = subtask, .chain = std::move(inherited), .final = {}})
          .second;
  SABOT_CHECK(added);  // Uids are unique.
}

void CheckpointCoordinator::Acknowledge(SnapshotAcknowledgement acknowledgement) {
  {
    const std::lock_guard lock(mutex_);
    inbox_.push_back(std::move(acknowledgement));
  }
  if (waker_) waker_();
}

void CheckpointCoordinator::Finish(std::function<void(arrow::Status)> done) {
  {
    const std::lock_guard lock(mutex_);
    finish_requested_ = std::move(done);
  }
  if (waker_) waker_();
}

void CheckpointCoordinator::TakeSavepoint(SavepointRequest request) {
  {
    const std::lock_guard lock(mutex_);
    savepoints_requested_.push_back(std::move(request));
  }
  if (waker_) waker_();
}

CheckpointStatistics CheckpointCoordinator::Statistics() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

int64_t CheckpointCoordinator::Step() {
  while (true) {
    std::deque<SnapshotAcknowledgement> inbox;
    {
      const std::lock_guard lock(mutex_);
      inbox.swap(inbox_);
      if (finish_requested_) done_ = std::exchange(finish_requested_, nullptr);
      for (SavepointRequest& each : savepoints_requested_) savepoints_.push_back(std::move(each));
      savepoints_requested_.clear();
    }
    if (inbox.empty()) break;
    for (SnapshotAcknowledgement& each : inbox) Take(std::move(each));
  }
  if (ended_) {
    RefuseSavepoints();
    if (done_) std::exchange(done_, nullptr)(end_status_);
    return INT64_MAX;
  }
  const int64_t now_ms = clock_.NowMillis();
  if (running_ && now_ms >= running_->deadline_ms) {
    Fail(UserError("checkpoint-timeout", job_,
                   "checkpoint " + std::to_string(running_->barrier.id) + " did not complete in " +
                       std::to_string(options_.timeout_ms) +
                       " ms: " + std::to_string(running_->missing.size()) +
                       " operator subtasks are missing, "
                       "among them " +
                       running_->missing.begin()->first));
  }
  while (!ended_ && !running_ && !savepoints_.empty()) TriggerSavepoint(now_ms);
  if (!ended_ && !running_ && done_) BeginFinalIfDue();
  if (!ended_ && !running_ && !done_ && now_ms >= next_trigger_ms_) Trigger(now_ms);
  PublishStatistics();
  if (ended_) return INT64_MAX;
  return running_ ? running_->deadline_ms : next_trigger_ms_;
}

void CheckpointCoordinator::Take(SnapshotAcknowledgement acknowledgement) {
  if (ended_) return;
  const SubtaskKey key(acknowledgement.uid, acknowledgement.subtask);
  const auto found = members_.find(key);
  SABOT_CHECK(found != members_.end());
  folder_.Settle(acknowledgement.file_name);
  Member& member = found->second;
  // A later state must not be replaced by an earlier one.
  SABOT_CHECK(acknowledgement.epoch > member.last_epoch);
  member.last_epoch = acknowledgement.epoch;
  if (acknowledgement.written && !acknowledgement.of_savepoint) {
    // Also of a checkpoint that was given up: later snapshots build on it.
    const auto num_earlier = static_cast<size_t>(acknowledgement.written->num_earlier);
    SABOT_CHECK(num_earlier <= member.chain.size());
    member.chain.erase(member.chain.begin(),
                       member.chain.end() - static_cast<ptrdiff_t>(num_earlier));
    member.chain.push_back(std::move(acknowledgement.written->file));
  }
  const bool final = acknowledgement.epoch == kFinalEpoch;
  if (!acknowledgement.status.ok()) {
    const bool concerns_running =
        running_ && (final || acknowledgement.epoch == running_->barrier.id);
    // Without its last state nothing of the job can be committed any more.
    if (final) return EndWith(acknowledgement.status);
    if (concerns_running) Fail(acknowledgement.status);
    return;
  }
  const bool is_of_running = running_ && (final || acknowledgement.epoch == running_->barrier.id ||
                                          IsPlanted(PlantedBug::kStaleEpoch));
  // The end of a subtask stands for a barrier that it never saw, not for one that it has passed.
  if (is_of_running && running_->missing.erase(key) > 0) {
    if (acknowledgement.of_savepoint) {
      running_->chains[key] = {acknowledgement.written->file};
    } else {
      running_->chains[key] = member.chain;
    }
    if (final) running_->ended.insert(key);
    running_->output_visible |= acknowledgement.output_visible;
    CheckpointRecord& record = running_->record;
    record.sync_ns_max = std::max(record.sync_ns_max, acknowledgement.sync_ns);
    record.align_ns_max = std::max(record.align_ns_max, acknowledgement.align_ns);
    record.async_ns_max = std::max(record.async_ns_max, acknowledgement.async_ns);
    record.bytes_new += acknowledgement.written->file.size;
  }
  if (final) member.final = std::move(acknowledgement);
  MaybeComplete();
}

CheckpointCoordinator::Running CheckpointCoordinator::NewRunning(int64_t now_ms, BarrierKind kind) {
  Running running;
  running.barrier = {.id = next_epoch_++, .kind = kind};
  running.started_ns = clock_.MonotonicNanos();
  running.deadline_ms = now_ms + options_.timeout_ms;
  running.record.epoch = running.barrier.id;
  running.record.triggered_ms = now_ms;
  for (const auto& [key, member] : members_) {
    if (!member.final) {
      running.missing.insert(key);
    } else {
      running.chains[key] = member.chain;
      running.output_visible |= member.final->output_visible;
      running.ended.insert(key);
    }
  }
  return running;
}

void CheckpointCoordinator::Trigger(int64_t now_ms) {
  next_trigger_ms_ = now_ms + options_.interval_ms;
  running_ = NewRunning(now_ms, BarrierKind::kCheckpoint);
  // All are at their end: the last checkpoint is about to be asked for.
  if (running_->missing.empty()) {
    running_.reset();
    next_trigger_ms_ = INT64_MAX;
    return;
  }
  hooks_.inject(running_->barrier, nullptr, AtBarrier::kGoOn);
}

void CheckpointCoordinator::TriggerSavepoint(int64_t now_ms) {
  SavepointRequest request = std::move(savepoints_.front());
  savepoints_.pop_front();
  auto folder = folder_.NewSavepoint(request.path);
  if (!folder.ok()) return request.done(folder.status());
  running_ = NewRunning(now_ms, BarrierKind::kSavepoint);
  running_->record.savepoint = request.path;
  const AtBarrier at_barrier = !request.stop   ? AtBarrier::kGoOn
                               : request.drain ? AtBarrier::kDrain
                                               : AtBarrier::kHold;
  running_->request = std::move(request);
  running_->savepoint = std::move(*folder);
  if (!running_->missing.empty()) {
    return hooks_.inject(running_->barrier, running_->savepoint, at_barrier);
  }
  MaybeComplete();
}

void CheckpointCoordinator::MaybeComplete() {
  if (!running_ || !running_->missing.empty()) return;
  const arrow::Status flushed = hooks_.flush ? hooks_.flush() : arrow::Status::OK();
  if (!flushed.ok()) return EndWith(flushed);
  const arrow::Status status = running_->request ? CommitSavepoint() : Commit();
  if (!status.ok()) {
    const std::string cause = CauseOf(status);
    const bool ends =
        cause == "fenced" || cause == "commit-unknown" || cause == "transaction-aborted";
    return ends ? EndWith(status) : Fail(status);
  }
  if (running_->request) return CompleteSavepoint();
  Completed();
}

void CheckpointCoordinator::Completed() {
  const int64_t epoch = running_->barrier.id;
  CheckpointRecord record = running_->record;
  record.state = CheckpointRecord::State::kCompleted;
  record.duration_ns = clock_.MonotonicNanos() - running_->started_ns;
  const bool final = running_->final;
  const std::set<SubtaskKey> ended = std::move(running_->ended);
  running_.reset();
  num_failures_in_row_ = 0;
  ++statistics_.num_completed;
  statistics_.last_completed = record;
  next_trigger_ms_ = std::max(next_trigger_ms_, clock_.NowMillis() + options_.min_pause_ms);
  std::set<std::string> in_use;
  for (const auto& [key, member] : members_) {
    for (const StateFile& file : member.chain) in_use.insert(file.name);
  }
  PublishStatistics();
  hooks_.committed(epoch, ended);
  Settled(epoch);
  const arrow::Status cleaned = folder_.CleanUp(in_use);
  // What is left over is removed by a later one.
  if (!cleaned.ok()) hooks_.log("checkpoint clean-up: " + cleaned.message());
  if (final) EndWith(arrow::Status::OK());
}

// A savepoint commits nothing, so what is visible is not its business, unless the job ends with it.
void CheckpointCoordinator::CompleteSavepoint() {
  Running done = std::move(*running_);
  running_.reset();
  done.record.state = CheckpointRecord::State::kCompleted;
  done.record.duration_ns = clock_.MonotonicNanos() - done.started_ns;
  statistics_.last_savepoint = done.record;
  PublishStatistics();  // Whoever is answered may look at once.
  done.request->done(arrow::Status::OK());
  if (!done.request->stop) return Settled(done.barrier.id);
  hooks_.committed(done.barrier.id, done.ended);
  hooks_.stopped(done.request->path);
  EndWith(arrow::Status::OK());
}

arrow::Status CheckpointCoordinator::CommitSavepoint() {
  SavepointFolder& savepoint = *running_->savepoint;
  Manifest manifest = MakeManifest();
  manifest.kind = CheckpointKind::kSavepoint;
  manifest.drained = running_->request->stop && running_->request->drain;
  // What has ended wrote its last state into the checkpoint folder.
  for (OperatorState& op : manifest.operators) {
    for (size_t i = 0; i < op.subtasks.size(); ++i) {
      if (running_->ended.contains({op.uid, static_cast<int>(i)}))
        ARROW_RETURN_NOT_OK(savepoint.CopyFrom(folder_.store(), &op.subtasks[i]));
    }
  }
  ARROW_RETURN_NOT_OK(savepoint.Commit(manifest));
  if (!running_->request->stop) return arrow::Status::OK();
  manifest.files_at = savepoint.path();
  return folder_.Commit(manifest);
}

arrow::Status CheckpointCoordinator::Commit() { return folder_.Commit(MakeManifest()); }

Manifest CheckpointCoordinator::MakeManifest() {
  Manifest manifest;
  manifest.job = job_;
  manifest.lineage = folder_.lineage();
  manifest.attempt = folder_.attempt();
  manifest.epoch = running_->barrier.id;
  manifest.taken_ms = running_->record.triggered_ms;
  manifest.finished = running_->final;
  manifest.output_visible = running_->output_visible;
  for (const auto& [key, member] : members_) {
    if (manifest.operators.empty() || manifest.operators.back().uid != key.first)
      manifest.operators.push_back({.uid = key.first,
                                    .name = member.subtask.name,
                                    .subtasks = {},
                                    .holds_state = member.subtask.holds_state,
                                    .fields = member.subtask.fields,
                                    .definition = member.subtask.definition});
    // Keys come in order of subtask.
    SABOT_CHECK(key.second == static_cast<int>(manifest.operators.back().subtasks.size()));
    const std::vector<StateFile>& chain = running_->chains.at(key);
    for (const StateFile& file : chain) running_->record.bytes_total += file.size;
    manifest.operators.back().subtasks.push_back({chain});
  }
  return manifest;
}

void CheckpointCoordinator::Fail(const arrow::Status& status) {
  const arrow::Status owned = folder_.CheckOwned();
  if (!owned.ok() && CauseOf(owned) == "fenced") return EndWith(owned);
  if (running_->request) return FailSavepoint(status);
  CheckpointRecord record = running_->record;
  record.state = CheckpointRecord::State::kFailed;
  record.duration_ns = clock_.MonotonicNanos() - running_->started_ns;
  record.failure = status.message();
  const bool final = running_->final;
  running_.reset();
  ++statistics_.num_failed;
  ++statistics_.failures_by_cause[CauseOf(status)];
  statistics_.last_failed = record;
  next_trigger_ms_ = std::max(next_trigger_ms_, clock_.NowMillis() + options_.min_pause_ms);
  if (final || ++num_failures_in_row_ > options_.tolerable_failures) return EndWith(status);
  hooks_.log("checkpoint " + std::to_string(record.epoch) + " failed: " + status.message());
  Settled(record.epoch);
}

void CheckpointCoordinator::FailSavepoint(const arrow::Status& status) {
  const Running failed = std::move(*running_);
  running_.reset();
  ++statistics_.failures_by_cause[CauseOf(status)];
  const arrow::Status removed = failed.savepoint->Remove();
  if (!removed.ok()) {
    hooks_.log("the savepoint " + failed.savepoint->path() + " was given up, and remains of it " +
               "could not be removed: " + removed.message());
  }
  PublishStatistics();
  failed.request->done(status);
  // Windows have fired that rows to come belong to: only a checkpoint from before goes on.
  if (failed.request->stop && failed.request->drain) return EndWith(status);
  if (failed.request->stop) hooks_.release(failed.barrier.id);
  Settled(failed.barrier.id);
}

void CheckpointCoordinator::Settled(int64_t epoch) {
  if (hooks_.settled) hooks_.settled(epoch);
}

// The last checkpoint: every subtask's final state is there, or about to be.
void CheckpointCoordinator::BeginFinalIfDue() {
  running_ = NewRunning(clock_.NowMillis(), BarrierKind::kCheckpoint);
  running_->final = true;
  MaybeComplete();
}

void CheckpointCoordinator::EndWith(arrow::Status status) {
  ended_ = true;
  end_status_ = status;
  if (running_ && running_->request) savepoints_.push_back(std::move(*running_->request));
  running_.reset();
  PublishStatistics();
  RefuseSavepoints();
  if (done_) return std::exchange(done_, nullptr)(std::move(status));
  if (!status.ok()) hooks_.fail(std::move(status));
}

void CheckpointCoordinator::RefuseSavepoints() {
  for (const SavepointRequest& each : savepoints_) {
    each.done(!end_status_.ok()
                  ? end_status_
                  : UserError("savepoint", each.path, "no savepoint was taken: the job has ended"));
  }
  savepoints_.clear();
}

void CheckpointCoordinator::PublishStatistics() {
  statistics_.oldest_barrier_ms = running_ ? running_->record.triggered_ms : 0;
  const std::lock_guard lock(mutex_);
  published_ = statistics_;
}

CoordinatorThread::CoordinatorThread(CheckpointCoordinator& coordinator, Clock& clock)
    : coordinator_(coordinator), clock_(clock) {
  coordinator_.SetWaker([this] {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_one();
  });
  thread_ = std::thread([this] { Run(); });
}

void CoordinatorThread::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void CoordinatorThread::Run() {
  while (true) {
    const int64_t due_ms = coordinator_.Step();
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return woken_ || stopping_; };
    if (due_ms == INT64_MAX) {
      changed_.wait(lock, ready);
    } else {
      const int64_t wait_ms = std::max<int64_t>(1, due_ms - clock_.NowMillis());
      changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), ready);
    }
    if (stopping_) return;
    woken_ = false;
  }
}

}  // namespace sabot
