// PieceKeys: the keys of what a keyed process function is asked, each once, numbered in order of
// appearance.
//
//   rows a b a c     ->   keys a b c, rows 0 1 0 2
//
// And reading several tables by one key: what readers see of the function's states.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "batch/batch.h"
#include "batch/key_encoding.h"
#include "state/keyed_table.h"
#include "stream/state_cursor.h"

namespace sabot {

class PieceKeys {
 public:
  // The keys of `rows` from `row` on, at most so many that they can be fetched at once; `rows`
  // outlives them.
  void Begin(const EncodedKeys& rows, int64_t row);
  int64_t end_row() const { return first_row_ + std::ssize(key_of_); }
  int32_t key_of(int64_t row) const { return key_of_[static_cast<size_t>(row - first_row_)]; }
  // Keeps the first keys.
  void Cut(size_t num_keys) { keys_.resize(num_keys); }

  void Clear();
  // The number of a key, whose bytes outlive this.
  int32_t Add(const KeyedTable::KeyRef& key);

  std::span<const KeyedTable::KeyRef> keys() const { return keys_; }

 private:
  void Grow(size_t num_keys_max);

  std::vector<KeyedTable::KeyRef> keys_;
  std::vector<int32_t> numbers_;  // Open addressing by hash; -1: free.
  int64_t first_row_ = 0;
  std::vector<int32_t> key_of_;
};

// The column of a table for slots, kNoSlot where a key is not in it.
using TableColumn =
    std::function<arrow::Result<ArrayPtr>(size_t table, std::span<const Slot> slots)>;
// A row per key that is in any of the tables: its columns, then one per table. The tables outlive
// the cursor.
StateCursor ReadTables(std::vector<KeyedTable*> tables, KeyTypes keys, TableColumn column,
                       std::optional<StateKey> only);

}  // namespace sabot
