// Between tasks and the coordinator: every operator's snapshot becomes a state file, and an
// acknowledgement when it is durable.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "base/executor.h"
#include "checkpoint/checkpoint_folder.h"
#include "checkpoint/coordinator.h"
#include "stream/snapshot_target.h"

namespace sabot {

class CheckpointWriter final : public SnapshotTarget {
 public:
  CheckpointWriter(CheckpointFolder& folder, CheckpointCoordinator& coordinator, Executor& executor)
      : folder_(folder), coordinator_(coordinator), executor_(executor) {}

  std::unique_ptr<OperatorSnapshot> Begin(const Barrier& barrier, const TaskOperator& op,
                                          int subtask) override;
  SnapshotMode ModeFor(const Barrier& barrier, const TaskOperator& op, int subtask) override;

 private:
  class Snapshot;
  void Acknowledge(SnapshotAcknowledgement acknowledgement);

  CheckpointFolder& folder_;
  CheckpointCoordinator& coordinator_;
  Executor& executor_;
  std::mutex mutex_;
  std::map<SubtaskKey, Executor::Lane> lanes_;
  std::set<SubtaskKey>
      broken_;  // Their last snapshot was not written: the next must build on nothing.
};

}  // namespace sabot
