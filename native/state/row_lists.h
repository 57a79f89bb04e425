// RowLists: whole rows by key, any number per key. The state of joins and of materialised
// changelogs.
//
//   Add [a, 1] [b, 2] [a, 3] by column 0      a -> [a, 3] -> [a, 1]      b -> [b, 2]
//
// With a TTL a row is stored with the time at which it was added, as one more column; who reads a
// list passes over those that have expired, until they are pruned.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <string>
#include <vector>

#include "batch/key_encoding.h"
#include "batch/type.h"
#include "state/keyed_table.h"
#include "state/row_store.h"

namespace sabot {

// Rows under their key, newest first. The table's one cell is the head of the key's list in the
// store.
class RowLists {
 public:
  RowLists(std::string name, const Schema& schema, std::vector<int> keys, StateTiers* tiers,
           int64_t ttl_ms = 0);

  // The processing time of what follows; to be called before Restore too, where there is a TTL.
  // Drops expired rows now and then.
  arrow::Status BeginBatch(int64_t now_ms);
  bool Expired(RowId id) const { return ttl_ms_ > 0 && AddedMillis(id) <= now_ms_ - ttl_ms_; }

  // Encodes these columns of a batch, here or of another operator input, as keys.
  static arrow::Status EncodeKeys(const Batch& batch, const std::vector<int>& keys,
                                  EncodedKeys* to);

  // Keeps the rows at `rows` of the batch (ascending). May move rows: ids from before are void.
  arrow::Status Add(const Batch& batch, const EncodedKeys& keys, std::span<const int32_t> rows);
  // For each of the rows at `rows` of a batch the newest row of its key, then store().next();
  // kNoRow where there is none.
  arrow::Status Heads(const EncodedKeys& keys, std::span<const int32_t> rows,
                      std::vector<RowId>* heads);
  // All rows of a key, newest first.
  arrow::Result<std::vector<RowId>> RowsOf(std::string_view key, uint64_t hash);
  arrow::Status LeaveOutExpired(std::vector<RowId>* rows) const;
  // Their columns, which are those of the schema.
  arrow::Result<std::vector<ArrayPtr>> Columns(std::span<const RowId> rows) const;
  // Takes the newest row off a key's list; false where there is none. The key goes with its last
  // row. It is one that BeginPops was given since the last Add.
  bool Pop(std::string_view key, uint64_t hash);
  arrow::Status BeginPops(const EncodedKeys& keys);
  // Drops every row for which `dead` says so, and keys that have none left.
  template <typename Dead>
  arrow::Status Prune(const Dead& dead);

  const RowStore& store() const { return store_; }
  const std::vector<int>& keys() const { return keys_; }
  const Schema& schema() const { return schema_; }
  // In memory.
  int64_t size_bytes() const { return table_.size_bytes() + store_.memory_bytes(); }

  arrow::Status Snapshot(SnapshotWriter& to) { return store_.Snapshot(name_, to); }
  arrow::Status Restore(const SnapshotReader& from);

 private:
  int64_t AddedMillis(RowId id) const;
  // Puts rows of the store, consecutive from `first`, on their keys' lists.
  arrow::Status Link(const EncodedKeys& keys, std::span<const int32_t> rows, RowId first);
  arrow::Status Compact();
  template <typename Dead>
  void PruneList(Slot slot, const Dead& dead);

  static constexpr size_t kPieceKeys = 8192;

  RowId& head(Slot slot) { return table_.cells().at<RowId>(0, slot); }
  RowId head(Slot slot) const { return table_.cells().at<RowId>(0, slot); }

  std::string name_;
  Schema schema_;
  std::vector<int> keys_;
  int64_t ttl_ms_;
  int64_t now_ms_ = 0;
  int64_t prune_at_ms_ = 0;
  int64_t restored_ms_ = 0;  // When rows were added that were stored without a TTL.
  KeyedTable table_;         // Rebuilt on restore.
  RowStore store_;
  std::vector<Slot> slots_;  // Scratch.
};

template <typename Dead>
arrow::Status RowLists::Prune(const Dead& dead) {
  KeyedTable::Scan keys(table_);
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const std::span<const Slot> slots, keys.Next(kPieceKeys));
    if (slots.empty()) return arrow::Status::OK();
    for (const Slot slot : slots) PruneList(slot, dead);
    ARROW_RETURN_NOT_OK(store_.MakeRoom());
  }
}

template <typename Dead>
void RowLists::PruneList(Slot slot, const Dead& dead) {
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
  if (kept_head == kNoRow) return table_.Erase(slot);
  store_.set_next(kept_tail, kNoRow);
  if (head(slot) == kept_head) return;
  table_.Touch(slot);
  head(slot) = kept_head;
}

}  // namespace sabot
