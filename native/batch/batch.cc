// Batch: slicing, taking rows, size accounting.
#include "batch/batch.h"

#include <arrow/array/array_base.h>
#include <arrow/array/concatenate.h>
#include <arrow/compute/api_vector.h>
#include <arrow/util/byte_size.h>

#include <cstring>

#include "batch/timestamp_remainder.h"

namespace sabot {
namespace {

std::shared_ptr<arrow::Int32Array> IndexArray(std::span<const int32_t> indices) {
  // Borrowed: only lives as long as the call that takes.
  auto buffer = std::make_shared<arrow::Buffer>(reinterpret_cast<const uint8_t*>(indices.data()),
                                                static_cast<int64_t>(indices.size_bytes()));
  return std::make_shared<arrow::Int32Array>(static_cast<int64_t>(indices.size()),
                                             std::move(buffer));
}

}  // namespace

Batch Batch::Slice(int64_t offset, int64_t length) const {
  Batch slice;
  slice.rows = rows->Slice(offset, length);
  if (kinds != nullptr) {
    slice.kinds = std::static_pointer_cast<arrow::Int8Array>(kinds->Slice(offset, length));
  }
  slice.split = split;
  return slice;
}

arrow::Result<Batch> Batch::WithColumns(const std::shared_ptr<arrow::Schema>& schema,
                                        std::vector<ArrayPtr> columns) const {
  Batch batch;
  batch.rows = arrow::RecordBatch::Make(schema, num_rows(), std::move(columns));
  batch.kinds = kinds;
  batch.split = split;
  return batch;
}

int64_t SizeBytes(const Batch& batch) {
  // ReferencedBufferSize counts the visible part of slices; nested types it cannot handle count
  // whole buffers.
  const auto referenced = arrow::util::ReferencedBufferSize(*batch.rows);
  const int64_t rows = referenced.ok() ? *referenced : arrow::util::TotalBufferSize(*batch.rows);
  return rows + (batch.kinds == nullptr ? 0 : batch.num_rows());
}

arrow::Result<ArrayPtr> Take(const ArrayPtr& column, std::span<const int32_t> indices) {
  ARROW_ASSIGN_OR_RAISE(auto taken,
                        arrow::compute::Take(*column, *IndexArray(indices),
                                             arrow::compute::TakeOptions::NoBoundsCheck()));
  if (const int32_t* from = RemaindersOf(*column->data())) {
    std::vector<int32_t> remainders;
    remainders.reserve(indices.size());
    for (const int32_t index : indices) remainders.push_back(from[index]);
    return AttachRemainders(taken, std::move(remainders));
  }
  return taken;
}

arrow::Result<Batch> Take(const Batch& batch, std::span<const int32_t> indices) {
  std::vector<ArrayPtr> columns;
  columns.reserve(static_cast<size_t>(batch.num_columns()));
  for (int i = 0; i < batch.num_columns(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto column, Take(batch.column(i), indices));
    columns.push_back(std::move(column));
  }
  Batch taken;
  taken.rows = arrow::RecordBatch::Make(batch.rows->schema(), static_cast<int64_t>(indices.size()),
                                        std::move(columns));
  if (batch.kinds != nullptr) {
    std::vector<int8_t> kinds(indices.size());
    for (size_t i = 0; i < indices.size(); ++i) kinds[i] = batch.kinds->Value(indices[i]);
    ARROW_ASSIGN_OR_RAISE(taken.kinds, MakeKinds(kinds));
  }
  taken.split = batch.split;
  return taken;
}

arrow::Result<Batch> Concatenate(std::span<const Batch> batches) {
  if (batches.size() == 1) return batches[0];
  arrow::RecordBatchVector rows;
  arrow::ArrayVector kinds;
  for (const Batch& batch : batches) {
    rows.push_back(batch.rows);
    if (batch.kinds != nullptr) kinds.push_back(batch.kinds);
  }
  Batch whole;
  ARROW_ASSIGN_OR_RAISE(whole.rows, arrow::ConcatenateRecordBatches(rows));
  if (!kinds.empty()) {
    ARROW_ASSIGN_OR_RAISE(auto all, arrow::Concatenate(kinds));
    whole.kinds = std::static_pointer_cast<arrow::Int8Array>(std::move(all));
  }
  whole.split = batches[0].split;
  return whole;
}

arrow::Result<std::shared_ptr<arrow::Int8Array>> MakeKinds(std::span<const int8_t> kinds) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateBuffer(static_cast<int64_t>(kinds.size())));
  if (!kinds.empty()) std::memcpy(buffer->mutable_data(), kinds.data(), kinds.size());
  return std::make_shared<arrow::Int8Array>(static_cast<int64_t>(kinds.size()), std::move(buffer));
}

}  // namespace sabot
