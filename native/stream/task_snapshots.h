// The snapshots of a task that are being written: frozen at a barrier, handed over piece by piece
// on the task's own thread, between its elements.
//
//   barrier 7: freeze a, freeze b     batch, piece of a, batch, piece of a, batch, piece of b, done
#pragma once

#include <arrow/status.h>

#include <cstdint>
#include <deque>
#include <memory>

#include "base/clock.h"
#include "stream/operator.h"
#include "stream/snapshot_target.h"

namespace sabot {

class TaskSnapshots {
 public:
  // Without a target barriers freeze nothing.
  void SetTarget(SnapshotTarget* target, int subtask) {
    target_ = target;
    subtask_ = subtask;
  }
  bool wanted() const { return target_ != nullptr; }

  // Freezes one operator's state. What is still unwritten of its previous snapshot is given up.
  void Freeze(const Barrier& barrier, const TaskOperator& op, Operator& state, int64_t align_ns,
              Clock& clock);
  bool pending() const { return !pending_.empty(); }
  // Writes one piece; false if there is none, or no room for it.
  bool WritePiece();

 private:
  struct Pending {
    const TaskOperator* op;
    std::unique_ptr<SnapshotWriter> writer;
    std::unique_ptr<OperatorSnapshot> to;
    BarrierTimes times;
  };

  SnapshotTarget* target_ = nullptr;
  int subtask_ = 0;
  std::deque<Pending> pending_;
};

}  // namespace sabot
