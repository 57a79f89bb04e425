// KeyedTable: keys -> fixed columns of cells, addressed in batches. Every keyed operator's only
// state.
//
//   keys ['a', 'b', 'a']  --LookupOrInsert-->  slots [0, 1, 0]   new rows [0, 1]
//   then cells are read and written by (column, slot), a whole batch at a time
//
// A table may have child tables: any number of elements per slot (distinct sets, retractable
// MIN/MAX), each element with cells of its own. Slots are stable until erased and reused after.
// Memory tier: cells in chunks and an open-addressing index.
//
// From its first snapshot on a table knows which slots and elements have changed, so that the next
// one writes only those. LookupOrInsert marks the slots it gives; whoever changes cells of a slot
// or an element that he got in another way calls Touch first.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "batch/key_encoding.h"
#include "state/cell_columns.h"
#include "state/child_table.h"
#include "state/delta_chain.h"
#include "state/key_index.h"
#include "state/slot_tracker.h"
#include "state/snapshot.h"

namespace sabot {

struct KeyedTableLayout {
  std::vector<CellSpec> cells;
  std::vector<ChildSpec> children;  // Elements per slot.
  // Bytes at the end of every key that its hash leaves out: keys that differ only there share a key
  // group.
  size_t unhashed_bytes = 0;
  // How long after its last Touch or LookupOrInsert a key is forgotten, in the time of BeginBatch;
  // 0: never. An old key is as one that never was; it may take up memory for a while.
  int64_t ttl_ms = 0;
};

class KeyedTable {
 public:
  KeyedTable(std::string name, KeyedTableLayout layout);
  // What a snapshot still has to write stays alive until then.
  ~KeyedTable();
  KeyedTable(const KeyedTable&) = delete;
  KeyedTable& operator=(const KeyedTable&) = delete;

  // The time of what follows, which never goes back. Frees some keys that are too old. Needed, also
  // before Restore, where the layout has a ttl.
  void BeginBatch(int64_t now_ms);

  // A slot for every row of `keys`. `inserted` receives the rows whose key was new (first
  // appearance only).
  void LookupOrInsert(const EncodedKeys& keys, std::span<Slot> slots,
                      std::vector<int64_t>* inserted);
  // Only the given rows of `keys`; slots[i] belongs to rows[i].
  void LookupOrInsert(const EncodedKeys& keys, std::span<const int32_t> rows, std::span<Slot> slots,
                      std::vector<int64_t>* inserted);
  Slot LookupOrInsert(std::string_view key, uint64_t hash, bool* inserted);
  Slot Lookup(std::string_view key, uint64_t hash) const;  // kNoSlot where absent.
  // Before the cells of a slot from elsewhere are changed.
  void Touch(Slot slot) {
    if (!tracker_.IsTouched(header(slot).word)) TouchUntouched(slot);
    if (layout_.ttl_ms > 0) touched_ms(slot) = now_ms_;
  }
  void Erase(Slot slot);  // Cells are cleared, children dropped.
  void Clear();

  // The key moves to a new, zeroed slot. The old one keeps its cells and children, without a key,
  // until Erase; it is not live.
  Slot Renew(Slot slot);

  CellColumns& cells() { return cells_; }
  const CellColumns& cells() const { return cells_; }
  ChildTable& child(int i) { return *children_[static_cast<size_t>(i)]; }
  const ChildTable& child(int i) const { return *children_[static_cast<size_t>(i)]; }

  std::string_view key(Slot slot) const { return KeyOf(header(slot)); }
  uint64_t hash(Slot slot) const { return header(slot).hash; }
  bool live(Slot slot) const { return (header(slot).word & kKeyed) != 0; }
  int64_t num_keys() const { return num_keys_; }
  Slot num_slots() const { return num_slots_; }  // Live or not: iterate 0..num_slots with live().
  // All live slots in ascending order of slot, but for keys that are too old.
  std::vector<Slot> LiveSlots() const;
  // At most so many of them, from slot `*next` on, which moves behind those that were looked at.
  std::vector<Slot> LiveSlots(Slot* next, size_t num_max) const;
  const KeyedTableLayout& layout() const { return layout_; }
  int64_t size_bytes() const;

  // As the structure "<name>".
  arrow::Status Snapshot(SnapshotWriter& to);
  // Into an empty table: the keys that are this subtask's.
  arrow::Status Restore(const SnapshotReader& from);

  // One slot's cells and children as bytes, and back into a zeroed slot of a table with the same
  // layout.
  void WriteSlot(Slot slot, ByteWriter& to) const;
  void ReadSlot(Slot slot, ByteReader& from);

 private:
  friend class ChildTable;
  class Frozen;
  class Replay;
  KeyedTable(KeyedTable&&) = default;
  KeyedTable& operator=(KeyedTable&&) = default;

  static constexpr uint32_t kInline = 16;
  // In a taken slot's word, beside the tracker's marks: the index leads here.
  static constexpr uint32_t kKeyed = 1;
  // Precedes a slot's cells, so that comparing the key fetches them.
  struct Header {
    uint64_t hash;
    uint32_t size;
    uint32_t word;
    union {
      char bytes[kInline];
      char* data;      // Keys longer than kInline.
      Slot next_free;  // Of a free slot.
    };
  };

  Header& header(Slot slot) { return *reinterpret_cast<Header*>(cells_.row(slot)); }
  const Header& header(Slot slot) const {
    return *reinterpret_cast<const Header*>(cells_.row(slot));
  }
  static std::string_view KeyOf(const Header& header) {
    return {header.size <= kInline ? header.bytes : header.data, header.size};
  }
  template <typename RowOf>
  void LookupBatch(const EncodedKeys& keys, RowOf&& row_of, std::span<Slot> slots,
                   std::vector<int64_t>* inserted);
  Slot Find(std::string_view key, uint64_t hash) const;  // Too old or not.
  Slot Insert(std::string_view key, uint64_t hash);
  Slot TakeSlot();
  void TouchUntouched(Slot slot);
  // The cell after the layout's, where it has a ttl.
  int64_t& touched_ms(Slot slot) { return cells_.at<int64_t>(num_cells(), slot); }
  bool TooOld(Slot slot) const {
    return layout_.ttl_ms > 0 && cells_.at<int64_t>(num_cells(), slot) <= now_ms_ - layout_.ttl_ms;
  }
  int num_cells() const { return static_cast<int>(layout_.cells.size()); }

  // --- for snapshots ---
  uint8_t PlaceOf(const ChildTable& child) const;
  auto WordOf() {
    return [this](Slot slot) -> uint32_t& { return header(slot).word; };
  }
  // Before a slot that a snapshot still has to write loses its key or its children.
  void SaveWithChildren(Slot slot);
  void Save(Slot slot);
  void SaveElement(ChildTable& child, Slot element);
  void Forget(Slot slot);
  void ForgetElement(const ChildTable& child, Slot element);
  void LeaveToSnapshot();  // Afterwards the table is as new.

  std::string name_;
  KeyedTableLayout layout_;
  CellColumns cells_;
  std::vector<std::unique_ptr<ChildTable>> children_;
  KeyIndex index_;
  int64_t num_keys_ = 0;
  Slot num_slots_ = 0;
  Slot free_ = kNoSlot;
  int64_t now_ms_ = 0;
  Slot next_swept_ = 0;
  int64_t num_inserted_ = 0;  // Since BeginBatch.

  // Rebuilt on restore.
  SlotTracker tracker_;
  ByteWriter forgotten_;      // Records of keys and elements that have gone since the last barrier.
  Frozen* frozen_ = nullptr;  // Of the snapshot being written.
  DeltaChain chain_;
};

}  // namespace sabot
