// ChildTable: the elements of all slots of one child set (a DISTINCT set, the values under a
// retractable MAX, the rows of a list). Each element is encoded bytes with cells of its own.
// Finding is hashed on (parent slot, element).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "batch/key_encoding.h"
#include "state/cell_columns.h"
#include "state/key_index.h"
#include "state/slot_tracker.h"
#include "state/widening.h"

namespace sabot {

class KeyedTable;

struct ChildSpec {
  std::vector<CellSpec> cells;
  // Keeps a parent's elements in byte order (memcomparable order of the encoded value): First and
  // Last take O(1), changes O(log n). Otherwise they are kept in order of insertion.
  bool ordered = false;
  // Of the encoded values that an element begins with. Empty: it may be anything, which never
  // changes.
  KeyTypes values = {};
};

class ChildTable {
 public:
  // `owner` hears what its snapshots have to know; nullptr for a table on its own.
  explicit ChildTable(const ChildSpec& spec, KeyedTable* owner = nullptr);
  ChildTable(const ChildTable&) = delete;
  ChildTable& operator=(const ChildTable&) = delete;

  // The element's own slot in cells(); *inserted tells whether it is new. `hash` is the element's
  // (HashBytes). Touch it before changing cells, if it is not.
  Slot FindOrInsert(Slot parent, std::string_view element, uint64_t hash, bool* inserted);
  Slot Find(Slot parent, std::string_view element, uint64_t hash) const;
  // A whole batch: slots[i] for element i under parents[i]; only rows with wanted[i] != 0 (nullptr:
  // all), the others get kNoSlot.
  void FindOrInsert(std::span<const Slot> parents, const EncodedKeys& elements,
                    const uint8_t* wanted, std::span<Slot> slots);
  void Touch(Slot element_slot) {
    const uint32_t marks = tracker_.touched() | cold_marks_;
    if ((header(element_slot).word & marks) != marks) TouchUntouched(element_slot);
  }
  void Erase(Slot element_slot);
  void Erase(Slot parent, std::string_view element, uint64_t hash);
  void EraseAll(Slot parent);
  void Clear();

  CellColumns& cells() { return cells_; }
  const CellColumns& cells() const { return cells_; }
  int64_t count(Slot parent) const { return parent < parents_.size() ? parents_[parent].count : 0; }
  std::string_view element(Slot slot) const;

  // The least / greatest element of a parent (unordered: the first / last inserted); kNoSlot where
  // there is none.
  Slot First(Slot parent) const;
  Slot Last(Slot parent) const;
  // Ordered tables only. The least element not below `element`.
  Slot LowerBound(Slot parent, std::string_view element) const;
  // The next greater / lesser element of the same parent.
  Slot After(Slot element_slot) const;
  Slot Before(Slot element_slot) const;
  // All of a parent's element slots: in byte order, or of an unordered table in order of insertion.
  std::vector<Slot> Elements(Slot parent) const;

  // A parent's elements and their cells, as part of its snapshot.
  void Write(Slot parent, ByteWriter& to) const;
  void Read(Slot parent, ByteReader& from);
  int64_t num_elements() const { return index_.size(); }  // Of all parents.
  int64_t size_bytes() const;
  int64_t used_bytes() const;  // As KeyedTable's.

 private:
  friend class KeyedTable;
  static constexpr uint32_t kInline = 12;
  // In an element's word, between its size and the tracker's marks.
  static constexpr uint32_t kInCold = uint32_t{1} << 24;  // The cold store has the element, too.
  static constexpr uint32_t kStale = uint32_t{1} << 25;   // But not as it is here.
  static constexpr uint32_t kSizeMask = kInCold - 1;
  // Precedes an element's cells. Links: an ordered table's tree (a treap, the tag gives the
  // priority), or the list in order of insertion.
  struct Header {
    uint32_t tag;
    uint32_t word;  // The element's size, and marks.
    Slot parent;
    Slot left;            // Or the previous one; of a free slot the next free one.
    Slot right;           // Or the next one.
    char bytes[kInline];  // The element, or where it is longer a pointer to it.
  };
  struct Parent {
    union {
      Slot root = kNoSlot;  // Of the tree.
      Slot linked;          // The last one of the list that those before it lead to (`right`).
    };
    Slot first = kNoSlot;  // The least, or the first of the list.
    Slot last = kNoSlot;
    uint32_t count = 0;
  };

  static uint64_t Mix(Slot parent, uint64_t hash) {
    const uint64_t mixed =
        (hash ^ (uint64_t{parent} * 0x9E3779B97F4A7C15ull)) * 0xD6E8FEB86659FD93ull;
    return mixed ^ (mixed >> 29);
  }
  Header& header(Slot slot) { return *reinterpret_cast<Header*>(cells_.row(slot)); }
  const Header& header(Slot slot) const {
    return *reinterpret_cast<const Header*>(cells_.row(slot));
  }
  static std::string_view ElementOf(const Header& header);
  Slot FindTagged(Slot parent, std::string_view element, uint32_t tag) const;
  Slot Insert(Slot parent, std::string_view element, uint32_t tag);
  // `marks` beside the tracker's.
  Slot InsertMarked(Slot parent, std::string_view element, uint32_t tag, bool known,
                    uint32_t marks);
  // An element comes back from the cold store.
  void Load(Slot parent, std::string_view element, ByteReader& cells);
  void Release(Slot slot);
  void TouchUntouched(Slot slot);
  // All that a snapshot still has to write of a parent's elements.
  void SaveAll(Slot parent);
  // Of a parent that goes: snapshots hear of that.
  void DropAll(Slot parent);
  auto WordOf() {
    return [this](Slot slot) -> uint32_t& { return header(slot).word; };
  }
  static uint32_t SizeOf(const Header& header) { return header.word & kSizeMask; }

  uint32_t PriorityOf(Slot slot) const { return header(slot).tag * 0x9E3779B1u; }
  void TreeInsert(Slot& root, Slot slot);
  void TreeErase(Slot& root, Slot slot);
  void Split(Slot tree, std::string_view element, Slot& below, Slot& above);
  Slot Join(Slot below, Slot above);
  void Link(Parent& of);
  Slot Leftmost(Slot tree) const;
  Slot Rightmost(Slot tree) const;

  bool ordered_;
  KeyedTable* owner_;
  CellColumns cells_;
  KeyIndex index_;
  std::vector<Parent> parents_;  // By parent slot.
  Slot num_slots_ = 0;
  Slot free_ = kNoSlot;
  int64_t num_elements_ = 0;
  SlotTracker tracker_;
  uint32_t cold_marks_ = 0;  // Of an element that is changed.
};

}  // namespace sabot
