// What an aggregate's value was before and after each row of a batch: the columns of a changelog
// before rows are picked from them.
//
//   COUNT over slots [7, 7]:  entries 0, 1, 1, 2 (before and after), or 1, 2 (after only)
#pragma once

#include <arrow/array/builder_base.h>
#include <arrow/buffer.h>
#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "batch/batch.h"

namespace sabot {

// What the columns of one batch have in common.
struct Tracking {
  int64_t rows = 0;
  bool before = false;  // Entries are before, after, before, after, ...; else one a row: after.
  bool all_changed = false;  // Some aggregate changes with every row: `changed` is not needed.
  std::vector<uint8_t> changed;

  int64_t entries() const { return before ? 2 * rows : rows; }
  void Begin(int64_t num_rows, bool with_before) {
    rows = num_rows;
    before = with_before;
    all_changed = false;
    changed.assign(static_cast<size_t>(num_rows), 0);
  }
};

// The entries of one aggregate: fixed-width values with a validity byte each, or an Arrow array.
class TrackedColumn {
 public:
  explicit TrackedColumn(std::shared_ptr<arrow::DataType> type) : type_(std::move(type)) {}

  // Room for `entries` values of T (bool as a byte). valid() starts as all 1; set has_nulls where
  // one becomes 0.
  template <typename T>
  arrow::Result<T*> Values(int64_t entries) {
    ARROW_RETURN_NOT_OK(Allocate(entries, sizeof(T)));
    return reinterpret_cast<T*>(values_->mutable_data());
  }
  uint8_t* valid() { return valid_.data(); }
  bool has_nulls = false;

  void SetArray(ArrayPtr array) { array_ = std::move(array); }

  // All entries, or those at `picks`.
  arrow::Result<ArrayPtr> All() const;
  arrow::Result<ArrayPtr> Pick(std::span<const int32_t> picks) const;
  const std::shared_ptr<arrow::DataType>& type() const { return type_; }

 private:
  arrow::Status Allocate(int64_t entries, size_t width);

  std::shared_ptr<arrow::DataType> type_;
  std::shared_ptr<arrow::Buffer> values_;
  std::vector<uint8_t> valid_;
  int64_t entries_ = 0;
  size_t width_ = 0;
  ArrayPtr array_;
};

// An array of a fixed-width type (BOOLEAN from bytes); `valid` may be nullptr: no NULL.
arrow::Result<ArrayPtr> MakeFixedArray(const std::shared_ptr<arrow::DataType>& type, int64_t length,
                                       std::shared_ptr<arrow::Buffer> values, const uint8_t* valid);

}  // namespace sabot
