// KeyedTable in memory; see keyed_table.h. Snapshots are in keyed_table_snapshot.cc.
#include "state/keyed_table.h"

#include <arrow/type.h>
#include <arrow/type_traits.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "base/hash.h"
#include "state/keyed_table_cold.h"
#include "state/short_copy.h"

namespace sabot {
namespace {

// Rows of a batch whose cache lines are fetched together.
constexpr size_t kBlock = 32;
// Slots that a batch looks at for keys that are too old; twice as many as it inserts, too.
constexpr int64_t kSweptSlotsMin = 64;

// The cells of a layout, and one for the time.
std::vector<CellSpec> CellsOf(const KeyedTableLayout& layout) {
  std::vector<CellSpec> cells = layout.cells;
  if (layout.ttl_ms > 0) cells.push_back({"touched", CellSpec::Kind::kFixed8});
  return cells;
}

// What a value of a key takes, with its mark; 0 where that varies.
size_t KeyWidthOf(const arrow::DataType& type) {
  if (arrow::is_decimal(type.id())) return 1 + 16;
  return arrow::is_primitive(type.id()) ? 1 + static_cast<size_t>(std::max(type.bit_width() / 8, 1))
                                        : 0;
}

// Two numbers lie in the header, as one does. How long keys with texts are is not known.
size_t KeyRoomOf(const KeyedTableLayout& layout) {
  constexpr size_t kRoomMin = 16;
  constexpr size_t kRoomMax = 32;
  size_t size = layout.unhashed_bytes;
  for (const auto& type : layout.keys) {
    const size_t width = KeyWidthOf(*type);
    if (width == 0) return kRoomMin;
    size += width;
  }
  return size > kRoomMin && size <= kRoomMax ? kRoomMax : kRoomMin;
}

// The keys of a batch as LookupBatch sees them: all, some rows, or those of another table's slots.
struct AllRows {
  const EncodedKeys& keys;
  int64_t row(size_t i) const { return static_cast<int64_t>(i); }
  std::string_view key(size_t i) const { return keys.key(row(i)); }
  uint64_t hash(size_t i) const { return keys.hash(row(i)); }
};
struct SomeRows {
  const EncodedKeys& keys;
  std::span<const int32_t> rows;
  int64_t row(size_t i) const { return rows[i]; }
  std::string_view key(size_t i) const { return keys.key(row(i)); }
  uint64_t hash(size_t i) const { return keys.hash(row(i)); }
};
struct RefKeys {
  std::span<const KeyedTable::KeyRef> refs;
  std::string_view key(size_t i) const { return refs[i].key; }
  uint64_t hash(size_t i) const { return refs[i].hash; }
};
struct OtherSlots {
  const KeyedTable& table;
  std::span<const Slot> slots;
  int64_t row(size_t i) const { return static_cast<int64_t>(i); }
  std::string_view key(size_t i) const { return table.key(slots[i]); }
  uint64_t hash(size_t i) const { return table.hash(slots[i]); }
};

}  // namespace

KeyedTable::KeyedTable(std::string name, KeyedTableLayout layout, StateTiers* tiers)
    : name_(std::move(name)),
      layout_(std::move(layout)),
      key_room_(KeyRoomOf(layout_)),
      cells_(CellsOf(layout_), offsetof(Header, bytes) + key_room_, layout_.ttl_ms > 0 ? 1 : 0),
      tiers_(tiers) {
  static_assert(sizeof(Header) == 32);
  if (tiers_ != nullptr && tiers_->limited()) cold_ = std::make_unique<ColdTier>(this, tiers_);
  const bool spills = cold_ != nullptr && tiers_->spills();
  if (spills) cold_marks_ = kStale | kUsed;
  for (const ChildSpec& child : layout_.children) {
    children_.push_back(std::make_unique<ChildTable>(child, this));
    children_.back()->cold_marks_ = spills ? ChildTable::kStale : 0;
  }
}

KeyedTable::KeyedTable(KeyedTable&&) noexcept = default;
KeyedTable& KeyedTable::operator=(KeyedTable&&) noexcept = default;

KeyedTable::~KeyedTable() {
  if (frozen_ != nullptr) LeaveToSnapshot();
}

uint64_t KeyedTable::HashOf(std::string_view key) const {
  return HashBytes(key.substr(0, key.size() - layout_.unhashed_bytes));
}

void KeyedTable::BeginBatch(int64_t now_ms) {
  now_ms_ = std::max(now_ms_, now_ms);
  if (layout_.ttl_ms == 0) return;
  if (any_cold()) cold_->SetTime(now_ms_);
  const int64_t wanted = kSweptSlotsMin + 2 * std::exchange(num_inserted_, 0);
  for (int64_t left = std::min<int64_t>(wanted, num_slots_); left > 0; --left) {
    if (next_swept_ >= num_slots_) next_swept_ = 0;
    const Slot slot = next_swept_++;
    if (live(slot) && TooOld(slot)) Erase(slot);
  }
}

template <typename Keys>
void KeyedTable::PrefetchBlock(const Keys& keys, size_t from, size_t to) const {
  for (size_t i = from; i < to; ++i) index_.Prefetch(KeyIndex::TagOf(keys.hash(i)));
  for (size_t i = from; i < to; ++i) {
    const Slot candidate = index_.Candidate(KeyIndex::TagOf(keys.hash(i)));
    if (candidate == kNoSlot) continue;
    cells_.PrefetchRow(cells_.row(candidate));
  }
}

template <typename Keys>
void KeyedTable::LookupInMemory(const Keys& keys, std::span<Slot> slots,
                                std::vector<int64_t>* inserted) {
  for (size_t from = 0; from < slots.size(); from += kBlock) {
    const size_t to = std::min(slots.size(), from + kBlock);
    PrefetchBlock(keys, from, to);
    for (size_t i = from; i < to; ++i) slots[i] = LookupRow(keys, i, inserted);
  }
}

template <typename Keys>
inline Slot KeyedTable::LookupRow(const Keys& keys, size_t i, std::vector<int64_t>* inserted) {
  const uint64_t hash = keys.hash(i);
  const std::string_view key = keys.key(i);
  const Slot found = Find(key, hash);
  if (found != kNoSlot && !TooOld(found)) {
    Touch(found);
    return found;
  }
  if (found != kNoSlot) Erase(found);
  if (inserted != nullptr) inserted->push_back(keys.row(i));
  return Insert(key, hash);
}

template <typename Keys>
arrow::Status KeyedTable::Recall(const Keys& keys, std::span<Slot> slots, bool to_change) {
  std::vector<KeyRef>& wanted = cold_->wanted;
  std::vector<size_t>& missing = cold_->missing;
  wanted.clear();
  missing.clear();
  for (size_t from = 0; from < slots.size(); from += kBlock) {
    const size_t to = std::min(slots.size(), from + kBlock);
    PrefetchBlock(keys, from, to);
    for (size_t i = from; i < to; ++i) {
      const Slot found = Find(keys.key(i), keys.hash(i));
      slots[i] = found;
      if (found == kNoSlot) wanted.push_back({keys.key(i), keys.hash(i)});
      if (found == kNoSlot || TooOld(found)) {
        missing.push_back(i);
      } else if (to_change) {
        Touch(found);
      } else {
        header(found).word |= kUsed;
      }
    }
  }
  return Load(wanted, to_change);
}

template <typename Keys>
arrow::Status KeyedTable::LookupBatch(const Keys& keys, std::span<Slot> slots,
                                      std::vector<int64_t>* inserted) {
  if (!any_cold()) {
    LookupInMemory(keys, slots, inserted);
    return arrow::Status::OK();
  }
  ARROW_RETURN_NOT_OK(Recall(keys, slots, /*to_change=*/true));
  for (const size_t i : cold_->missing) slots[i] = LookupRow(keys, i, inserted);
  // To be loaded is no use: a key that is not seen again goes first.
  for (const Slot slot : cold_->loaded) header(slot).word &= ~kUsed;
  return arrow::Status::OK();
}

template <typename Keys>
arrow::Status KeyedTable::FetchBatch(const Keys& keys, std::span<Slot> slots) {
  const auto found = [&](size_t i) {
    const Slot slot = Find(keys.key(i), keys.hash(i));
    return slot != kNoSlot && TooOld(slot) ? kNoSlot : slot;
  };
  if (any_cold()) {
    // To be loaded is no use.
    ARROW_RETURN_NOT_OK(Recall(keys, slots, /*to_change=*/false));
    for (const size_t i : cold_->missing) slots[i] = found(i);
    return arrow::Status::OK();
  }
  for (size_t from = 0; from < slots.size(); from += kBlock) {
    const size_t to = std::min(slots.size(), from + kBlock);
    PrefetchBlock(keys, from, to);
    for (size_t i = from; i < to; ++i) {
      slots[i] = found(i);
      if (slots[i] != kNoSlot && spills()) header(slots[i]).word |= kUsed;
    }
  }
  return arrow::Status::OK();
}

arrow::Status KeyedTable::Fetch(std::span<const KeyRef> keys, std::span<Slot> slots) {
  SABOT_CHECK(slots.size() == keys.size());
  return FetchBatch(RefKeys{keys}, slots);
}

arrow::Status KeyedTable::Fetch(const EncodedKeys& keys, std::span<Slot> slots) {
  SABOT_CHECK(static_cast<int64_t>(slots.size()) == keys.length());
  return FetchBatch(AllRows{keys}, slots);
}

arrow::Status KeyedTable::Fetch(const EncodedKeys& keys, std::span<const int32_t> rows,
                                std::span<Slot> slots) {
  SABOT_CHECK(slots.size() == rows.size());
  return FetchBatch(SomeRows{keys, rows}, slots);
}

arrow::Status KeyedTable::LookupOrInsert(const EncodedKeys& keys, std::span<Slot> slots,
                                         std::vector<int64_t>* inserted) {
  SABOT_CHECK(static_cast<int64_t>(slots.size()) == keys.length());
  return LookupBatch(AllRows{keys}, slots, inserted);
}

arrow::Status KeyedTable::LookupOrInsert(const EncodedKeys& keys, std::span<const int32_t> rows,
                                         std::span<Slot> slots, std::vector<int64_t>* inserted) {
  SABOT_CHECK(slots.size() == rows.size());
  return LookupBatch(SomeRows{keys, rows}, slots, inserted);
}

arrow::Status KeyedTable::LookupOrInsert(const KeyedTable& keys, std::span<const Slot> of,
                                         std::span<Slot> slots) {
  SABOT_CHECK(slots.size() == of.size());
  return LookupBatch(OtherSlots{keys, of}, slots, nullptr);
}

Slot KeyedTable::Lookup(std::string_view key, uint64_t hash) const {
  const Slot found = Find(key, hash);
  return found != kNoSlot && TooOld(found) ? kNoSlot : found;
}

Slot KeyedTable::LookupOrInsert(std::string_view key, uint64_t hash, bool* inserted) {
  const Slot found = Find(key, hash);
  *inserted = found == kNoSlot || TooOld(found);
  if (!*inserted) {
    Touch(found);
    return found;
  }
  if (found != kNoSlot) Erase(found);
  return Insert(key, hash);
}

void KeyedTable::TouchUntouched(Slot slot) {
  uint32_t& word = header(slot).word;
  if (!tracker_.IsTouched(word)) {
    if (tracker_.MustSave(slot, word)) Save(slot);
    tracker_.Touch(slot, word);
  }
  word |= cold_marks_;
}

Slot KeyedTable::TakeSlot(bool known) {
  Slot slot = free_;
  if (slot != kNoSlot) {
    free_ = header(slot).next_free;
  } else {
    slot = num_slots_++;
    cells_.Reserve(num_slots_);
  }
  uint32_t& word = header(slot).word;
  known ? tracker_.TakeKnown(slot, word) : tracker_.Take(slot, word);
  return slot;
}

Slot KeyedTable::Insert(std::string_view key, uint64_t hash) {
  const Slot slot = TakeSlot();
  Fill(slot, key, hash);
  // Not used yet: a key that is never seen again goes first.
  header(slot).word |= cold_marks_ & kStale;
  if (layout_.ttl_ms > 0) touched_ms(slot) = now_ms_;
  ++num_inserted_;
  return slot;
}

void KeyedTable::Fill(Slot slot, std::string_view key, uint64_t hash) {
  Header& added = header(slot);
  added.hash = hash;
  added.size = static_cast<uint32_t>(key.size());
  added.word |= kKeyed;
  if (!has_room(key.size())) added.data = cells_.arena().Allocate(key.size());
  CopyShort(key.data(), key.size(), has_room(key.size()) ? added.bytes : added.data);
  index_.Insert(KeyIndex::TagOf(hash), slot);
  ++num_keys_;
}

void KeyedTable::Erase(Slot slot) {
  SABOT_CHECK((header(slot).word & SlotTracker::kTaken) != 0);
  if (live(slot)) {
    if (frozen_ != nullptr) SaveWithChildren(slot);
    Forget(slot);
    EraseCold(slot);
  }
  Release(slot);
}

void KeyedTable::Release(Slot slot) {
  Header& released = header(slot);
  if (live(slot)) {
    index_.Erase(KeyIndex::TagOf(released.hash), slot);
    if (!has_room(released.size)) cells_.arena().Free(released.data, released.size);
    --num_keys_;
  }
  for (const auto& child : children_) child->DropAll(slot);
  cells_.Clear(slot);
  tracker_.Free(released.word);
  released.size = 0;
  released.next_free = free_;
  free_ = slot;
}

Slot KeyedTable::Renew(Slot slot) {
  SABOT_CHECK(live(slot));
  // To snapshots the key goes and comes again.
  if (frozen_ != nullptr) SaveWithChildren(slot);
  Forget(slot);
  EraseCold(slot);
  const Slot renewed = TakeSlot();
  Header& old = header(slot);
  const uint32_t word = header(renewed).word;
  std::memcpy(&header(renewed), &old, offsetof(Header, bytes) + key_room_);  // A long key, too.
  header(renewed).word = word | kKeyed | cold_marks_;
  index_.Replace(KeyIndex::TagOf(old.hash), slot, renewed);
  if (layout_.ttl_ms > 0) touched_ms(renewed) = now_ms_;
  old.word &= ~kKeyed;
  old.size = 0;
  return renewed;
}

void KeyedTable::Clear() {
  if (frozen_ != nullptr) return LeaveToSnapshot();
  tracker_ = {};
  gone_.Take();
  gone_overflowed_ = false;
  chain_ = {};
  cells_.ClearAll();
  for (const auto& child : children_) child->Clear();
  index_.Clear();
  num_keys_ = 0;
  num_slots_ = 0;
  free_ = kNoSlot;
  if (cold_ != nullptr) cold_ = std::make_unique<ColdTier>(this, tiers_);
}

std::vector<Slot> KeyedTable::LiveSlots() const {
  SABOT_CHECK(!any_cold());
  std::vector<Slot> slots;
  slots.reserve(static_cast<size_t>(num_keys_));
  for (Slot slot = 0; slot < num_slots_; ++slot) {
    if (live(slot) && !TooOld(slot)) slots.push_back(slot);
  }
  return slots;
}

int64_t KeyedTable::size_bytes() const {
  int64_t size = cells_.size_bytes() + index_.size_bytes();
  for (const auto& child : children_) size += child->size_bytes();
  return size;
}

int64_t KeyedTable::used_bytes() const {
  int64_t size = num_keys_ * static_cast<int64_t>(cells_.stride() + KeyIndex::kBytesPerSlot) +
                 cells_.arena().size_bytes();
  for (const auto& child : children_) size += child->used_bytes();
  return size;
}

}  // namespace sabot
