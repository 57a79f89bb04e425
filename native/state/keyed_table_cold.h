// What KeyedTable's own files share: what it has where its keys can move to a ColdStore.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "state/cold_keys.h"
#include "state/cold_log.h"
#include "state/keyed_table.h"
#include "state/state_tiers.h"

namespace sabot {

struct KeyedTable::ColdTier final : Resident, ColdLog::Owner {
  ColdTier(KeyedTable* owner, StateTiers* table_tiers);
  ~ColdTier() override;
  ColdTier(const ColdTier&) = delete;
  ColdTier& operator=(const ColdTier&) = delete;

  int64_t memory_bytes() const override { return table->used_bytes() + table->gone_.size_bytes(); }
  arrow::Result<int64_t> Spill(int64_t bytes) override;
  // To the store.
  arrow::Status TakeOver(std::span<const ColdLog::Row> rows) override;
  // Brings the store's rows up to date with what was erased.
  arrow::Status FlushErased();
  arrow::Status WriteEvicted();
  arrow::Status ChooseVictims(int64_t count, int64_t* steps_left);
  arrow::Status EvictVictims();
  arrow::Status OpenStore();
  void SetTime(int64_t now_ms);
  ColdLog::Key LogKey(std::string_view key, uint64_t hash) const { return {number, hash, key}; }
  bool any() const { return in_log || in_store; }

  KeyedTable* table;
  StateTiers* tiers;
  ColdLog* const log;           // nullptr: all rows go to the store.
  ColdLog::Structure number{};  // Once there were rows in it.
  bool in_log = false;          // There may be.
  ColdPlace place;              // Once there were rows in the store.
  bool in_store = false;        // There may be.
  arrow::Status erase_failed;
  int num_pins = 0;   // Scans under way.
  Slot hand = 0;      // Of the clock.
  ColdWrites writes;  // Of evicted keys, about to be written.
  ColdWrites erased;  // Of keys in the store that are no more. Before any other read or write.
  // Scratch.
  std::vector<KeyRef> wanted;
  std::vector<Slot> victims;
  std::vector<size_t> missing;  // Of the keys of the last Recall.
  std::vector<Slot> loaded;     // By the last Load.
  std::string key_bytes;
  std::vector<size_t> key_ends;
  std::vector<std::string_view> keys;
  ColdValues values;
  ByteWriter value;
};

// What came back from the store is not what was written.
arrow::Status RowDamaged(const std::string& structure);

// A row of the store as `AppendColdKey` has named it: behind the structure and the key group.
inline std::string_view KeyedTable::KeyOfRow(const ColdScan& rows) const {
  return rows.key().substr(cold_->place.prefix.size() + 1);
}

inline bool KeyedTable::any_cold() const { return cold_ != nullptr && cold_->any(); }

inline Slot KeyedTable::Find(std::string_view key, uint64_t hash) const {
  return index_.Find(KeyIndex::TagOf(hash),
                     [&](Slot slot) { return SameKey(KeyOf(header(slot)), key); });
}

}  // namespace sabot
