// Freezing at barriers, writing between elements.
#include "stream/task_snapshots.h"

#include <utility>

namespace sabot {
namespace {

// Written between two elements: well under a millisecond's work.
constexpr size_t kPieceBytes = 128 << 10;

}  // namespace

void TaskSnapshots::Freeze(const Barrier& barrier, const TaskOperator& op, Operator& state,
                           int64_t align_ns, Clock& clock) {
  if (target_ == nullptr) return;
  for (auto at = pending_.begin(); at != pending_.end();) {
    if (at->op != &op) {
      ++at;
      continue;
    }
    at->writer.reset();
    at->to->Finish(
        arrow::Status::Cancelled("the next barrier came before the snapshot was written"), 0,
        at->times);
    at = pending_.erase(at);
  }
  Pending pending;
  pending.op = &op;
  pending.writer =
      std::make_unique<SnapshotWriter>(target_->ModeFor(barrier, op, subtask_), barrier.id);
  pending.times.align_ns = align_ns;
  const int64_t begin = clock.MonotonicNanos();
  const arrow::Status status = state.Snapshot(*pending.writer);
  pending.times.sync_ns = clock.MonotonicNanos() - begin;
  pending.to = target_->Begin(barrier, op, subtask_);
  if (!status.ok()) {
    pending.writer.reset();
    return pending.to->Finish(status, 0, pending.times);
  }
  pending_.push_back(std::move(pending));
}

bool TaskSnapshots::WritePiece() {
  if (pending_.empty() || !pending_.front().to->has_room()) return false;
  Pending& pending = pending_.front();
  const arrow::Result<bool> all = pending.writer->WritePiece(*pending.to, kPieceBytes);
  if (all.ok() && !*all) return true;
  const int num_earlier = all.ok() ? pending.writer->num_earlier() : 0;
  pending.writer.reset();
  pending.to->Finish(all.status(), num_earlier, pending.times);
  pending_.pop_front();
  return true;
}

}  // namespace sabot
