// BroadcastState: a map from key to row, of which every subtask of an operator holds the same.
//
//   rows   [r1, 5] [r2, 7] [r1, 9]  -[r2, _]        the map   { r1: [r1, 9] }
//
// Every subtask is sent all rows and applies them; the first one writes the map into its snapshot,
// and each has all of it after a restore, at whatever parallelism.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "state/row_lists.h"

namespace sabot {

class BroadcastState {
 public:
  // `subtask`: of the operator.
  BroadcastState(std::string name, const Schema& schema, std::vector<int> keys, int subtask,
                 StateTiers* tiers)
      : rows_(std::move(name), schema, std::move(keys), tiers), subtask_(subtask) {}

  // In order of rows: one for which `removed` is not 0 takes its key away, any other one becomes
  // the row of its key.
  arrow::Status Apply(const Batch& batch, std::span<const uint8_t> removed);

  // One row per key, in no certain order.
  const RowLists& rows() const { return rows_; }
  RowLists& rows() { return rows_; }
  // Whether it is this subtask that writes the map, and that readers are shown it by.
  bool is_first() const { return subtask_ == 0; }

  arrow::Status Snapshot(SnapshotWriter& to);
  arrow::Status Restore(const SnapshotReader& from) { return rows_.Restore(from.Broadcast()); }

 private:
  RowLists rows_;  // Lists of one.
  const int subtask_;
  // Scratch.
  EncodedKeys keys_;
  std::unordered_set<std::string_view> seen_;
  std::vector<int32_t> kept_;
};

}  // namespace sabot
