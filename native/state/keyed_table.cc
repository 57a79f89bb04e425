// KeyedTable in memory; see keyed_table.h. Snapshots are in keyed_table_snapshot.cc.
#include "state/keyed_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

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

}  // namespace

KeyedTable::KeyedTable(std::string name, KeyedTableLayout layout)
    : name_(std::move(name)), layout_(std::move(layout)), cells_(CellsOf(layout_), sizeof(Header)) {
  static_assert(sizeof(Header) == 32);
  for (const ChildSpec& child : layout_.children)
    children_.push_back(std::make_unique<ChildTable>(child, this));
}

KeyedTable::~KeyedTable() {
  if (frozen_ != nullptr) LeaveToSnapshot();
}

void KeyedTable::BeginBatch(int64_t now_ms) {
  now_ms_ = std::max(now_ms_, now_ms);
  if (layout_.ttl_ms == 0) return;
  const int64_t wanted = kSweptSlotsMin + 2 * std::exchange(num_inserted_, 0);
  for (int64_t left = std::min<int64_t>(wanted, num_slots_); left > 0; --left) {
    if (next_swept_ >= num_slots_) next_swept_ = 0;
    const Slot slot = next_swept_++;
    if (live(slot) && TooOld(slot)) Erase(slot);
  }
}

inline Slot KeyedTable::Find(std::string_view key, uint64_t hash) const {
  return index_.Find(KeyIndex::TagOf(hash),
                     [&](Slot slot) { return SameKey(KeyOf(header(slot)), key); });
}

template <typename RowOf>
void KeyedTable::LookupBatch(const EncodedKeys& keys, RowOf&& row_of, std::span<Slot> slots,
                             std::vector<int64_t>* inserted) {
  for (size_t from = 0; from < slots.size(); from += kBlock) {
    const size_t to = std::min(slots.size(), from + kBlock);
    for (size_t i = from; i < to; ++i) index_.Prefetch(KeyIndex::TagOf(keys.hash(row_of(i))));
    for (size_t i = from; i < to; ++i) {
      const Slot candidate = index_.Candidate(KeyIndex::TagOf(keys.hash(row_of(i))));
      if (candidate == kNoSlot) continue;
      const char* const row = cells_.row(candidate);
      __builtin_prefetch(row);
      if (cells_.stride() > 64) __builtin_prefetch(row + 64);
    }
    for (size_t i = from; i < to; ++i) {
      const int64_t row = row_of(i);
      const uint64_t hash = keys.hash(row);
      const std::string_view key = keys.key(row);
      const Slot found = Find(key, hash);
      if (found != kNoSlot && !TooOld(found)) {
        Touch(found);
        slots[i] = found;
        continue;
      }
      if (found != kNoSlot) Erase(found);
      slots[i] = Insert(key, hash);
      if (inserted != nullptr) inserted->push_back(row);
    }
  }
}

void KeyedTable::LookupOrInsert(const EncodedKeys& keys, std::span<Slot> slots,
                                std::vector<int64_t>* inserted) {
  SABOT_CHECK(static_cast<int64_t>(slots.size()) == keys.length());
  LookupBatch(keys, [](size_t i) { return static_cast<int64_t>(i); }, slots, inserted);
}

void KeyedTable::LookupOrInsert(const EncodedKeys& keys, std::span<const int32_t> rows,
                                std::span<Slot> slots, std::vector<int64_t>* inserted) {
  SABOT_CHECK(slots.size() == rows.size());
  LookupBatch(keys, [rows](size_t i) { return int64_t{rows[i]}; }, slots, inserted);
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
  if (tracker_.MustSave(slot, word)) Save(slot);
  tracker_.Touch(slot, word);
}

Slot KeyedTable::TakeSlot() {
  Slot slot = free_;
  if (slot != kNoSlot) {
    free_ = header(slot).next_free;
  } else {
    slot = num_slots_++;
    cells_.Reserve(num_slots_);
  }
  tracker_.Take(slot, header(slot).word);
  return slot;
}

Slot KeyedTable::Insert(std::string_view key, uint64_t hash) {
  const Slot slot = TakeSlot();
  Header& added = header(slot);
  added.hash = hash;
  added.size = static_cast<uint32_t>(key.size());
  added.word |= kKeyed;
  if (key.size() > kInline) added.data = cells_.arena().Allocate(key.size());
  if (!key.empty())
    std::memcpy(key.size() > kInline ? added.data : added.bytes, key.data(), key.size());
  index_.Insert(KeyIndex::TagOf(hash), slot);
  if (layout_.ttl_ms > 0) touched_ms(slot) = now_ms_;
  ++num_inserted_;
  ++num_keys_;
  return slot;
}

void KeyedTable::Erase(Slot slot) {
  Header& erased = header(slot);
  SABOT_CHECK((erased.word & SlotTracker::kTaken) != 0);
  if (live(slot)) {
    if (frozen_ != nullptr) SaveWithChildren(slot);
    Forget(slot);
    index_.Erase(KeyIndex::TagOf(erased.hash), slot);
    if (erased.size > kInline) cells_.arena().Free(erased.data, erased.size);
    --num_keys_;
  }
  for (const auto& child : children_) child->DropAll(slot);
  cells_.Clear(slot);
  tracker_.Free(erased.word);
  erased.size = 0;
  erased.next_free = free_;
  free_ = slot;
}

Slot KeyedTable::Renew(Slot slot) {
  SABOT_CHECK(live(slot));
  // To snapshots the key goes and comes again.
  if (frozen_ != nullptr) SaveWithChildren(slot);
  Forget(slot);
  const Slot renewed = TakeSlot();
  Header& old = header(slot);
  const uint32_t word = header(renewed).word;
  header(renewed) = old;  // With the bytes of a long key.
  header(renewed).word = word | kKeyed;
  index_.Replace(KeyIndex::TagOf(old.hash), slot, renewed);
  if (layout_.ttl_ms > 0) touched_ms(renewed) = now_ms_;
  old.word &= ~kKeyed;
  old.size = 0;
  return renewed;
}

void KeyedTable::Clear() {
  if (frozen_ != nullptr) return LeaveToSnapshot();
  tracker_ = {};
  forgotten_ = {};
  chain_ = {};
  cells_.ClearAll();
  for (const auto& child : children_) child->Clear();
  index_.Clear();
  num_keys_ = 0;
  num_slots_ = 0;
  free_ = kNoSlot;
}

std::vector<Slot> KeyedTable::LiveSlots() const {
  std::vector<Slot> slots;
  slots.reserve(static_cast<size_t>(num_keys_));
  for (Slot slot = 0; slot < num_slots_; ++slot) {
    if (live(slot) && !TooOld(slot)) slots.push_back(slot);
  }
  return slots;
}

std::vector<Slot> KeyedTable::LiveSlots(Slot* next, size_t num_max) const {
  std::vector<Slot> slots;
  for (; *next < num_slots_ && slots.size() < num_max; ++*next) {
    if (live(*next) && !TooOld(*next)) slots.push_back(*next);
  }
  return slots;
}

int64_t KeyedTable::size_bytes() const {
  int64_t size = cells_.size_bytes() + index_.size_bytes();
  for (const auto& child : children_) size += child->size_bytes();
  return size;
}

}  // namespace sabot
