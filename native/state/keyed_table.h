// KeyedTable: keys -> fixed columns of cells, addressed in batches. Every keyed operator's only
// state.
//
//   keys ['a', 'b', 'a']  --LookupOrInsert-->  slots [0, 1, 0]   new rows [0, 1]
//   then cells are read and written by (column, slot), a whole batch at a time
//
// A table may have child tables: any number of elements per slot (distinct sets, retractable
// MIN/MAX), each element with cells of its own. Slots are stable until erased and reused after.
// Memory tier: cells in chunks and an open-addressing index.
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
#include "state/key_index.h"
#include "state/snapshot.h"

namespace sabot {

struct KeyedTableLayout {
  std::vector<CellSpec> cells;
  std::vector<ChildSpec> children;  // Elements per slot.
  // Bytes at the end of every key that its hash leaves out: keys that differ only there share a key
  // group.
  size_t unhashed_bytes = 0;
};

class KeyedTable {
 public:
  KeyedTable(std::string name, KeyedTableLayout layout);
  KeyedTable(const KeyedTable&) = delete;
  KeyedTable& operator=(const KeyedTable&) = delete;

  // A slot for every row of `keys`. `inserted` receives the rows whose key was new (first
  // appearance only).
  void LookupOrInsert(const EncodedKeys& keys, std::span<Slot> slots,
                      std::vector<int64_t>* inserted);
  // Only the given rows of `keys`; slots[i] belongs to rows[i].
  void LookupOrInsert(const EncodedKeys& keys, std::span<const int32_t> rows, std::span<Slot> slots,
                      std::vector<int64_t>* inserted);
  Slot LookupOrInsert(std::string_view key, uint64_t hash, bool* inserted);
  Slot Lookup(std::string_view key, uint64_t hash) const;  // kNoSlot where absent.
  void Erase(Slot slot);                                   // Cells are cleared, children dropped.
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
  bool live(Slot slot) const { return header(slot).state == kLive; }
  int64_t num_keys() const { return num_keys_; }
  Slot num_slots() const { return num_slots_; }  // Live or not: iterate 0..num_slots with live().
  // All live slots in ascending order of slot.
  std::vector<Slot> LiveSlots() const;
  const KeyedTableLayout& layout() const { return layout_; }
  int64_t size_bytes() const;

  // As the structure "<name>".
  arrow::Status Snapshot(SnapshotWriter& to) const;
  // Adds the keys that are this subtask's. A key that is there already is an error.
  arrow::Status Restore(const SnapshotReader& from);

  // One slot's cells and children as bytes, and back into a zeroed slot of a table with the same
  // layout.
  void WriteSlot(Slot slot, ByteWriter& to) const;
  void ReadSlot(Slot slot, ByteReader& from);

 private:
  static constexpr uint32_t kInline = 16;
  enum State : uint32_t { kFree, kLive, kDetached };
  // Precedes a slot's cells, so that comparing the key fetches them.
  struct Header {
    uint64_t hash;
    uint32_t size;
    State state;
    union {
      char bytes[kInline];
      char* data;      // Keys longer than kInline.
      Slot next_free;  // kFree
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
  Slot Insert(std::string_view key, uint64_t hash);
  Slot TakeSlot();
  std::string LayoutText() const;

  std::string name_;
  KeyedTableLayout layout_;
  CellColumns cells_;
  std::vector<std::unique_ptr<ChildTable>> children_;
  KeyIndex index_;
  int64_t num_keys_ = 0;
  Slot num_slots_ = 0;
  Slot free_ = kNoSlot;
};

}  // namespace sabot
