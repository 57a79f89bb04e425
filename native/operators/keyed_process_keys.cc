// Keys by number, and tables side by side.
#include "operators/keyed_process_keys.h"

#include <algorithm>
#include <bit>
#include <string>

#include "operators/state_rows.h"

namespace sabot {
namespace {

constexpr size_t kKeysMax = 4096;  // That are fetched at once.

}  // namespace

void PieceKeys::Begin(const EncodedKeys& rows, int64_t row) {
  Clear();
  first_row_ = row;
  for (; row < rows.length(); ++row) {
    const size_t before = keys_.size();
    const int32_t number = Add({rows.key(row), rows.hash(row)});
    if (keys_.size() > kKeysMax) {
      keys_.resize(before);
      return;
    }
    key_of_.push_back(number);
  }
}

void PieceKeys::Clear() {
  keys_.clear();
  key_of_.clear();
  std::fill(numbers_.begin(), numbers_.end(), -1);
}

int32_t PieceKeys::Add(const KeyedTable::KeyRef& key) {
  if (keys_.size() * 2 >= numbers_.size()) Grow(std::max<size_t>(64, keys_.size() * 2));
  const size_t mask = numbers_.size() - 1;
  size_t at = key.hash & mask;
  for (; numbers_[at] >= 0; at = (at + 1) & mask) {
    const KeyedTable::KeyRef& other = keys_[static_cast<size_t>(numbers_[at])];
    if (other.hash == key.hash && other.key == key.key) return numbers_[at];
  }
  numbers_[at] = static_cast<int32_t>(keys_.size());
  keys_.push_back(key);
  return numbers_[at];
}

void PieceKeys::Grow(size_t num_keys_max) {
  numbers_.assign(std::bit_ceil(num_keys_max * 2), -1);
  const size_t mask = numbers_.size() - 1;
  for (size_t i = 0; i < keys_.size(); ++i) {
    size_t at = keys_[i].hash & mask;
    while (numbers_[at] >= 0) at = (at + 1) & mask;
    numbers_[at] = static_cast<int32_t>(i);
  }
}

StateCursor ReadTables(std::vector<KeyedTable*> tables, KeyTypes keys, TableColumn column,
                       std::optional<StateKey> only) {
  const auto piece_of = [tables, keys = std::move(keys), column = std::move(column)](
                            const std::vector<std::string>& texts, std::span<const uint64_t> hashes,
                            size_t first_table, StatePiece* piece) -> arrow::Status {
    // Keys that an earlier table has were read there.
    std::vector<KeyedTable::KeyRef> refs;
    for (size_t i = 0; i < texts.size(); ++i) refs.push_back({texts[i], hashes[i]});
    std::vector<std::vector<Slot>> slots(tables.size(), std::vector<Slot>(refs.size(), kNoSlot));
    for (size_t table = 0; table < tables.size(); ++table)
      ARROW_RETURN_NOT_OK(tables[table]->Fetch(refs, slots[table]));
    std::vector<std::string_view> kept;
    std::vector<std::vector<Slot>> kept_slots(tables.size());
    for (size_t i = 0; i < refs.size(); ++i) {
      bool earlier = false;
      bool found = false;
      for (size_t table = 0; table < tables.size(); ++table) {
        found = found || slots[table][i] != kNoSlot;
        earlier = earlier || (table < first_table && slots[table][i] != kNoSlot);
      }
      if (earlier || !found) continue;
      kept.push_back(refs[i].key);
      for (size_t table = 0; table < tables.size(); ++table)
        kept_slots[table].push_back(slots[table][i]);
    }
    if (kept.empty()) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(piece->columns, DecodeKeys(kept, keys));
    for (size_t table = 0; table < tables.size(); ++table) {
      ARROW_ASSIGN_OR_RAISE(auto values, column(table, kept_slots[table]));
      piece->columns.push_back(std::move(values));
    }
    return arrow::Status::OK();
  };
  return [tables, piece_of, only = std::move(only), at = SlotCursor(std::nullopt),
          table = size_t{0}](size_t rows_max) mutable -> arrow::Result<StatePiece> {
    StatePiece piece;
    std::vector<std::string> texts;
    std::vector<uint64_t> hashes;
    if (only) {
      piece.last = true;
      // Counts as use where reading does.
      for (KeyedTable* each : tables)
        ARROW_RETURN_NOT_OK(each->Read(only->bytes, only->hash).status());
      texts.push_back(only->bytes);
      hashes.push_back(only->hash);
      ARROW_RETURN_NOT_OK(piece_of(texts, hashes, 0, &piece));
      return piece;
    }
    bool table_ends = false;
    ARROW_ASSIGN_OR_RAISE(const auto slots, at.Next(*tables[table], rows_max, &table_ends));
    for (const Slot slot : slots) {
      texts.emplace_back(tables[table]->key(slot));
      hashes.push_back(tables[table]->hash(slot));
    }
    ARROW_RETURN_NOT_OK(piece_of(texts, hashes, table, &piece));
    if (table_ends) {
      ++table;
      at.Rewind();
    }
    piece.last = table == tables.size();
    return piece;
  };
}

}  // namespace sabot
