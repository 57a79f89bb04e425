// The state of a whole graph.
#include "engine/graph_snapshot.h"

#include <set>

#include "base/error.h"
#include "batch/key_encoding.h"

namespace sabot {

class GraphSnapshot::Collected final : public OperatorSnapshot {
 public:
  // `owner` is nullptr for what is not wanted.
  Collected(GraphSnapshot* owner, const TaskOperator& op)
      : owner_(owner), uid_(op.uid), part_{op.context->subtask, op.context->parallelism, {}} {}

  arrow::Status Write(std::string_view section, SectionKind kind, std::string piece) override {
    return part_.state.Write(section, kind, std::move(piece));
  }
  bool has_room() const override { return true; }
  void Finish(const arrow::Status& status, int, const BarrierTimes&) override {
    if (owner_ == nullptr || !status.ok()) return;
    const std::lock_guard lock(owner_->mutex_);
    owner_->parts_[uid_].push_back(std::move(part_));
  }

 private:
  GraphSnapshot* owner_;
  std::string uid_;
  Part part_;
};

std::unique_ptr<OperatorSnapshot> GraphSnapshot::Begin(const Barrier& barrier,
                                                       const TaskOperator& op, int) {
  const bool wanted = barrier.id != kFinalBarrier.id;
  if (wanted && on_frozen) on_frozen(op);
  return std::make_unique<Collected>(wanted ? this : nullptr, op);
}

SnapshotMode GraphSnapshot::ModeFor(const Barrier&, const TaskOperator&, int) {
  return SnapshotMode::kFull;
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
