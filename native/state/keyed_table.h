// KeyedTable: keys -> fixed columns of cells, addressed in batches. Every keyed operator's only
// state.
//
//   keys ['a', 'b', 'a']  --LookupOrInsert-->  slots [0, 1, 0]   new rows [0, 1]
//   then cells are read and written by (column, slot), a whole batch at a time
//
// A table may have child tables: any number of elements per slot (distinct sets, retractable
// MIN/MAX), each element with cells of its own. Slots are stable until erased and reused after.
// Memory tier: cells in chunks and an open-addressing index. With StateTiers that may spill, keys
// move to a ColdStore when memory gets short, and come back when they are looked up: then slots are
// good until the end of the element that the operator is working on.
//
// From its first snapshot on a table knows which slots and elements have changed, so that the next
// one writes only those. LookupOrInsert marks the slots it gives; whoever changes cells of a slot
// or an element that he got in another way calls Touch first.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
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
#include "state/record_log.h"
#include "state/slot_tracker.h"
#include "state/snapshot.h"

namespace sabot {

class ColdLogRows;
class ColdScan;
struct ColdTableOptions;
class StateTiers;

// What counts as use of a key that has a ttl.
enum class TtlUpdate : uint8_t {
  kCreateAndWrite,  // LookupOrInsert and Touch.
  kReadAndWrite,    // Read, too.
};

struct KeyedTableLayout {
  std::vector<CellSpec> cells;
  std::vector<ChildSpec> children;  // Elements per slot.
  // Of the encoded values that a key begins with. Empty: it may be anything, which never changes.
  KeyTypes keys = {};
  // Bytes at the end of every key that its hash leaves out: keys that differ only there share a key
  // group.
  size_t unhashed_bytes = 0;
  // How long after its last use a key is forgotten, in the time of BeginBatch; 0: never. An old key
  // is as one that never was; it may take up memory for a while.
  int64_t ttl_ms = 0;
  TtlUpdate ttl_update = TtlUpdate::kCreateAndWrite;
};

class KeyedTable {
 public:
  // `tiers` outlives the table; nullptr: it stays in memory, whatever the budget says.
  KeyedTable(std::string name, KeyedTableLayout layout, StateTiers* tiers = nullptr);
  // What a snapshot still has to write stays alive until then.
  ~KeyedTable();
  KeyedTable(const KeyedTable&) = delete;
  KeyedTable& operator=(const KeyedTable&) = delete;

  // The time of what follows, which never goes back. Frees some keys that are too old. Needed, also
  // before Restore, where the layout has a ttl.
  void BeginBatch(int64_t now_ms);

  // A slot for every row of `keys`. `inserted` receives the rows whose key was new (first
  // appearance only).
  arrow::Status LookupOrInsert(const EncodedKeys& keys, std::span<Slot> slots,
                               std::vector<int64_t>* inserted);
  // Only the given rows of `keys`; slots[i] belongs to rows[i].
  arrow::Status LookupOrInsert(const EncodedKeys& keys, std::span<const int32_t> rows,
                               std::span<Slot> slots, std::vector<int64_t>* inserted);
  // The keys of these slots of another table.
  arrow::Status LookupOrInsert(const KeyedTable& keys, std::span<const Slot> of,
                               std::span<Slot> slots);
  struct KeyRef {
    std::string_view key;
    uint64_t hash;
  };
  // The slots of keys, wherever they lie; kNoSlot where one is absent. Touches none.
  arrow::Status Fetch(std::span<const KeyRef> keys, std::span<Slot> slots);
  arrow::Status Fetch(const EncodedKeys& keys, std::span<Slot> slots);
  arrow::Status Fetch(const EncodedKeys& keys, std::span<const int32_t> rows,
                      std::span<Slot> slots);
  arrow::Result<Slot> Fetch(std::string_view key, uint64_t hash);
  // As Fetch, for whoever wants to know what the key's cells hold.
  arrow::Result<Slot> Read(std::string_view key, uint64_t hash);
  // One key that does not lie on disk: of a table that stays in memory, or that was fetched for
  // this element, or that never was. kNoSlot where it is absent.
  Slot LookupOrInsert(std::string_view key, uint64_t hash, bool* inserted);
  Slot Lookup(std::string_view key, uint64_t hash) const;
  // Before the cells of a slot from elsewhere are changed.
  void Touch(Slot slot) {
    const uint32_t marks = tracker_.touched() | cold_marks_;
    if ((header(slot).word & marks) != marks) TouchUntouched(slot);
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
  int64_t num_keys() const { return num_keys_; }    // In memory.
  bool spills() const { return cold_marks_ != 0; }  // Slots may be void after an element.
  // Hears of every key that leaves memory, while it is still there.
  void OnEvict(std::function<arrow::Status(Slot)> told) { on_evict_ = std::move(told); }
  arrow::Result<bool> empty();
  Slot num_slots() const { return num_slots_; }  // Live or not: iterate 0..num_slots with live().
  // Of a table that stays in memory: all live slots in ascending order of slot, but for keys that
  // are too old.
  std::vector<Slot> LiveSlots() const;
  // Of any table: all live keys, piece by piece; while it changes: Reading.
  class Scan;
  class Reading;
  const KeyedTableLayout& layout() const { return layout_; }
  int64_t size_bytes() const;
  // What keys and elements in memory take: less than size_bytes() after many have gone.
  int64_t used_bytes() const;

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
  KeyedTable(KeyedTable&&) noexcept;
  KeyedTable& operator=(KeyedTable&&) noexcept;

  // In a taken slot's word, beside the tracker's marks.
  static constexpr uint32_t kKeyed = 1;   // The index leads here.
  static constexpr uint32_t kInCold = 2;  // The cold store has the key, too.
  static constexpr uint32_t kStale = 4;   // But not as it is here.
  static constexpr uint32_t kUsed = 8;    // Since the clock's hand came by.
  // How often in a row it found the key used, less how often it did not: 0 to 3.
  static constexpr uint32_t kHabit = 16;
  static constexpr uint32_t kHabitMax = 3 * kHabit;
  // The log has the key, too, or has handed it on to the store.
  static constexpr uint32_t kInLog = 64;
  // Precedes a slot's cells, so that comparing the key fetches them.
  struct Header {
    uint64_t hash;
    uint32_t size;
    uint32_t word;
    union {
      char bytes[16];  // Or more: see key_room_.
      char* data;      // Of a key that has no room here.
      Slot next_free;  // Of a free slot.
    };
  };

  Header& header(Slot slot) { return *reinterpret_cast<Header*>(cells_.row(slot)); }
  const Header& header(Slot slot) const {
    return *reinterpret_cast<const Header*>(cells_.row(slot));
  }
  bool has_room(size_t key_size) const { return key_size <= key_room_; }
  std::string_view KeyOf(const Header& header) const {
    return {has_room(header.size) ? header.bytes : header.data, header.size};
  }
  template <typename Keys>
  arrow::Status LookupBatch(const Keys& keys, std::span<Slot> slots,
                            std::vector<int64_t>* inserted);
  template <typename Keys>
  arrow::Status FetchBatch(const Keys& keys, std::span<Slot> slots);
  // Fetches the cache lines that the search for keys `from` to `to` will look at.
  template <typename Keys>
  void PrefetchBlock(const Keys& keys, size_t from, size_t to) const;
  template <typename Keys>
  void LookupInMemory(const Keys& keys, std::span<Slot> slots, std::vector<int64_t>* inserted);
  template <typename Keys>
  Slot LookupRow(const Keys& keys, size_t i, std::vector<int64_t>* inserted);
  Slot Find(std::string_view key, uint64_t hash) const;  // Too old or not.
  Slot Insert(std::string_view key, uint64_t hash);
  // `known`: it will hold what snapshots have already.
  Slot TakeSlot(bool known = false);
  void Fill(Slot slot, std::string_view key,
            uint64_t hash);  // Of a taken slot, and into the index.
  void Release(Slot slot);
  void TouchUntouched(Slot slot);
  uint64_t HashOf(std::string_view key) const;
  // The cell after the layout's, where it has a ttl.
  int64_t& touched_ms(Slot slot) { return cells_.at<int64_t>(num_cells(), slot); }
  int64_t touched_ms(Slot slot) const { return cells_.at<int64_t>(num_cells(), slot); }
  bool TooOld(Slot slot) const {
    return layout_.ttl_ms > 0 && touched_ms(slot) <= now_ms_ - layout_.ttl_ms;
  }
  int num_cells() const { return static_cast<int>(layout_.cells.size()); }

  // --- the cold tier ---
  struct ColdTier;
  ColdTableOptions ColdOptions() const;
  bool any_cold() const;
  // Those of the keys that memory has, and marks them as used. Of the others it notes which they
  // are, and brings into memory those that lie on disk.
  template <typename Keys>
  arrow::Status Recall(const Keys& keys, std::span<Slot> slots, bool to_change);
  // The latter, of keys that memory has not. `to_change`: they will be, so that the log need not
  // keep them.
  arrow::Status Load(std::vector<KeyRef>& wanted, bool to_change);
  arrow::Status LoadFromLog(std::vector<KeyRef>& wanted, bool to_change);
  arrow::Result<Slot> LoadRow(std::string_view key, uint64_t hash, std::string_view value,
                              bool* has_elements);
  arrow::Status LoadElements(Slot slot, std::string_view row_key, ColdScan& rows);
  arrow::Status ReadElements(Slot slot, std::string_view row_key, ColdScan& rows);
  // The key of the row that the scan stands on, into memory unless it is there; the scan moves
  // behind it.
  struct TakenRow {
    Slot slot = kNoSlot;
    bool was_loaded = false;
  };
  arrow::Result<TakenRow> TakeRow(ColdScan& rows);
  arrow::Result<TakenRow> TakeRow(const ColdLogRows& rows);
  static arrow::Status SkipRow(ColdScan& rows);
  std::string_view KeyOfRow(const ColdScan& rows) const;
  // Keys that were only looked at go again.
  arrow::Status ReleaseLoaded(std::vector<Slot>& loaded);
  arrow::Status Evict(Slot slot);
  arrow::Status WriteCold(Slot slot);
  arrow::Result<bool> WriteToLog(Slot slot);
  arrow::Status RemoveFromLog(Slot slot);
  void EraseCold(Slot slot);
  void EraseColdElement(const ChildTable& child, Slot element);
  void MarkStale(Slot slot) { header(slot).word |= cold_marks_; }

  // --- for snapshots ---
  bool NextIsBase(SnapshotMode mode) const {
    return mode != SnapshotMode::kIncremental || !chain_.CanGrow(NumEntries()) || gone_overflowed_;
  }
  // Whether gone_ may take one more record.
  bool LogsGone();
  uint8_t PlaceOf(const ChildTable& child) const;
  int64_t NumEntries() const;  // Keys and elements.
  auto WordOf() {
    return [this](Slot slot) -> uint32_t& { return header(slot).word; };
  }
  // Before a slot that a snapshot still has to write loses its key or its children.
  void SaveWithChildren(Slot slot);
  void Save(Slot slot);
  void SaveElement(ChildTable& child, Slot element);
  void Forget(Slot slot);
  void ForgetElement(const ChildTable& child, Slot element);
  void NoteEvicted(Slot slot);
  void LeaveToSnapshot();  // Afterwards the table is as new.

  std::string name_;
  KeyedTableLayout layout_;
  size_t key_room_;  // Bytes of a key that a header has room for.
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
  // Records of keys and elements that have gone since the last barrier, and of changed keys that
  // were evicted, in order.
  RecordLog gone_;
  bool gone_overflowed_ = false;  // They were too many: the next snapshot is a base.
  Frozen* frozen_ = nullptr;      // Of the snapshot being written.
  DeltaChain chain_;

  StateTiers* tiers_;
  uint32_t cold_marks_ = 0;  // Of a slot that is changed.
  std::function<arrow::Status(Slot)> on_evict_;
  std::unique_ptr<ColdTier> cold_;
};

// Goes over all keys, those in memory first. Until it ends nothing else is evicted, and nothing may
// be erased but keys of the last piece. With the next piece their slots are void.
class KeyedTable::Scan {
 public:
  explicit Scan(KeyedTable& table);
  ~Scan();
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  // At most `count` slots; none: there are no more.
  arrow::Result<std::span<const Slot>> Next(size_t count);

 private:
  arrow::Status ReadLog(size_t count);
  arrow::Status ReadStore(size_t count);

  KeyedTable& table_;
  Slot next_ = 0;
  const Slot end_;
  std::unique_ptr<ColdLogRows> log_rows_;
  bool log_is_read_ = false;
  std::unique_ptr<ColdScan> rows_;
  std::vector<Slot> slots_;
  std::vector<Slot> loaded_;  // Of the last piece.
};

// Goes over all keys while the table changes between two calls. A key that is there all the time
// comes once; one that comes or goes meanwhile may be missed, or come twice if it went and came
// again.
//
//   keys in memory and on disk, by key group, some groups at a time (a pass):
//       note which keys of them memory has   ->   all others   ->   those noted
//
// So no key is lost that moves between memory and disk. A table that stays in memory is read in
// order of slots.
class KeyedTable::Reading {
 public:
  // A pass notes that many keys, or those of one key group.
  explicit Reading(int64_t noted_max = 16'384) : noted_max_(noted_max) {}
  // About `count` slots of the table, the same one at every call; good until it is used again.
  arrow::Result<std::vector<Slot>> Next(KeyedTable& table, size_t count, bool* last);
  // Those that were given last are good until room is made in memory.
  void Keep() { loaded_.clear(); }

 private:
  std::vector<Slot> NextInMemory(const KeyedTable& table, size_t count, bool* last);
  void BeginPass(const KeyedTable& table);
  arrow::Status ReadRows(KeyedTable& table, size_t count, std::vector<Slot>* slots);
  arrow::Status ReadLog(KeyedTable& table, size_t count, std::vector<Slot>* slots);
  arrow::Status ReadNoted(KeyedTable& table, size_t count, std::vector<Slot>* slots);
  arrow::Status ReadKeys(KeyedTable& table, std::span<const std::string> keys,
                         std::vector<Slot>* slots);
  bool IsNoted(std::string_view key) const;

  int64_t noted_max_;

  // Of a table that stays in memory.
  Slot next_ = 0;
  Slot end_ = 0;

  int next_group_ = 0;  // Of the pass to come.
  bool in_pass_ = false;
  std::vector<std::string> noted_;  // In order.
  size_t next_noted_ = 0;
  // Of the log, as it was when the pass began.
  std::shared_ptr<ColdLogRows> log_rows_;
  std::vector<uint32_t> places_;
  size_t next_place_ = 0;
  std::vector<std::string> given_;  // Its keys, in order, if the store has rows, too.
  bool has_rows_ = false;           // In the store, from next_row_ on.
  std::string next_row_;
  std::string rows_end_;
  std::vector<Slot> loaded_;  // Of the last piece.
};

}  // namespace sabot
