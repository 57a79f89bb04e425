// Going over all keys of a KeyedTable, wherever they lie.
#include <algorithm>
#include <array>
#include <utility>

#include "state/keyed_table_cold.h"

namespace sabot {
namespace {

// Rows of the store that a reading looks at in one piece.
constexpr int kLookedAtMax = 8'192;
// What a place in the log costs a pass, beside the note of a key.
constexpr int64_t kPlacesANote = 8;

bool IsAmong(const std::vector<std::string>& keys, std::string_view key) {
  return std::binary_search(keys.begin(), keys.end(), key,
                            [](std::string_view a, std::string_view b) { return a < b; });
}

}  // namespace

arrow::Result<bool> KeyedTable::empty() {
  if (num_keys_ > 0) return false;
  Scan scan(*this);
  ARROW_ASSIGN_OR_RAISE(const auto first, scan.Next(1));
  return first.empty();
}

arrow::Result<KeyedTable::TakenRow> KeyedTable::TakeRow(ColdScan& rows) {
  const std::string row_key(rows.key());
  const std::string_view key =
      std::string_view(row_key).substr(row_key.size() - KeyOfRow(rows).size());
  if (key.size() < layout_.unhashed_bytes) return RowDamaged(name_);
  const uint64_t hash = HashOf(key);
  TakenRow taken{.slot = Find(key, hash)};
  if (taken.slot != kNoSlot) {
    ARROW_RETURN_NOT_OK(SkipRow(rows));
    return taken;
  }
  if (cold_->in_log) {
    ARROW_ASSIGN_OR_RAISE(const ColdLog::Found newer, cold_->log->Find(cold_->LogKey(key, hash)));
    if (newer) {
      ARROW_RETURN_NOT_OK(rows.Next());
      return taken;
    }
  }
  bool has_elements = false;
  ARROW_ASSIGN_OR_RAISE(taken.slot, LoadRow(key, hash, rows.value(), &has_elements));
  taken.was_loaded = true;
  header(taken.slot).word |= kInCold;
  ARROW_RETURN_NOT_OK(has_elements ? LoadElements(taken.slot, row_key, rows) : rows.Next());
  return taken;
}

arrow::Result<KeyedTable::TakenRow> KeyedTable::TakeRow(const ColdLogRows& rows) {
  TakenRow taken{.slot = Find(rows.key(), rows.hash())};
  if (taken.slot != kNoSlot) return taken;
  bool has_elements = false;
  ARROW_ASSIGN_OR_RAISE(taken.slot, LoadRow(rows.key(), rows.hash(), rows.value(), &has_elements));
  taken.was_loaded = true;
  header(taken.slot).word |= kInLog | (cold_->in_store ? kInCold : 0);
  return taken;
}

arrow::Status KeyedTable::SkipRow(ColdScan& rows) {
  const std::string row_key(rows.key());
  do {
    ARROW_RETURN_NOT_OK(rows.Next());
  } while (rows.valid() && rows.key().starts_with(row_key));
  return arrow::Status::OK();
}

arrow::Status KeyedTable::ReleaseLoaded(std::vector<Slot>& loaded) {
  for (const Slot slot : loaded) {
    if (live(slot) && (header(slot).word & kStale) == 0) ARROW_RETURN_NOT_OK(Evict(slot));
  }
  loaded.clear();
  return arrow::Status::OK();
}

// --- while nothing changes ---

KeyedTable::Scan::Scan(KeyedTable& table) : table_(table), end_(table.num_slots_) {
  if (table_.cold_ == nullptr) return;
  ++table_.cold_->num_pins;
  // Or rows that were given would be found in the store, too.
  if (table_.cold_->log != nullptr) table_.cold_->log->Pin();
}

KeyedTable::Scan::~Scan() {
  if (table_.cold_ == nullptr) return;
  --table_.cold_->num_pins;
  if (table_.cold_->log != nullptr) table_.cold_->log->Unpin();
}

arrow::Result<std::span<const Slot>> KeyedTable::Scan::Next(size_t count) {
  slots_.clear();
  for (; next_ < end_ && slots_.size() < count; ++next_) {
    if (table_.live(next_) && !table_.TooOld(next_)) slots_.push_back(next_);
  }
  // Keys on disk come in pieces of their own: what was erased before is not among them.
  if (!slots_.empty() || next_ < end_ || !table_.any_cold()) return slots_;
  ColdTier& cold = *table_.cold_;
  for (const Slot slot : std::exchange(loaded_, {})) {
    if (table_.live(slot)) ARROW_RETURN_NOT_OK(table_.Evict(slot));
  }
  ARROW_RETURN_NOT_OK(cold.WriteEvicted());
  ARROW_RETURN_NOT_OK(cold.FlushErased());
  if (cold.in_log && !log_is_read_) ARROW_RETURN_NOT_OK(ReadLog(count));
  if (cold.in_store && slots_.empty()) ARROW_RETURN_NOT_OK(ReadStore(count));
  return slots_;
}

// It takes no row that is in memory already.
arrow::Status KeyedTable::Scan::ReadLog(size_t count) {
  const ColdTier& cold = *table_.cold_;
  if (log_rows_ == nullptr) log_rows_ = std::make_unique<ColdLogRows>(cold.log->All(cold.number));
  while (slots_.size() < count) {
    ARROW_ASSIGN_OR_RAISE(const bool any_left, log_rows_->Next());
    if (!any_left) {
      log_rows_.reset();
      log_is_read_ = true;
      return arrow::Status::OK();
    }
    ARROW_ASSIGN_OR_RAISE(const TakenRow taken, table_.TakeRow(*log_rows_));
    if (!taken.was_loaded) continue;
    loaded_.push_back(taken.slot);
    if (!table_.TooOld(taken.slot)) slots_.push_back(taken.slot);
  }
  return arrow::Status::OK();
}

// Nor one of which the log has a newer one, which was given before.
arrow::Status KeyedTable::Scan::ReadStore(size_t count) {
  if (rows_ == nullptr) {
    ARROW_ASSIGN_OR_RAISE(rows_, ScanKeyGroups(table_.cold_->place, {}));
  }
  while (rows_->valid() && slots_.size() < count) {
    ARROW_ASSIGN_OR_RAISE(const TakenRow taken, table_.TakeRow(*rows_));
    if (!taken.was_loaded) continue;
    loaded_.push_back(taken.slot);
    if (!table_.TooOld(taken.slot)) slots_.push_back(taken.slot);
  }
  return arrow::Status::OK();
}

// --- while the table changes ---

arrow::Result<std::vector<Slot>> KeyedTable::Reading::Next(KeyedTable& table, size_t count,
                                                           bool* last) {
  if (table.cold_marks_ == 0) return NextInMemory(table, count, last);
  ARROW_RETURN_NOT_OK(table.ReleaseLoaded(loaded_));
  if (!in_pass_) BeginPass(table);
  std::vector<Slot> slots;
  ARROW_RETURN_NOT_OK(log_rows_ != nullptr ? ReadLog(table, count, &slots)
                      : has_rows_          ? ReadRows(table, count, &slots)
                                           : ReadNoted(table, count, &slots));
  in_pass_ = log_rows_ != nullptr || has_rows_ || next_noted_ < noted_.size();
  *last = !in_pass_ && next_group_ == kMaxParallelism;
  return slots;
}

// What came after the first call may be left out, so that a reading ends.
std::vector<Slot> KeyedTable::Reading::NextInMemory(const KeyedTable& table, size_t count,
                                                    bool* last) {
  if (end_ == 0) end_ = table.num_slots_;
  const Slot end = std::min(end_, table.num_slots_);
  std::vector<Slot> slots;
  for (; next_ < end && slots.size() < count; ++next_) {
    if (table.live(next_) && !table.TooOld(next_)) slots.push_back(next_);
  }
  *last = next_ >= end;
  return slots;
}

void KeyedTable::Reading::BeginPass(const KeyedTable& table) {
  std::array<int64_t, kMaxParallelism> num_keys{};
  for (Slot slot = 0; slot < table.num_slots_; ++slot) {
    if (table.live(slot)) ++num_keys[static_cast<size_t>(KeyGroupOf(table.hash(slot)))];
  }
  const bool in_log = table.any_cold() && table.cold_->in_log;
  for (size_t group = 0; in_log && group < num_keys.size(); ++group)
    num_keys[group] += table.cold_->log->CountOf(static_cast<int>(group)) / kPlacesANote;
  KeyGroups groups{.first = next_group_, .last = next_group_};
  int64_t sum = num_keys[static_cast<size_t>(next_group_)];
  while (groups.last + 1 < kMaxParallelism) {
    sum += num_keys[static_cast<size_t>(groups.last) + 1];
    if (sum > noted_max_) break;
    ++groups.last;
  }
  next_group_ = groups.last + 1;
  noted_.clear();
  next_noted_ = 0;
  for (Slot slot = 0; slot < table.num_slots_; ++slot) {
    if (table.live(slot) && groups.holds(table.hash(slot))) noted_.emplace_back(table.key(slot));
  }
  std::sort(noted_.begin(), noted_.end());
  has_rows_ = table.any_cold() && table.cold_->in_store;
  places_.clear();
  next_place_ = 0;
  given_.clear();
  if (in_log) {
    const ColdTier& cold = *table.cold_;
    log_rows_ = std::make_shared<ColdLogRows>(cold.log->All(cold.number));
    for (int group = groups.first; group <= groups.last; ++group) {
      const std::vector<uint32_t> places = cold.log->PlacesOf(group);
      places_.insert(places_.end(), places.begin(), places.end());
    }
  }
  if (!has_rows_) return;
  next_row_ = table.cold_->place.Begin(groups.first);
  rows_end_ = table.cold_->place.Begin(groups.last + 1);
}

bool KeyedTable::Reading::IsNoted(std::string_view key) const { return IsAmong(noted_, key); }

arrow::Status KeyedTable::Reading::ReadLog(KeyedTable& table, size_t count,
                                           std::vector<Slot>* slots) {
  std::vector<std::string> keys;
  for (int looked_at = 0; next_place_ < places_.size() && keys.size() < count; ++looked_at) {
    if (looked_at == kLookedAtMax) break;
    ARROW_ASSIGN_OR_RAISE(const bool is_row, log_rows_->Seek(places_[next_place_++]));
    if (is_row && !IsNoted(log_rows_->key())) keys.emplace_back(log_rows_->key());
  }
  if (next_place_ == places_.size()) log_rows_.reset();
  ARROW_RETURN_NOT_OK(ReadKeys(table, keys, slots));
  if (!has_rows_) return arrow::Status::OK();
  given_.insert(given_.end(), keys.begin(), keys.end());
  if (log_rows_ == nullptr) std::sort(given_.begin(), given_.end());
  return arrow::Status::OK();
}

// Keys that were on disk when the pass began; they may have come into memory since.
arrow::Status KeyedTable::Reading::ReadRows(KeyedTable& table, size_t count,
                                            std::vector<Slot>* slots) {
  has_rows_ = table.any_cold() && table.cold_->in_store;
  if (!has_rows_) return arrow::Status::OK();
  ColdTier& cold = *table.cold_;
  ARROW_RETURN_NOT_OK(cold.FlushErased());
  ARROW_ASSIGN_OR_RAISE(const auto rows,
                        cold.place.store->Scan(cold.place.table, next_row_, rows_end_));
  std::vector<std::string> newer;
  for (int looked_at = 0; rows->valid(); ++looked_at) {
    if (slots->size() == count || looked_at == kLookedAtMax) {
      next_row_ = rows->key();
      return ReadKeys(table, newer, slots);
    }
    const std::string_view key = table.KeyOfRow(*rows);
    if (IsNoted(key) || IsAmong(given_, key)) {
      ARROW_RETURN_NOT_OK(SkipRow(*rows));
      continue;
    }
    if (cold.log != nullptr) {
      // It may have gone to the log since.
      newer.emplace_back(key);
      ARROW_RETURN_NOT_OK(rows->Next());
      if (newer.size() < count) continue;
      next_row_ = rows->valid() ? rows->key() : std::string_view(rows_end_);
      return ReadKeys(table, newer, slots);
    }
    ARROW_ASSIGN_OR_RAISE(const TakenRow taken, table.TakeRow(*rows));
    if (taken.was_loaded) loaded_.push_back(taken.slot);
    if (!table.TooOld(taken.slot)) slots->push_back(taken.slot);
  }
  has_rows_ = false;
  return ReadKeys(table, newer, slots);
}

// Keys that were in memory when the pass began; they may be on disk since.
arrow::Status KeyedTable::Reading::ReadNoted(KeyedTable& table, size_t count,
                                             std::vector<Slot>* slots) {
  const size_t end = std::min(noted_.size(), next_noted_ + count);
  const std::span<const std::string> keys(noted_.data() + next_noted_, end - next_noted_);
  next_noted_ = end;
  return ReadKeys(table, keys, slots);
}

arrow::Status KeyedTable::Reading::ReadKeys(KeyedTable& table, std::span<const std::string> keys,
                                            std::vector<Slot>* slots) {
  if (keys.empty()) return arrow::Status::OK();
  if (table.any_cold()) {
    std::vector<KeyRef>& wanted = table.cold_->wanted;
    wanted.clear();
    for (const std::string& key : keys) {
      const uint64_t hash = table.HashOf(key);
      if (table.Find(key, hash) == kNoSlot) wanted.push_back({key, hash});
    }
    ARROW_RETURN_NOT_OK(table.Load(wanted, /*to_change=*/false));
    loaded_ = table.cold_->loaded;
  }
  for (const std::string& key : keys) {
    const Slot slot = table.Find(key, table.HashOf(key));
    if (slot != kNoSlot && !table.TooOld(slot)) slots->push_back(slot);
  }
  return arrow::Status::OK();
}

}  // namespace sabot
