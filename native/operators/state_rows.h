// How operators' state becomes rows for readers (Operator::ReadState): where a reading stands in a
// table or a row store, and the columns of what it finds there.
//
//   SlotCursor over groups   ->  slots 0 1 3   ->  keys decoded, aggregates finished
//   RowCursor over rows      ->  rows 7 8 9    ->  the rows themselves
#pragma once

#include <arrow/result.h>

#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "aggregates/aggregate_set.h"
#include "state/keyed_table.h"
#include "state/row_lists.h"
#include "stream/state_cursor.h"

namespace sabot {

// Goes over the live slots of a table that changes between two calls; or gives the slot of one key.
class SlotCursor {
 public:
  explicit SlotCursor(std::optional<StateKey> only) : only_(std::move(only)) {}
  // Good until the table is used again.
  arrow::Result<std::vector<Slot>> Next(KeyedTable& table, size_t num_max, bool* last);
  // They stay good with the next call.
  void Keep() { reading_.Keep(); }
  void Rewind() { reading_ = KeyedTable::Reading(); }  // For another table.

 private:
  std::optional<StateKey> only_;
  KeyedTable::Reading reading_;
};

// The same for rows; those of one key come at once.
class RowCursor {
 public:
  explicit RowCursor(std::optional<StateKey> only) : only_(std::move(only)) {}
  template <typename Rows>
  arrow::Result<std::vector<RowId>> Next(Rows& rows, size_t num_max, bool* last) {
    if (only_) {
      *last = true;
      return rows.RowsOf(only_->bytes, only_->hash);
    }
    return Next(rows.store(), num_max, last);
  }
  std::vector<RowId> Next(const RowStore& store, size_t num_max, bool* last);
  void Rewind() { next_ = end_ = 0; }  // For another store.

 private:
  std::optional<StateKey> only_;
  uint64_t next_ = 0;  // A sequence number.
  uint64_t end_ = 0;
};

// The key columns of slots; the last `bytes_behind` bytes of every key are none.
arrow::Result<std::vector<ArrayPtr>> KeyColumns(const KeyedTable& table,
                                                std::span<const Slot> slots, const KeyTypes& types,
                                                size_t bytes_behind = 0);

// Milliseconds of local time as TIMESTAMP(3).
ArrayPtr LocalTimes(std::vector<int64_t> millis);

// The rows of a table: keys, then what the aggregates come to. Both outlive the cursor.
StateCursor ReadGroups(KeyedTable& table, const AggregateSet& aggregates, KeyTypes keys,
                       std::optional<StateKey> only);

// The rows of a store, whole, but for those that have expired; `rows` outlives the cursor.
template <typename Rows>
StateCursor ReadRows(Rows& rows, std::optional<StateKey> only) {
  return [&rows,
          at = RowCursor(std::move(only))](size_t rows_max) mutable -> arrow::Result<StatePiece> {
    StatePiece piece;
    ARROW_ASSIGN_OR_RAISE(std::vector<RowId> ids, at.Next(rows, rows_max, &piece.last));
    ARROW_RETURN_NOT_OK(rows.LeaveOutExpired(&ids));
    ARROW_ASSIGN_OR_RAISE(piece.columns, rows.Columns(ids));
    return piece;
  };
}

// Rows of one of two sides: "left" or "right", then the columns of the left, then those of the
// right; those of the other side are NULL. Columns that a side's schema has not are left out.
arrow::Result<std::vector<ArrayPtr>> SideColumns(
    size_t own, const RecordBatchPtr& rows,
    const std::array<std::shared_ptr<arrow::Schema>, 2>& schemas);

// The rows of both sides.
class SideCursor {
 public:
  using Sides = std::array<RowLists*, 2>;  // nullptr: there is nothing on that side.

  SideCursor(std::array<std::shared_ptr<arrow::Schema>, 2> schemas, std::optional<StateKey> only)
      : schemas_(std::move(schemas)), at_(std::move(only)) {}
  arrow::Result<std::vector<ArrayPtr>> Next(const Sides& sides, size_t rows_max, bool* last);
  void Rewind();  // For other sides.

 private:
  std::array<std::shared_ptr<arrow::Schema>, 2> schemas_;
  RowCursor at_;
  size_t side_ = 0;
};

// The two outlive the cursor.
StateCursor ReadSides(RowLists& left, RowLists& right, std::optional<StateKey> only);

}  // namespace sabot
