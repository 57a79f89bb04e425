// KeyedTable in memory; see keyed_table.h. Snapshots are in keyed_table_snapshot.cc.
#include "state/keyed_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sabot {
namespace {

// Rows of a batch whose cache lines are fetched together.
constexpr size_t kBlock = 32;

}  // namespace

KeyedTable::KeyedTable(std::string name, KeyedTableLayout layout)
    : name_(std::move(name)), layout_(std::move(layout)), cells_(layout_.cells, sizeof(Header)) {
  static_assert(sizeof(Header) == 32);
  for (const ChildSpec& child : layout_.children)
    children_.push_back(std::make_unique<ChildTable>(child, this));
}

KeyedTable::~KeyedTable() {
  if (frozen_ != nullptr) LeaveToSnapshot();
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
      const Slot found = index_.Find(KeyIndex::TagOf(hash),
                                     [&](Slot slot) { return SameKey(KeyOf(header(slot)), key); });
      if (found != kNoSlot) {
        Touch(found);
        slots[i] = found;
        continue;
      }
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
  return index_.Find(KeyIndex::TagOf(hash),
                     [&](Slot slot) { return SameKey(KeyOf(header(slot)), key); });
}

Slot KeyedTable::LookupOrInsert(std::string_view key, uint64_t hash, bool* inserted) {
  const Slot found = Lookup(key, hash);
  *inserted = found == kNoSlot;
  if (found == kNoSlot) return Insert(key, hash);
  Touch(found);
  return found;
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
    if (live(slot)) slots.push_back(slot);
  }
  return slots;
}

int64_t KeyedTable::size_bytes() const {
  int64_t size = cells_.size_bytes() + index_.size_bytes();
  for (const auto& child : children_) size += child->size_bytes();
  return size;
}

}  // namespace sabot
