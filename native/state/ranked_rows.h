// RankedRows: the best rows of every group, in order.
//
//   by k, ORDER BY v DESC, at most 2     [a, 1] [a, 5] [a, 3]     a: [a, 5] [a, 3]
//
// Equal rows rank in order of arrival, or the newest first. The state of Top-N, window Top-N and
// window deduplication. Where memory is short, groups move to disk with all their ranks.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <string>
#include <vector>

#include "batch/key_encoding.h"
#include "plan/plan.h"
#include "state/keyed_table.h"
#include "state/row_store.h"

namespace sabot {

enum class Ties { kOldestFirst, kNewestFirst };

class RankedRows {
 public:
  // `name` is the snapshot section; `limit` the number of rows that a group keeps.
  RankedRows(std::string name, const Schema& schema, std::vector<int> group_by,
             std::vector<SortKey> order_by, int64_t limit, Ties ties, StateTiers* tiers);

  // One batch: Begin, then Insert for any of these rows (ascending) in order, then End.
  arrow::Status Begin(const Batch& batch, std::span<const int32_t> rows);
  arrow::Status Begin(const Batch& batch);  // Of all rows.
  struct Inserted {
    Slot group = kNoSlot;
    Slot element = kNoSlot;  // kNoSlot: not among the best, nothing has changed.
    RowId evicted = kNoRow;  // What fell off the end. Still readable until End.
  };
  arrow::Result<Inserted> Insert(int64_t row);
  // Releases what fell off; may move rows: ids from before are void.
  arrow::Status End();

  // A group's elements from best to worst.
  Slot First(Slot group) const { return elements().First(group); }
  Slot After(Slot element) const { return elements().After(element); }
  RowId RowOf(Slot element) const { return elements().cells().at<RowId>(0, element); }
  int64_t Count(Slot group) const { return elements().count(group); }
  // Goes over all groups; no batch meanwhile.
  std::unique_ptr<KeyedTable::Scan> Groups() { return std::make_unique<KeyedTable::Scan>(table_); }
  // The rows of a group, from best to worst.
  arrow::Result<std::vector<RowId>> RowsOf(std::string_view key, uint64_t hash);

  const RowStore& store() const { return store_; }
  // In memory.
  int64_t size_bytes() const { return table_.size_bytes() + store_.memory_bytes(); }

  arrow::Status Snapshot(SnapshotWriter& to) { return store_.Snapshot(name_, to); }
  arrow::Status Restore(const SnapshotReader& from);

 private:
  arrow::Status Compact();
  ChildTable& elements() { return table_.child(0); }
  const ChildTable& elements() const { return table_.child(0); }

  std::string name_;
  std::vector<int> group_by_;
  std::vector<SortKey> order_by_;
  int64_t limit_;
  Ties ties_;
  KeyedTable table_;  // Rebuilt on restore.
  RowStore store_;

  // The batch under way.
  Batch batch_;
  EncodedKeys keys_;
  std::vector<Slot> groups_;     // By row, as they were when it began.
  RowId first_ = kNoRow;         // Of the batch's rows in the store, once one was wanted.
  std::vector<uint8_t> kept_;    // Rows of the batch that are in the table.
  std::vector<RowId> released_;  // Rows that fell off.
  // Scratch.
  std::string element_;
  std::vector<Slot> slots_;
};

}  // namespace sabot
