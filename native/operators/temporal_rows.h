// TemporalRows: the state of temporal_join. Under every key the left rows that wait for their time,
// and the versions of the right, both by time.
//
//   Wait [a, 7]     Put [a, 5] [a, 9]         a: waiting 7     versions 5 9     due 5
//   NextDue(8) -> a, TakeDue -> [a, 7], VersionAt(7) -> [a, 5], Settle(8)       versions 5 9
//
// A key is due at the least time that has come to it since it was last settled, or that still
// waits; settling drops the versions that rows after the watermark cannot meet. Of versions of one
// time the last one counts. With a TTL a key is forgotten that neither saw rows nor was settled for
// so long.
#pragma once

#include <arrow/result.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "batch/key_encoding.h"
#include "batch/type.h"
#include "operators/due_slots.h"
#include "state/keyed_table.h"
#include "state/row_store.h"
#include "stream/element.h"

namespace sabot {

struct TemporalSide {
  Schema schema;
  std::vector<int> keys;
  int time = 0;  // Column.
  const std::string& time_name() const { return schema[static_cast<size_t>(time)].name; }
};

class TemporalRows {
 public:
  enum Side : size_t { kLeft = 0, kRight = 1 };

  TemporalRows(std::array<TemporalSide, 2> sides, StateTiers* tiers, int64_t ttl_ms);

  // The processing time of what follows; to be called before Restore too. Drops idle keys now and
  // then, where there is a TTL. No slot is good afterwards.
  arrow::Status Begin(int64_t now_ms);
  // Keeps all rows of a batch. May move rows: ids from before are void.
  arrow::Status Add(Side side, const Batch& batch);

  // The key that is due first; kNoSlot where none is.
  arrow::Result<Slot> NextDue(int64_t watermark);
  // Takes the left rows off up to the watermark; they come in order of arrival, and can be read
  // until they are released.
  void TakeDue(Slot key, int64_t watermark, std::vector<RowId>* rows);
  // The last version at this time; kNoRow where there was none, or it had been deleted.
  RowId VersionAt(Slot key, int64_t time) const;
  // Drops versions that are needed no longer, and the key if nothing is left of it.
  void Settle(Slot key, int64_t watermark);
  // What was taken or dropped cannot be read from now on.
  void Release();

  const RowStore& store(Side side) const { return *stores_[side]; }
  // Its rows, as they came: without what is kept beside them.
  const std::shared_ptr<arrow::Schema>& schema(Side side) const { return schemas_[side]; }
  int64_t TimeOf(Side side, RowId row) const;
  // Of a left row.
  RowKind KindOf(Side side, RowId row) const;
  arrow::Result<std::vector<RowId>> RowsOf(Side side, std::string_view key, uint64_t hash);

  // Between two keys: as the tiers', nobody holds slots or rows.
  arrow::Status MakeRoom() { return tiers_ == nullptr ? arrow::Status::OK() : tiers_->MakeRoom(); }
  int64_t size_bytes() const;  // In memory.

  arrow::Status Snapshot(SnapshotWriter& to);
  // `watermark`: how far time had come.
  arrow::Status Restore(const SnapshotReader& from, int64_t watermark);

 private:
  static constexpr size_t kPieceKeys = 8192;
  static constexpr int64_t kNever = INT64_MAX;
  enum Cell : int { kDue = 0, kUsed = 1 };

  // Puts rows of the side's store, consecutive from `first`, under their keys.
  arrow::Status Link(Side side, const Batch& batch, std::span<const int32_t> rows, RowId first);
  // The rows, and what is kept beside them.
  arrow::Result<RecordBatchPtr> Stored(const Batch& batch) const;
  void Wait(Slot key, int64_t time, RowId row);
  void PutVersion(Slot key, int64_t time, RowId row);
  void DueAt(Slot key, int64_t time);
  bool IsIdle(Slot key) const;
  void Empty(Slot key);
  void Erase(Slot key);
  // Idle ones among those of keys_.
  arrow::Status EmptyIdle();
  arrow::Status EraseIdle();
  arrow::Status Compact(Side side);
  int64_t AddedMillis(const Batch& stored, int64_t row) const;
  bool WasSettled(Slot key, Slot version) const;

  ChildTable& rows(Side side) { return table_.child(side); }
  const ChildTable& rows(Side side) const { return table_.child(side); }
  RowId& row(Side side, Slot element) { return rows(side).cells().at<RowId>(0, element); }
  RowId row(Side side, Slot element) const { return rows(side).cells().at<RowId>(0, element); }
  int64_t& cell(Cell which, Slot key) { return table_.cells().at<int64_t>(which, key); }

  std::array<TemporalSide, 2> sides_;
  std::array<std::shared_ptr<arrow::Schema>, 2> schemas_;
  StateTiers* tiers_;
  int64_t ttl_ms_;
  int64_t now_ms_ = 0;
  int64_t erase_idle_at_ms_ = 0;
  int64_t settled_until_ = kWatermarkMin;  // Of rows that are being restored.
  std::array<std::unique_ptr<RowStore>, 2> stores_;
  // Under each key: left rows by time (the newest of each; its link leads to older ones of the same
  // time), versions by time. Rebuilt on restore, as is what is due.
  KeyedTable table_;
  DueSlots due_;
  std::array<std::vector<RowId>, 2> released_;
  // Scratch.
  EncodedKeys keys_;
  std::vector<int32_t> all_;
  std::vector<Slot> slots_;
};

}  // namespace sabot
