// The columns of a batch under construction.
//
//   a value into each   FinishRow()   a value into one   DropUnfinished()   ->   Take(): a row
//
// State: the buffered rows.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "batch/batch.h"
#include "batch/type.h"
#include "formats/column_buffer.h"

namespace sabot {

class ColumnBuffers {
 public:
  explicit ColumnBuffers(const Schema& columns);

  size_t size() const { return columns_.size(); }
  ColumnBuffer& operator[](size_t i) { return *columns_[i]; }

  // Whole ones.
  int64_t num_rows() const { return num_rows_; }
  // Every column has been appended a value.
  void FinishRow() { ++num_rows_; }
  // Columns may have values of a row that is not whole.
  void DropUnfinished() { TruncateTo(num_rows_); }
  void TruncateTo(int64_t num_rows);

  // The whole rows, which are gone afterwards.
  arrow::Result<Batch> Take();

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<ColumnBuffer>> columns_;
  int64_t num_rows_ = 0;
};

}  // namespace sabot
