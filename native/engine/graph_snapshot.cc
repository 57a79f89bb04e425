// The state of a whole graph.
#include "engine/graph_snapshot.h"

#include <set>

#include "base/error.h"
#include "batch/key_encoding.h"

namespace sabot {

void GraphSnapshot::Add(const TaskOperator& op, SnapshotWriter state) {
  const std::lock_guard lock(mutex_);
  parts_[op.uid].push_back(state.Take());
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
      std::vector<const SnapshotReader::Sections*> parts;
      for (const auto& part : found->second) parts.push_back(&part);
      int first = kMaxParallelism;
      int last = -1;
      for (int group = 0; group < kMaxParallelism; ++group) {
        if (SubtaskOf(group, op.context->parallelism) != task->subtask()) continue;
        first = std::min(first, group);
        last = group;
      }
      ARROW_RETURN_NOT_OK(op.op->Restore(SnapshotReader(std::move(parts), first, last)));
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
