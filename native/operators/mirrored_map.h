// MirroredMap: broadcast state of an operator, and what of it crosses to the job's owner, whose
// functions read it.
//
//   rows [r1, 5] [r2, 7]    ->   the map, and its pieces when a subtask begins
//   rows [r1, 9] -[r2]      ->   changes [0, r1, 9] [1, r2, NULL]
//
// The owner's copy is a mirror: it is sent the whole map once, then every change. State: the map.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "batch/batch.h"
#include "plan/plan.h"
#include "state/broadcast_state.h"
#include "stream/operator.h"

namespace sabot {

class MirroredMap {
 public:
  // Config "broadcastKeys" and "removes" are of `input`: rows for which that is true remove.
  static arrow::Result<std::unique_ptr<MirroredMap>> Make(const PlanNode& node, int input,
                                                          OperatorContext& context);

  // Applies rows; gives them as they cross: [1 if it removes, columns].
  arrow::Result<RecordBatchPtr> Apply(const Batch& in);

  // Whether the owner has been sent all of it; until then nothing else may be asked.
  bool mirrored() const { return mirrored_; }
  struct Piece {
    RecordBatchPtr rows;
    bool first = false;  // What the owner had before is void.
  };
  arrow::Result<Piece> NextPiece();

  int64_t size_bytes() const { return state_.rows().size_bytes(); }
  arrow::Status Snapshot(SnapshotWriter& to) { return state_.Snapshot(to); }
  arrow::Status Restore(const SnapshotReader& from) { return state_.Restore(from); }
  StateCursor Read(std::optional<StateKey> only);

 private:
  MirroredMap(const Schema& schema, std::vector<int> keys, int removes, OperatorContext& context);
  std::vector<uint8_t> Removed(const Batch& in) const;
  RecordBatchPtr ToChanges(const arrow::RecordBatch& rows, std::vector<uint8_t> removed) const;

  const int removes_;
  const std::shared_ptr<arrow::Schema> change_schema_;
  BroadcastState state_;
  // Rebuilt on restore: whether the owner has the map, and up to which row.
  bool mirrored_ = false;
  uint64_t next_mirrored_ = 0;
};

}  // namespace sabot
