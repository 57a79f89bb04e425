// A Batch: rows in columns, and what kind of change each row is.
#pragma once

#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace sabot {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using RecordBatchPtr = std::shared_ptr<arrow::RecordBatch>;

// Flink's RowKind, in its byte order.
enum class RowKind : int8_t { kInsert = 0, kUpdateBefore = 1, kUpdateAfter = 2, kDelete = 3 };

// -U and -D take a row back.
inline bool IsRetract(RowKind kind) {
  return kind == RowKind::kUpdateBefore || kind == RowKind::kDelete;
}

inline constexpr int32_t kNoSplit = -1;

// Immutable once emitted; columns are shared, never copied. `kinds` absent means: all inserts.
struct Batch {
  RecordBatchPtr rows;
  std::shared_ptr<arrow::Int8Array> kinds;
  // The source split these rows came from, for watermarks per split; lost at exchanges.
  int32_t split = kNoSplit;

  int64_t num_rows() const { return rows->num_rows(); }
  int num_columns() const { return rows->num_columns(); }
  const ArrayPtr column(int i) const { return rows->column(i); }
  bool insert_only() const { return kinds == nullptr; }
  RowKind kind(int64_t row) const {
    return kinds == nullptr ? RowKind::kInsert : static_cast<RowKind>(kinds->Value(row));
  }
  // nullptr for all inserts, else num_rows() kinds.
  const int8_t* raw_kinds() const { return kinds == nullptr ? nullptr : kinds->raw_values(); }

  Batch Slice(int64_t offset, int64_t length) const;
  // The same rows with other columns.
  arrow::Result<Batch> WithColumns(const std::shared_ptr<arrow::Schema>& schema,
                                   std::vector<ArrayPtr> columns) const;
};

// Bytes that the batch keeps alive, counting a sliced buffer by its visible part.
int64_t SizeBytes(const Batch& batch);

// The rows at `indices`, in that order (indices may repeat).
arrow::Result<Batch> Take(const Batch& batch, std::span<const int32_t> indices);
arrow::Result<ArrayPtr> Take(const ArrayPtr& column, std::span<const int32_t> indices);

// One batch of all the rows, in order; all of one schema, and all with kinds or all without.
arrow::Result<Batch> Concatenate(std::span<const Batch> batches);

// A kinds column from raw bytes.
arrow::Result<std::shared_ptr<arrow::Int8Array>> MakeKinds(std::span<const int8_t> kinds);

}  // namespace sabot
