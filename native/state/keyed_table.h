// KeyedTable: keys -> fixed columns of cells, addressed in batches. Every keyed operator's only state.
//
//   keys ['a', 'b', 'a']  --LookupOrInsert-->  slots [0, 1, 0]   new rows [0, 1]
//   then cells are read and written by (column, slot), a whole batch at a time
//
// A table may have child tables: any number of elements per slot (distinct sets, retractable MIN/MAX), each element with cells of its
// own. Slots are stable until erased and reused after. Memory tier: chunked columns and an open-addressing index.
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
#include "state/snapshot.h"

namespace sabot {

using Slot = uint32_t;
inline constexpr Slot kNoSlot = UINT32_MAX;

// What one cell holds. Fixed cells start as zero bytes, byte cells as absent.
struct CellSpec {
  enum class Kind : uint8_t { kFixed1, kFixed4, kFixed8, kFixed16, kBytes };
  std::string name;
  Kind kind = Kind::kFixed8;
};

struct KeyedTableLayout {
  std::vector<CellSpec> cells;
  // Elements per slot, each element (encoded bytes) with cells of its own; ordered by the element's bytes.
  std::vector<std::vector<CellSpec>> children;
};

// Columns of cells by slot: chunks of 4,096, never moved once allocated.
class CellColumns {
 public:
  explicit CellColumns(const std::vector<CellSpec>& specs);
  ~CellColumns();
  CellColumns(const CellColumns&) = delete;
  CellColumns& operator=(const CellColumns&) = delete;

  static constexpr int kChunkBits = 12;
  static constexpr Slot kChunkMask = (1u << kChunkBits) - 1;

  void Reserve(Slot slots);  // Slots 0..slots exist afterwards, new ones zeroed.
  void Clear(Slot slot);     // Back to zero; byte cells are freed.

  // T must have the cell's size.
  template <typename T>
  T& at(int column, Slot slot) {
    return reinterpret_cast<T*>(columns_[static_cast<size_t>(column)].chunks[slot >> kChunkBits])[slot & kChunkMask];
  }
  template <typename T>
  const T& at(int column, Slot slot) const {
    return const_cast<CellColumns*>(this)->at<T>(column, slot);
  }
  // Byte cells: absent (nullptr data) until set.
  std::string_view bytes(int column, Slot slot) const {
    const ByteCell& cell = at<ByteCell>(column, slot);
    return {cell.data, cell.size};
  }
  bool has_bytes(int column, Slot slot) const { return at<ByteCell>(column, slot).data != nullptr; }
  void set_bytes(int column, Slot slot, std::string_view value);
  void clear_bytes(int column, Slot slot);

  void Write(Slot slot, ByteWriter& to) const;
  void Read(Slot slot, ByteReader& from);
  int64_t size_bytes() const { return size_bytes_; }

 private:
  struct ByteCell {
    char* data;
    uint32_t size;
    uint32_t capacity;
  };
  struct Column {
    CellSpec::Kind kind;
    size_t width;
    std::vector<char*> chunks;
  };
  std::vector<Column> columns_;
  int64_t size_bytes_ = 0;
};

// The elements of all slots of one child set. Find and insert are hashed on (slot, element); Ordered lists a slot's elements in byte
// order (memcomparable order of the encoded value).
class ChildTable {
 public:
  explicit ChildTable(const std::vector<CellSpec>& cells);
  ~ChildTable();

  // The element's own slot in cells(); *inserted tells whether it is new.
  Slot FindOrInsert(Slot parent, std::string_view element, uint64_t hash, bool* inserted);
  Slot Find(Slot parent, std::string_view element, uint64_t hash) const;
  void Erase(Slot parent, std::string_view element, uint64_t hash);
  void EraseAll(Slot parent);
  CellColumns& cells() { return cells_; }
  const CellColumns& cells() const { return cells_; }
  int64_t count(Slot parent) const;

  // The least / greatest element of a slot; kNoSlot where there is none.
  Slot First(Slot parent) const;
  Slot Last(Slot parent) const;
  std::string_view element(Slot slot) const;
  // All of a parent's element slots, in byte order.
  std::vector<Slot> Ordered(Slot parent) const;
  int64_t size_bytes() const;

 private:
  struct Impl;
  CellColumns cells_;
  std::unique_ptr<Impl> impl_;
};

class KeyedTable {
 public:
  KeyedTable(std::string name, KeyedTableLayout layout);
  ~KeyedTable();
  KeyedTable(const KeyedTable&) = delete;
  KeyedTable& operator=(const KeyedTable&) = delete;

  // A slot for every row of `keys`. `inserted` receives the rows whose key was new (first appearance only).
  void LookupOrInsert(const EncodedKeys& keys, std::span<Slot> slots, std::vector<int64_t>* inserted);
  // Only the given rows of `keys`; slots[i] belongs to rows[i].
  void LookupOrInsert(const EncodedKeys& keys, std::span<const int32_t> rows, std::span<Slot> slots,
                      std::vector<int64_t>* inserted);
  Slot LookupOrInsert(std::string_view key, uint64_t hash, bool* inserted);
  Slot Lookup(std::string_view key, uint64_t hash) const;  // kNoSlot where absent.
  void Erase(Slot slot);  // Cells are cleared, children dropped.
  void Clear();

  CellColumns& cells() { return cells_; }
  const CellColumns& cells() const { return cells_; }
  ChildTable& child(int i) { return *children_[static_cast<size_t>(i)]; }
  const ChildTable& child(int i) const { return *children_[static_cast<size_t>(i)]; }

  std::string_view key(Slot slot) const;
  uint64_t hash(Slot slot) const;
  bool live(Slot slot) const;
  int64_t num_keys() const { return num_keys_; }
  Slot num_slots() const { return num_slots_; }  // Live or not: iterate 0..num_slots with live().
  // All live slots in ascending order of slot.
  std::vector<Slot> LiveSlots() const;
  const KeyedTableLayout& layout() const { return layout_; }
  int64_t size_bytes() const;

  // Whole table, cut by key group, under sections "<name>".
  arrow::Status Snapshot(SnapshotWriter& to) const;
  arrow::Status Restore(const SnapshotReader& from);

 private:
  struct Index;
  std::string name_;
  KeyedTableLayout layout_;
  CellColumns cells_;
  std::vector<std::unique_ptr<ChildTable>> children_;
  std::unique_ptr<Index> index_;
  int64_t num_keys_ = 0;
  Slot num_slots_ = 0;
};

}  // namespace sabot
