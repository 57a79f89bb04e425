// RankedRows: the best rows of every group, in order.
//
//   by k, ORDER BY v DESC, at most 2     [a, 1] [a, 5] [a, 3]     a: [a, 5] [a, 3]
//
// Equal rows rank in order of arrival, or the newest first. The state of Top-N and deduplication,
// in windows or not. Where memory is short, groups move to disk with all their ranks.
//
// With a TTL the rows of a group that order alike live as long as the newest of them, in processing
// time, as the entries of Flink's map from sort keys to rows; they are as rows that never were
// then, and leave memory and disk a few with every batch, in order of arrival.
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

struct RankedRowsTtl {
  int64_t ms = 0;  // 0: rows live for ever.
  // Whether rows are as new when one that orders as they do has fallen off, not only when one
  // comes.
  bool renewed_by_eviction = false;
};

class RankedRows {
 public:
  // `name` is the snapshot section; `limit` the number of rows that a group keeps.
  RankedRows(std::string name, const Schema& schema, std::vector<int> group_by,
             std::vector<SortKey> order_by, int64_t limit, Ties ties, StateTiers* tiers,
             RankedRowsTtl ttl = {});

  // The processing time of what follows; before Restore too, where there is a TTL.
  void SetTime(int64_t now_ms) { now_ms_ = now_ms; }

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
  // The rows of a group, from best to worst; those that have expired, too.
  arrow::Result<std::vector<RowId>> RowsOf(std::string_view key, uint64_t hash);
  arrow::Status LeaveOutExpired(std::vector<RowId>* rows);
  // Their columns, which are those of the schema.
  arrow::Result<std::vector<ArrayPtr>> Columns(std::span<const RowId> rows) const;

  const RowStore& store() const { return store_; }
  // In memory.
  int64_t size_bytes() const { return table_.size_bytes() + store_.memory_bytes(); }

  arrow::Status Snapshot(SnapshotWriter& to) { return store_.Snapshot(name_, to); }
  arrow::Status Restore(const SnapshotReader& from);

 private:
  // A row that is to be stored as if it had come later, at End.
  struct Renewed {
    Slot group;
    Slot element;
    RowId row;
  };
  bool ages() const { return ttl_.ms > 0; }
  bool IsOver(int64_t added_ms) const { return added_ms <= now_ms_ - ttl_.ms; }
  int64_t AddedMillis(RowId id) const;
  int64_t& added_ms(Slot element) { return elements().cells().at<int64_t>(1, element); }
  int64_t added_ms(Slot element) const { return elements().cells().at<int64_t>(1, element); }
  int64_t& oldest_ms(Slot group) { return table_.cells().at<int64_t>(0, group); }
  arrow::Status FetchGroups(const Batch& batch, std::span<const int32_t> rows);
  // As Insert, but rows of the group that have expired count.
  arrow::Result<Inserted> Put(int64_t row);
  void Evict(Slot group, Slot worst);
  // Releases rows that have expired, of the oldest so many.
  arrow::Status Sweep(size_t num_max);
  void DropExpired(Slot group);
  arrow::Result<Batch> Gather(std::span<const RowId> rows) const;
  arrow::Result<std::vector<Slot>> GroupsOf(const Batch& stored);
  Slot NewestLike(Slot group, std::string_view sort_key) const;
  arrow::Status AppendRenewed();
  arrow::Status Compact();
  ChildTable& elements() { return table_.child(0); }
  const ChildTable& elements() const { return table_.child(0); }

  std::string name_;
  std::vector<int> group_by_;
  std::vector<SortKey> order_by_;
  int64_t limit_;
  Ties ties_;
  RankedRowsTtl ttl_;
  int64_t now_ms_ = 0;
  int64_t restored_ms_ = 0;  // When rows were added that were stored without a TTL.
  uint64_t next_swept_ = 0;  // A sequence number.
  KeyedTable table_;         // Rebuilt on restore. With a TTL a cell: no row of the group is older.
  RowStore store_;

  // The batch under way.
  Batch batch_;
  EncodedKeys keys_;
  std::vector<Slot> groups_;     // By row, as they were when it began.
  RowId first_ = kNoRow;         // Of the batch's rows in the store, once one was wanted.
  std::vector<uint8_t> kept_;    // Rows of the batch that are in the table.
  std::vector<RowId> released_;  // Rows that fell off.
  std::vector<Renewed> renewed_;
  // Scratch.
  std::string element_;
  std::vector<Slot> slots_;
};

}  // namespace sabot
