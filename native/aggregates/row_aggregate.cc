// The loops of row-at-a-time aggregates.
#include "aggregates/row_aggregate.h"

#include <arrow/array/array_base.h>
#include <arrow/array/builder_base.h>
#include <arrow/builder.h>

#include <numeric>

namespace sabot {

arrow::Status RowAggregate::Update(KeyedTable& table, const AggregateRows& rows) {
  ARROW_RETURN_NOT_OK(Bind(rows));
  const uint8_t* const mask = MaskNulls(rows, num_args_, scratch_);
  const int64_t length = rows.length();
  for (int64_t row = 0; row < length; ++row) {
    if (mask != nullptr && mask[row] == 0) continue;
    ARROW_RETURN_NOT_OK(
        Change(table, rows.slots[static_cast<size_t>(row)], row, rows.retract(row)));
  }
  return arrow::Status::OK();
}

arrow::Status RowAggregate::UpdateTracked(KeyedTable& table, const AggregateRows& rows,
                                          Tracking& track, TrackedColumn& column) {
  ARROW_RETURN_NOT_OK(Bind(rows));
  const uint8_t* const mask = MaskNulls(rows, num_args_, scratch_);
  std::unique_ptr<arrow::ArrayBuilder> builder;
  ARROW_RETURN_NOT_OK(arrow::MakeBuilder(arrow::default_memory_pool(), type_, &builder));
  // Values before and after each changing row are compared as Arrow does; a row that changes
  // nothing has one entry.
  const int64_t length = rows.length();
  const bool compare = !track.all_changed;
  std::vector<int32_t> entries;  // Into what the builder holds.
  std::vector<int64_t> compared;
  for (int64_t row = 0; row < length; ++row) {
    const Slot slot = rows.slots[static_cast<size_t>(row)];
    const bool on = mask == nullptr || mask[row] != 0;
    if (on && (track.before || compare)) ARROW_RETURN_NOT_OK(Append(table, slot, *builder));
    if (on) ARROW_RETURN_NOT_OK(Change(table, slot, row, rows.retract(row)));
    ARROW_RETURN_NOT_OK(Append(table, slot, *builder));
    const auto after = static_cast<int32_t>(builder->length() - 1);
    if (track.before) entries.push_back(on ? after - 1 : after);
    entries.push_back(after);
    if (on && compare) compared.push_back(row);
  }
  ARROW_ASSIGN_OR_RAISE(auto array, builder->Finish());
  for (const int64_t row : compared) {
    const int64_t after = entries[static_cast<size_t>(track.before ? 2 * row + 1 : row)];
    if (!array->RangeEquals(after - 1, after, after, *array))
      track.changed[static_cast<size_t>(row)] = 1;
  }
  ARROW_ASSIGN_OR_RAISE(array, Take(array, entries));
  column.SetArray(std::move(array));
  return arrow::Status::OK();
}

arrow::Status RowAggregate::Merge(KeyedTable& into, std::span<const Slot> to,
                                  const KeyedTable& other, std::span<const Slot> from) {
  for (size_t i = 0; i < to.size(); ++i)
    ARROW_RETURN_NOT_OK(MergeSlot(into, to[i], other, from[i]));
  return arrow::Status::OK();
}

arrow::Result<ArrayPtr> RowAggregate::Finish(const KeyedTable& table,
                                             std::span<const Slot> slots) const {
  std::unique_ptr<arrow::ArrayBuilder> builder;
  ARROW_RETURN_NOT_OK(arrow::MakeBuilder(arrow::default_memory_pool(), type_, &builder));
  for (const Slot slot : slots) ARROW_RETURN_NOT_OK(Append(table, slot, *builder));
  return builder->Finish();
}

}  // namespace sabot
