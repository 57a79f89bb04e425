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
#include <cstring>
#include <utility>

#include "base/error.h"

namespace sabot {
namespace {

// Evicted rows are handed over in batches of this size.
constexpr int64_t kWriteBytes = int64_t{1} << 20;
// Keys whose places in the log are fetched into the processor's cache together.
constexpr size_t kBlock = 32;
// Used, then three times not.
constexpr int64_t kRoundsMax = 6;
// Keys that are evicted together.
constexpr int64_t kVictimsMax = 32;

}  // namespace

arrow::Status RowDamaged(const std::string& structure) {
  return UserError("state-damaged", structure,
                   "a row of state '" + structure + "' is damaged on disk");
}

KeyedTable::ColdTier::ColdTier(KeyedTable* owner, StateTiers* table_tiers)
    : table(owner),
      tiers(table_tiers),
      log(owner->layout_.children.empty() ? table_tiers->log() : nullptr) {
  tiers->Add(this);
}

KeyedTable::ColdTier::~ColdTier() {
  tiers->Remove(this);
  if (in_log) log->Drop(number);
  if (in_store) tiers->Drop(place);
}

arrow::Status KeyedTable::ColdTier::OpenStore() {
  if (in_store) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(place, tiers->NewPlace(table->name_, table->ColdOptions()));
  in_store = true;
  return arrow::Status::OK();
}

void KeyedTable::ColdTier::SetTime(int64_t now_ms) {
  if (in_log) log->SetTime(number, now_ms);
  if (in_store) place.store->SetProcessingTime(now_ms);
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

// Those that the log has not stay in `wanted`.
arrow::Status KeyedTable::LoadFromLog(std::vector<KeyRef>& wanted, bool to_change) {
  ColdTier& cold = *cold_;
  ColdLog& log = *cold.log;
  size_t num_left = 0;
  const uint32_t in_store = cold.in_store ? kInCold : 0;
  for (size_t from = 0; from < wanted.size(); from += kBlock) {
    const size_t to = std::min(wanted.size(), from + kBlock);
    for (size_t i = from; i < to; ++i)
      log.PrefetchIndex(cold.LogKey(wanted[i].key, wanted[i].hash));
    for (size_t i = from; i < to; ++i)
      log.PrefetchPlace(cold.LogKey(wanted[i].key, wanted[i].hash));
    for (size_t i = from; i < to; ++i) {
      const KeyRef each = wanted[i];
      if (Find(each.key, each.hash) != kNoSlot) continue;  // It is wanted twice.
      const ColdLog::Key key = cold.LogKey(each.key, each.hash);
      ARROW_ASSIGN_OR_RAISE(const ColdLog::Found found, log.Find(key));
      if (!found) {
        wanted[num_left++] = each;
        continue;
      }
      bool has_elements = false;
      ARROW_ASSIGN_OR_RAISE(const Slot slot,
                            LoadRow(each.key, each.hash, found.value, &has_elements));
      header(slot).word |= in_store | (to_change ? kStale : kInLog);
      if (to_change) log.Remove(key, found);
      cold.loaded.push_back(slot);
    }
  }
  wanted.resize(num_left);
  return arrow::Status::OK();
}

arrow::Status KeyedTable::Load(std::vector<KeyRef>& wanted, bool to_change) {
  ColdTier& cold = *cold_;
  cold.loaded.clear();
  ARROW_RETURN_NOT_OK(cold.FlushErased());
  if (cold.in_log) ARROW_RETURN_NOT_OK(LoadFromLog(wanted, to_change));
  if (wanted.empty() || !cold.in_store) return arrow::Status::OK();
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
  if (log == nullptr) {
    ARROW_RETURN_NOT_OK(OpenStore());
  } else if (!in_log) {
    number = log->Open(this, table->ColdOptions().expires);
    in_log = true;
    SetTime(table->now_ms_);
  }
  ARROW_RETURN_NOT_OK(FlushErased());
  // What a key leaves behind for snapshots is no gain.
  const int64_t before = memory_bytes();
  // After so many rounds no key is spared.
  int64_t left = kRoundsMax * int64_t{table->num_slots_};
  while (left > 0 && before - memory_bytes() < bytes && table->num_keys_ > 0) {
    const int64_t bytes_left = bytes - (before - memory_bytes());
    const int64_t wanted_now = bytes_left / (memory_bytes() / table->num_keys_ + 1) + 1;
    ARROW_RETURN_NOT_OK(ChooseVictims(std::min(wanted_now, kVictimsMax), &left));
    ARROW_RETURN_NOT_OK(EvictVictims());
    if (writes.size_bytes() >= kWriteBytes) ARROW_RETURN_NOT_OK(WriteEvicted());
  }
  ARROW_RETURN_NOT_OK(WriteEvicted());
  return before - memory_bytes();
}

// Not beyond the last slot, so that none is chosen twice.
arrow::Status KeyedTable::ColdTier::ChooseVictims(int64_t count, int64_t* steps_left) {
  if (hand >= table->num_slots_) hand = 0;
  victims.clear();
  while (hand < table->num_slots_ && std::ssize(victims) < count && (*steps_left)-- > 0) {
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
      victims.push_back(slot);
    }
  }
  return erase_failed;
}

// What they lead to is fetched into the processor's cache first.
arrow::Status KeyedTable::ColdTier::EvictVictims() {
  for (const Slot slot : victims) {
    table->cells_.PrefetchBytes(table->cells_.row(slot));
    table->index_.Prefetch(KeyIndex::TagOf(table->hash(slot)));
    if (log != nullptr) log->PrefetchIndex(LogKey({}, table->hash(slot)));
  }
  for (const Slot slot : victims) ARROW_RETURN_NOT_OK(table->Evict(slot));
  return arrow::Status::OK();
}

arrow::Status KeyedTable::ColdTier::TakeOver(std::span<const ColdLog::Row> rows) {
  ARROW_RETURN_NOT_OK(OpenStore());
  ARROW_RETURN_NOT_OK(FlushErased());
  for (const ColdLog::Row& row : rows) {
    key_bytes.clear();
    AppendColdKey(place.prefix, row.hash, row.key, &key_bytes);
    writes.Put(place.table, key_bytes, row.value);
  }
  return WriteEvicted();
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
  if ((header(slot).word & kStale) != 0) ARROW_RETURN_NOT_OK(WriteCold(slot));
  Release(slot);
  return arrow::Status::OK();
}

arrow::Result<bool> KeyedTable::WriteToLog(Slot slot) {
  ColdTier& cold = *cold_;
  if (cold.log == nullptr) return false;
  if ((header(slot).word & kInLog) != 0) ARROW_RETURN_NOT_OK(RemoveFromLog(slot));
  const bool timed = layout_.ttl_ms > 0;
  const int64_t until_ms = timed ? touched_ms(slot) + layout_.ttl_ms : 0;
  const size_t bytes_max =
      (timed ? sizeof(until_ms) : 0) + cells_.WrittenBytesMax(cells_.row(slot));
  if (!cold.log->Fits(key(slot).size(), bytes_max)) return false;
  ARROW_ASSIGN_OR_RAISE(char* const begin,
                        cold.log->Begin(cold.LogKey(key(slot), hash(slot)), bytes_max));
  char* at = begin;
  if (timed) {
    std::memcpy(at, &until_ms, sizeof(until_ms));
    at += sizeof(until_ms);
  }
  at = cells_.Write(cells_.row(slot), at);
  cold.log->End(at);
  cold.tiers->CountSpilled(std::ssize(key(slot)) + (at - begin));
  return true;
}

arrow::Status KeyedTable::RemoveFromLog(Slot slot) {
  const ColdLog::Key row = cold_->LogKey(key(slot), hash(slot));
  ARROW_ASSIGN_OR_RAISE(const ColdLog::Found found, cold_->log->Find(row));
  // It may have gone on to the store.
  if (found) cold_->log->Remove(row, found);
  return arrow::Status::OK();
}

arrow::Status KeyedTable::WriteCold(Slot slot) {
  ColdTier& cold = *cold_;
  ARROW_ASSIGN_OR_RAISE(const bool is_written, WriteToLog(slot));
  if (is_written) return arrow::Status::OK();
  ARROW_RETURN_NOT_OK(cold.OpenStore());
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
  return arrow::Status::OK();
}

// --- erasing ---

// A key that goes, or begins anew, with all its elements.
void KeyedTable::EraseCold(Slot slot) {
  uint32_t& word = header(slot).word;
  if ((word & (kInCold | kInLog)) == 0) return;
  ColdTier& cold = *cold_;
  if ((word & kInLog) != 0) {
    const arrow::Status removed = RemoveFromLog(slot);
    if (!removed.ok()) cold.erase_failed = removed;
  }
  word &= ~(kInCold | kInLog);
  if (!cold.in_store) return;
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
  ARROW_RETURN_NOT_OK(erase_failed);
  if (erased.size() == 0) return arrow::Status::OK();
  ARROW_RETURN_NOT_OK(place.store->Write(erased));
  erased.Clear();
  return arrow::Status::OK();
}

arrow::Result<Slot> KeyedTable::Fetch(std::string_view key, uint64_t hash) {
  Slot found = Find(key, hash);
  if (found == kNoSlot && any_cold()) {
    cold_->wanted.assign(1, {key, hash});
    ARROW_RETURN_NOT_OK(Load(cold_->wanted, /*to_change=*/false));
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
