// Between tasks and the coordinator: every operator's snapshot becomes a state file, and an
// acknowledgement when it is durable.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"
#include "checkpoint/checkpoint_folder.h"
#include "checkpoint/coordinator.h"
#include "checkpoint/piece_memory.h"
#include "stream/snapshot_target.h"

namespace sabot {

class CheckpointWriter final : public SnapshotTarget {
 public:
  CheckpointWriter(CheckpointFolder& folder, CheckpointCoordinator& coordinator, Executor& executor,
                   Clock& clock)
      : folder_(folder), coordinator_(coordinator), executor_(executor), clock_(clock) {}

  // Before the barrier of `epoch` is injected: its snapshots go there.
  void AddSavepoint(int64_t epoch, std::shared_ptr<SavepointFolder> savepoint);
  std::unique_ptr<OperatorSnapshot> Begin(const Barrier& barrier, const TaskOperator& op,
                                          int subtask) override;
  SnapshotMode ModeFor(const Barrier& barrier, const TaskOperator& op, int subtask) override;

 private:
  class Snapshot;
  void Acknowledge(SnapshotAcknowledgement acknowledgement);

  CheckpointFolder& folder_;
  CheckpointCoordinator& coordinator_;
  Executor& executor_;
  Clock& clock_;
  const std::shared_ptr<PieceMemory> memory_ = std::make_shared<PieceMemory>();
  std::mutex mutex_;
  std::map<SubtaskKey, Executor::Lane> lanes_;
  // Why their last snapshot was not written: the next must build on nothing.
  std::map<SubtaskKey, arrow::Status> broken_;
  // By epoch. Kept to the end: work that writes there may still be waiting.
  std::map<int64_t, std::shared_ptr<SavepointFolder>> savepoints_;
};

}  // namespace sabot
