// The state of a whole graph: what barriers bring out of its tasks, and back into the tasks of a
// new one.
#pragma once

#include <arrow/result.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/graph.h"
#include "state/snapshot.h"
#include "stream/snapshot_target.h"

namespace sabot {

// Collects the snapshots of one barrier in memory. Tasks of several threads may add.
class GraphSnapshot final : public SnapshotTarget {
 public:
  std::unique_ptr<OperatorSnapshot> Begin(const Barrier& barrier, const TaskOperator& op,
                                          int subtask) override;
  SnapshotMode ModeFor(const Barrier& barrier, const TaskOperator& op, int subtask) override;
  // Called when an operator's state has been frozen.
  std::function<void(const TaskOperator& op)> on_frozen;

  // Every operator subtask of the graph has added its state.
  bool IsComplete(const Graph& graph) const;

  // Restores every operator of a graph that has not run yet, by uid; its parallelism may differ. An
  // operator that the snapshot does not know is an error, and so is state that no operator claims.
  arrow::Status RestoreInto(const Graph& graph) const;

 private:
  class Collected;
  mutable std::mutex mutex_;
  struct Part {
    int subtask = 0;
    int parallelism = 1;
    MemorySnapshot state;
  };
  std::map<std::string, std::vector<Part>> parts_;  // By uid, one per subtask.
};

}  // namespace sabot
