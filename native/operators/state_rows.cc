// Slots and rows, and their columns.
#include "operators/state_rows.h"

#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include "batch/key_encoding.h"

namespace sabot {

arrow::Result<std::vector<Slot>> SlotCursor::Next(KeyedTable& table, size_t num_max, bool* last) {
  if (!only_) return reading_.Next(table, num_max, last);
  *last = true;
  ARROW_ASSIGN_OR_RAISE(const Slot slot, table.Read(only_->bytes, only_->hash));
  return slot == kNoSlot ? std::vector<Slot>() : std::vector<Slot>{slot};
}

std::vector<RowId> RowCursor::Next(const RowStore& store, size_t num_max, bool* last) {
  if (end_ == 0) end_ = store.next_sequence();
  std::vector<RowId> ids = store.LiveRows(&next_, end_, num_max);
  *last = next_ >= end_;
  return ids;
}

arrow::Result<std::vector<ArrayPtr>> KeyColumns(const KeyedTable& table,
                                                std::span<const Slot> slots, const KeyTypes& types,
                                                size_t bytes_behind) {
  if (types.empty()) return std::vector<ArrayPtr>();
  std::vector<std::string_view> keys;
  keys.reserve(slots.size());
  for (const Slot slot : slots) {
    const std::string_view key = table.key(slot);
    keys.push_back(key.substr(0, key.size() - bytes_behind));
  }
  return DecodeKeys(keys, types);
}

ArrayPtr LocalTimes(std::vector<int64_t> millis) {
  const auto length = static_cast<int64_t>(millis.size());
  return std::make_shared<arrow::TimestampArray>(arrow::timestamp(arrow::TimeUnit::MILLI), length,
                                                 arrow::Buffer::FromVector(std::move(millis)));
}

StateCursor ReadGroups(KeyedTable& table, const AggregateSet& aggregates, KeyTypes keys,
                       std::optional<StateKey> only) {
  return [&table, &aggregates, keys = std::move(keys),
          at = SlotCursor(std::move(only))](size_t rows_max) mutable -> arrow::Result<StatePiece> {
    StatePiece piece;
    ARROW_ASSIGN_OR_RAISE(const std::vector<Slot> slots, at.Next(table, rows_max, &piece.last));
    ARROW_ASSIGN_OR_RAISE(piece.columns, KeyColumns(table, slots, keys));
    ARROW_ASSIGN_OR_RAISE(auto results, aggregates.Finish(table, slots));
    piece.columns.insert(piece.columns.end(), results.begin(), results.end());
    return piece;
  };
}

arrow::Result<std::vector<ArrayPtr>> SideColumns(
    size_t own, const RecordBatchPtr& rows,
    const std::array<std::shared_ptr<arrow::Schema>, 2>& schemas) {
  std::vector<ArrayPtr> columns;
  if (rows->num_rows() == 0) return columns;
  const arrow::StringScalar name(own == 0 ? "left" : "right");
  ARROW_ASSIGN_OR_RAISE(auto names, arrow::MakeArrayFromScalar(name, rows->num_rows()));
  columns.push_back(std::move(names));
  for (size_t side = 0; side < schemas.size(); ++side) {
    for (int column = 0; column < schemas[side]->num_fields(); ++column) {
      if (side == own) {
        columns.push_back(rows->column(column));
        continue;
      }
      const auto& type = schemas[side]->field(column)->type();
      ARROW_ASSIGN_OR_RAISE(auto nulls, arrow::MakeArrayOfNull(type, rows->num_rows()));
      columns.push_back(std::move(nulls));
    }
  }
  return columns;
}

arrow::Result<std::vector<ArrayPtr>> SideCursor::Next(const Sides& sides, size_t rows_max,
                                                      bool* last) {
  const size_t own = side_;
  RecordBatchPtr rows;
  bool side_last = true;
  if (sides[own] != nullptr) {
    ARROW_ASSIGN_OR_RAISE(std::vector<RowId> ids, at_.Next(*sides[own], rows_max, &side_last));
    std::erase_if(ids, [&](RowId id) { return sides[own]->Expired(id); });
    ARROW_ASSIGN_OR_RAISE(rows, sides[own]->store().Gather(ids));
  }
  if (side_last) {
    ++side_;
    at_.Rewind();
  }
  *last = side_ == sides.size();
  if (rows == nullptr) return std::vector<ArrayPtr>();
  return SideColumns(own, rows, schemas_);
}

void SideCursor::Rewind() {
  side_ = 0;
  at_.Rewind();
}

StateCursor ReadSides(RowLists& left, RowLists& right, std::optional<StateKey> only) {
  return [sides = SideCursor::Sides{&left, &right},
          at = SideCursor({ToArrow(left.schema()), ToArrow(right.schema())}, std::move(only))](
             size_t rows_max) mutable -> arrow::Result<StatePiece> {
    StatePiece piece;
    ARROW_ASSIGN_OR_RAISE(piece.columns, at.Next(sides, rows_max, &piece.last));
    return piece;
  };
}

}  // namespace sabot
