// The columns of a batch under construction.
#include "formats/column_buffers.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>

namespace sabot {

ColumnBuffers::ColumnBuffers(const Schema& columns) : schema_(ToArrow(columns)) {
  for (const Field& column : columns)
    columns_.push_back(std::make_unique<ColumnBuffer>(column.type));
}

void ColumnBuffers::TruncateTo(int64_t num_rows) {
  for (auto& column : columns_) column->Truncate(num_rows);
  num_rows_ = num_rows;
}

arrow::Result<Batch> ColumnBuffers::Take() {
  std::vector<ArrayPtr> arrays;
  arrays.reserve(columns_.size());
  for (auto& column : columns_) {
    ARROW_ASSIGN_OR_RAISE(auto array, column->Finish());
    arrays.push_back(std::move(array));
  }
  Batch batch;
  batch.rows = arrow::RecordBatch::Make(schema_, num_rows_, std::move(arrays));
  num_rows_ = 0;
  return batch;
}

}  // namespace sabot
