// The state of a whole graph.
#include "engine/graph_snapshot.h"

#include <set>

#include "base/error.h"
#include "batch/key_encoding.h"

namespace sabot {

arrow::Status GraphSnapshot::Add(const TaskOperator& op, SnapshotWriter state) {
  Part part{op.context->subtask, op.context->parallelism, {}};
  ARROW_RETURN_NOT_OK(state.WriteAll(part.state));
  const std::lock_guard lock(mutex_);
  parts_[op.uid].push_back(std::move(part));
  return arrow::Status::OK();
}

bool GraphSnapshot::IsComplete(const Graph& graph) const {
  size_t num_operators = 0;
  for (const auto& task : graph.tasks) num_operators += task->operators().size();
  const std::lock_guard lock(mutex_);
  size_t num_parts = 0;
  for (const auto& [uid, parts] : parts_) num_parts += parts.size();
  return num_parts == num_operators;
}

arrow::Status GraphSnapshot::RestoreInto(const Graph& graph) const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> claimed;
  for (const auto& task : graph.tasks) {
    for (const TaskOperator& op : task->operators()) {
      const auto found = parts_.find(op.uid);
      if (found == parts_.end()) {
        return UserError("restore", op.uid, "The snapshot has no state of operator " + op.uid);
      }
      claimed.insert(op.uid);
      std::vector<SnapshotChain> chains;
      for (const Part& part : found->second) {
        const KeyGroups held = KeyGroupsOf(part.subtask, part.parallelism);
        chains.push_back({{&part.state.sections()}, held});
      }
      const KeyGroups own = KeyGroupsOf(task->subtask(), op.context->parallelism);
      ARROW_RETURN_NOT_OK(op.op->Restore(SnapshotReader(std::move(chains), own)));
    }
  }
  for (const auto& [uid, parts] : parts_) {
    if (!claimed.contains(uid)) {
      return UserError("restore", uid, "No operator claims the state of " + uid);
    }
  }
  return arrow::Status::OK();
}

}  // namespace sabot
