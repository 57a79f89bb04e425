// One side of a join: its rows by key, and how pairs of rows become output.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <string>
#include <vector>

#include "batch/key_encoding.h"
#include "expressions/evaluator.h"
#include "plan/plan.h"
#include "state/keyed_table.h"
#include "state/row_store.h"
#include "stream/operator.h"

namespace sabot {

// Rows under their join key, newest first. The table's one cell is the head of the key's list in the store.
class JoinSide {
 public:
  JoinSide(std::string name, const Schema& schema, std::vector<int> keys);

  // Encodes the keys of a batch of either side.
  static arrow::Status EncodeKeys(const Batch& batch, const std::vector<int>& keys, EncodedKeys* to);

  // Keeps the rows at `rows` of the batch (ascending).
  arrow::Status Add(const Batch& batch, const EncodedKeys& keys, std::span<const int32_t> rows);
  // The newest row of a key, then store().next(); kNoRow where there is none.
  RowId Head(std::string_view key, uint64_t hash) const;
  // Drops every row for which `dead` says so, and keys that have none left.
  template <typename Dead>
  void Prune(const Dead& dead);

  const RowStore& store() const { return store_; }
  const std::vector<int>& keys() const { return keys_; }
  const Schema& schema() const { return schema_; }
  int64_t size_bytes() const { return table_.size_bytes() + store_.size_bytes(); }

  // Rows by key group, oldest first within a key.
  arrow::Status Snapshot(SnapshotWriter& to) const;
  arrow::Status Restore(const SnapshotReader& from);

 private:
  RowId& head(Slot slot) { return table_.cells().at<RowId>(0, slot); }
  RowId head(Slot slot) const { return table_.cells().at<RowId>(0, slot); }

  std::string name_;
  Schema schema_;
  std::vector<int> keys_;
  KeyedTable table_;
  RowStore store_;
};

// Turns pairs of (a row of the arriving batch, a stored row of the other side) into output batches in the order they were added, left columns
// first, filtered by the residual condition.
class JoinOutput {
 public:
  JoinOutput(const Schema& left, const Schema& right, std::shared_ptr<arrow::Schema> schema,
             std::unique_ptr<BoundExpression> condition);

  void Add(int32_t arriving_row, RowId stored_row) {
    arriving_.push_back(arriving_row);
    stored_.push_back(stored_row);
  }
  size_t size() const { return arriving_.size(); }
  // Emits what was added; `arriving_input` is 0 if the batch came from the left.
  arrow::Status Flush(const Batch& arriving, const RowStore& stored, int arriving_input,
                      Collector& out);

 private:
  std::shared_ptr<arrow::Schema> left_;
  std::shared_ptr<arrow::Schema> right_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<BoundExpression> condition_;  // nullptr: every pair.
  std::vector<int32_t> arriving_;
  std::vector<RowId> stored_;
  std::vector<int32_t> kept_;
};

// The condition of config, bound, or nullptr.
arrow::Result<std::unique_ptr<BoundExpression>> BindJoinCondition(const PlanNode& node,
                                                                  const OperatorContext& context);

// Rows in which every key column has a value: NULL equals nothing. No keys: every row.
void RowsWithKeys(const Batch& batch, const std::vector<int>& keys, std::vector<int32_t>* rows);

// The bound on pairs that are put together at once.
inline constexpr size_t kJoinPairsMax = 8192;

template <typename Dead>
void JoinSide::Prune(const Dead& dead) {
  for (const Slot slot : table_.LiveSlots()) {
    RowId kept_head = kNoRow;
    RowId kept_tail = kNoRow;
    for (RowId id = head(slot); id != kNoRow;) {
      const RowId next = store_.next(id);
      if (dead(id)) {
        store_.Release(id);
      } else if (kept_head == kNoRow) {
        kept_head = kept_tail = id;
      } else {
        store_.set_next(kept_tail, id);
        kept_tail = id;
      }
      id = next;
    }
    if (kept_head == kNoRow) {
      table_.Erase(slot);
    } else {
      store_.set_next(kept_tail, kNoRow);
      head(slot) = kept_head;
    }
  }
}

}  // namespace sabot
