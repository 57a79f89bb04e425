// KeyedTable's cold tier: rows that are not in memory lie in a ColdStore.
//
//   row       key -> time until which it is kept (where keys have a time), cells,
//                    and of each child set the number of elements
//   element   key, child, element -> the same time, cells
//
// A key is in memory with all its elements, or not at all. What is in memory may be newer than what
// the store has (stale); it is written when the key is evicted. A clock's hand goes round the keys:
// it evicts those that were not used since it last came by, and have not been for as many rounds
// as they were used before, three at most. To come into memory is no use.
#include "state/keyed_table_cold.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace sabot {
namespace {

// Evicted rows are handed over in batches of this size.
constexpr int64_t kWriteBytes = int64_t{1} << 20;
// Used, then three times not.
constexpr int64_t kRoundsMax = 6;

}  // namespace

arrow::Status RowDamaged(const std::string& structure) {
  return UserError("state-damaged", structure,
                   "a row of state '" + structure + "' is damaged on disk");
}

KeyedTable::ColdTier::ColdTier(KeyedTable* owner, StateTiers* table_tiers)
    : table(owner), tiers(table_tiers) {
  tiers->Add(this);
}

KeyedTable::ColdTier::~ColdTier() {
  tiers->Remove(this);
  if (any) tiers->Drop(place);
}

// Evictions between two barriers are kept in memory for the next delta; where they are many, a base
// is better.
bool KeyedTable::LogsGone() {
  if (any_cold() && gone_.size_bytes() > tiers_->log_bytes_max()) {
    gone_overflowed_ = true;
    gone_.Take();
  }
  return !gone_overflowed_;
}

ColdTableOptions KeyedTable::ColdOptions() const { return {.expires = layout_.ttl_ms > 0}; }

// --- loading ---

arrow::Status KeyedTable::Load(std::vector<KeyRef>& wanted) {
  ColdTier& cold = *cold_;
  cold.loaded.clear();
  ARROW_RETURN_NOT_OK(cold.FlushErased());
  if (wanted.empty()) return arrow::Status::OK();
  std::sort(wanted.begin(), wanted.end(), [](const KeyRef& a, const KeyRef& b) {
    const int a_group = KeyGroupOf(a.hash);
    const int b_group = KeyGroupOf(b.hash);
    return a_group != b_group ? a_group < b_group : a.key < b.key;
  });
  wanted.erase(std::unique(wanted.begin(), wanted.end(),
                           [](const KeyRef& a, const KeyRef& b) { return a.key == b.key; }),
               wanted.end());
  cold.key_bytes.clear();
  cold.key_ends.clear();
  for (const KeyRef& each : wanted) {
    AppendColdKey(cold.place.prefix, each.hash, each.key, &cold.key_bytes);
    cold.key_ends.push_back(cold.key_bytes.size());
  }
  cold.keys.clear();
  for (size_t i = 0; i < wanted.size(); ++i) {
    const size_t begin = i == 0 ? 0 : cold.key_ends[i - 1];
    cold.keys.push_back(std::string_view(cold.key_bytes).substr(begin, cold.key_ends[i] - begin));
  }
  ARROW_RETURN_NOT_OK(cold.place.store->MultiGet(cold.place.table, cold.keys, &cold.values));
  std::unique_ptr<ColdScan> elements;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!cold.values.has(i)) continue;
    if (!children_.empty() && elements == nullptr) {
      ARROW_ASSIGN_OR_RAISE(elements, cold.place.store->Scan(cold.place.table, cold.keys[i], {}));
    }
    bool has_elements = false;
    ARROW_ASSIGN_OR_RAISE(const Slot slot, LoadRow(wanted[i].key, wanted[i].hash,
                                                   cold.values.value(i), &has_elements));
    header(slot).word |= kInCold;
    cold.loaded.push_back(slot);
    if (has_elements) ARROW_RETURN_NOT_OK(LoadElements(slot, cold.keys[i], *elements));
  }
  return arrow::Status::OK();
}

arrow::Result<Slot> KeyedTable::LoadRow(std::string_view key, uint64_t hash, std::string_view value,
                                        bool* has_elements) {
  const Slot slot = TakeSlot(/*known=*/true);
  Fill(slot, key, hash);
  ByteReader bytes(value);
  if (layout_.ttl_ms > 0) touched_ms(slot) = bytes.I64() - layout_.ttl_ms;
  cells_.Read(slot, bytes);
  *has_elements = false;
  for (size_t i = 0; i < children_.size(); ++i) *has_elements |= bytes.Varint() > 0;
  if (bytes.ok() && bytes.done()) return slot;
  Release(slot);
  return RowDamaged(name_);
}

// The scan stands on the row, or is moved there. No key stays in memory without its elements.
arrow::Status KeyedTable::LoadElements(Slot slot, std::string_view row_key, ColdScan& rows) {
  arrow::Status status;
  if (!rows.valid() || rows.key() != row_key) status = rows.Seek(row_key);
  if (status.ok()) status = ReadElements(slot, row_key, rows);
  if (!status.ok()) Release(slot);
  return status;
}

arrow::Status KeyedTable::ReadElements(Slot slot, std::string_view row_key, ColdScan& rows) {
  if (rows.valid() && rows.key() == row_key) ARROW_RETURN_NOT_OK(rows.Next());
  while (rows.valid() && rows.key().starts_with(row_key)) {
    const std::string_view rest = rows.key().substr(row_key.size());
    const auto place = static_cast<unsigned char>(rest[0]);
    if (place >= children_.size()) return RowDamaged(name_);
    ByteReader bytes(rows.value());
    if (layout_.ttl_ms > 0) bytes.I64();
    children_[place]->Load(slot, rest.substr(1), bytes);
    if (!bytes.ok() || !bytes.done()) return RowDamaged(name_);
    ARROW_RETURN_NOT_OK(rows.Next());
  }
  return arrow::Status::OK();
}

// --- evicting ---

// Between two elements.
arrow::Result<int64_t> KeyedTable::ColdTier::Spill(int64_t bytes) {
  if (num_pins > 0 || table->num_keys_ == 0) return 0;
  if (!any) {
    ARROW_ASSIGN_OR_RAISE(place, tiers->NewPlace(table->name_, table->ColdOptions()));
    any = true;
  }
  ARROW_RETURN_NOT_OK(FlushErased());
  // What a key leaves behind for snapshots is no gain.
  const int64_t before = memory_bytes();
  // After so many rounds no key is spared.
  for (int64_t left = kRoundsMax * int64_t{table->num_slots_}; left > 0; --left) {
    if (before - memory_bytes() >= bytes) break;
    if (hand >= table->num_slots_) hand = 0;
    const Slot slot = hand++;
    if (!table->live(slot)) continue;
    uint32_t& word = table->header(slot).word;
    if (table->TooOld(slot)) {
      table->Erase(slot);
    } else if ((word & kUsed) != 0) {
      word &= ~kUsed;
      if ((word & kHabitMax) != kHabitMax) word += kHabit;
    } else if ((word & kHabitMax) != 0) {
      word -= kHabit;
    } else {
      ARROW_RETURN_NOT_OK(table->Evict(slot));
    }
    if (writes.size_bytes() >= kWriteBytes) ARROW_RETURN_NOT_OK(WriteEvicted());
  }
  ARROW_RETURN_NOT_OK(WriteEvicted());
  return before - memory_bytes();
}

arrow::Status KeyedTable::ColdTier::WriteEvicted() {
  if (writes.size() == 0) return arrow::Status::OK();
  writes.SortByKey();
  tiers->CountSpilled(writes.size_bytes());
  const arrow::Status status = place.store->Write(writes);
  writes.Clear();
  return status;
}

arrow::Status KeyedTable::Evict(Slot slot) {
  if (on_evict_ != nullptr) ARROW_RETURN_NOT_OK(on_evict_(slot));
  NoteEvicted(slot);
  if (frozen_ != nullptr) SaveWithChildren(slot);
  if ((header(slot).word & kStale) != 0) WriteCold(slot);
  Release(slot);
  return arrow::Status::OK();
}

void KeyedTable::WriteCold(Slot slot) {
  ColdTier& cold = *cold_;
  const bool timed = layout_.ttl_ms > 0;
  const int64_t until_ms = timed ? touched_ms(slot) + layout_.ttl_ms : 0;
  cold.key_bytes.clear();
  AppendColdKey(cold.place.prefix, hash(slot), key(slot), &cold.key_bytes);
  cold.value.Clear();
  if (timed) cold.value.I64(until_ms);
  cells_.Write(slot, cold.value);
  for (const auto& child : children_) cold.value.Varint(static_cast<uint64_t>(child->count(slot)));
  cold.writes.Put(cold.place.table, cold.key_bytes, cold.value.view());
  const size_t row_key_size = cold.key_bytes.size();
  for (size_t i = 0; i < children_.size(); ++i) {
    const ChildTable& child = *children_[i];
    if (child.count(slot) == 0) continue;
    for (const Slot element : child.Elements(slot)) {
      // With the key's time theirs has changed.
      if (!timed && (child.header(element).word & ChildTable::kStale) == 0) continue;
      cold.key_bytes.resize(row_key_size);
      AppendColdElement(static_cast<int>(i), child.element(element), &cold.key_bytes);
      cold.value.Clear();
      if (timed) cold.value.I64(until_ms);
      child.cells_.Write(element, cold.value);
      cold.writes.Put(cold.place.table, cold.key_bytes, cold.value.view());
    }
  }
}

// --- erasing ---

// A key that goes, or begins anew, with all its elements.
void KeyedTable::EraseCold(Slot slot) {
  uint32_t& word = header(slot).word;
  if ((word & kInCold) == 0) return;
  word &= ~kInCold;
  ColdTier& cold = *cold_;
  cold.key_bytes.clear();
  AppendColdKey(cold.place.prefix, hash(slot), key(slot), &cold.key_bytes);
  cold.erased.Delete(cold.place.table, cold.key_bytes);
  for (const auto& child : children_) {
    if (child->count(slot) == 0) continue;
    for (const Slot element : child->Elements(slot)) EraseColdElement(*child, element);
  }
}

void KeyedTable::EraseColdElement(const ChildTable& child, Slot element) {
  if ((child.header(element).word & ChildTable::kInCold) == 0) return;
  const Slot parent = child.header(element).parent;
  if (!live(parent)) return;  // Renewed: all its elements are erased already.
  ColdTier& cold = *cold_;
  cold.key_bytes.clear();
  AppendColdKey(cold.place.prefix, hash(parent), key(parent), &cold.key_bytes);
  AppendColdElement(PlaceOf(child), child.element(element), &cold.key_bytes);
  cold.erased.Delete(cold.place.table, cold.key_bytes);
}

arrow::Status KeyedTable::ColdTier::FlushErased() {
  if (erased.size() == 0) return arrow::Status::OK();
  ARROW_RETURN_NOT_OK(place.store->Write(erased));
  erased.Clear();
  return arrow::Status::OK();
}

arrow::Result<Slot> KeyedTable::Fetch(std::string_view key, uint64_t hash) {
  Slot found = Find(key, hash);
  if (found == kNoSlot && any_cold()) {
    cold_->wanted.assign(1, {key, hash});
    ARROW_RETURN_NOT_OK(Load(cold_->wanted));
    found = Find(key, hash);
  }
  return found != kNoSlot && TooOld(found) ? kNoSlot : found;
}

arrow::Result<Slot> KeyedTable::Read(std::string_view key, uint64_t hash) {
  ARROW_ASSIGN_OR_RAISE(const Slot slot, Fetch(key, hash));
  const bool is_use = layout_.ttl_ms > 0 && layout_.ttl_update == TtlUpdate::kReadAndWrite;
  if (slot != kNoSlot && is_use) Touch(slot);
  return slot;
}

}  // namespace sabot
