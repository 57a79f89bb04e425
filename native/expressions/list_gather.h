// Builds lists and maps out of values of other columns.
//
//   sources [a b c] [x]; Append(0, 2); Append(1, 0); AppendNull(); EndRow()   ->  [c, x, NULL]
#pragma once

#include <arrow/array/builder_primitive.h>
#include <arrow/array/concatenate.h>
#include <arrow/compute/api_vector.h>

#include <utility>
#include <vector>

#include "expressions/list_writer.h"

namespace sabot {

class ListGather {
 public:
  // Values of one Arrow type; returns the number that Append takes.
  size_t AddSource(ArrayPtr values) {
    bases_.push_back(total_);
    total_ += values->length();
    sources_.push_back(std::move(values));
    return bases_.size() - 1;
  }
  void Append(size_t source, int64_t index) { indices_.push_back(bases_[source] + index); }
  void AppendNull() { indices_.push_back(-1); }
  int64_t length() const { return static_cast<int64_t>(indices_.size()); }

  // The values that were appended.
  arrow::Result<ArrayPtr> Take() {
    ArrayPtr pool = sources_[0];
    if (sources_.size() > 1) {
      ARROW_ASSIGN_OR_RAISE(pool, arrow::Concatenate(sources_));
    }
    arrow::Int64Builder builder;
    ARROW_RETURN_NOT_OK(builder.Reserve(length()));
    for (const int64_t index : indices_) {
      if (index < 0) {
        builder.UnsafeAppendNull();
      } else {
        builder.UnsafeAppend(index);
      }
    }
    ARROW_ASSIGN_OR_RAISE(const ArrayPtr indices, builder.Finish());
    return arrow::compute::Take(*pool, *indices);
  }

  arrow::Status EndRow() { return offsets_.End(length(), true); }
  arrow::Status EndNull() { return offsets_.End(length(), false); }
  // A list of `type`.
  arrow::Result<ArrayPtr> Finish(const std::shared_ptr<arrow::DataType>& type) {
    ARROW_ASSIGN_OR_RAISE(const ArrayPtr values, Take());
    return offsets_.Finish(type, values);
  }

 private:
  std::vector<ArrayPtr> sources_;
  std::vector<int64_t> bases_;
  std::vector<int64_t> indices_;
  int64_t total_ = 0;
  ListOffsets offsets_;
};

}  // namespace sabot
