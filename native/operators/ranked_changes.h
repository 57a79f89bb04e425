// What becomes of a batch's rows: changes by the ids of rows in a RankedRows, made one batch.
#pragma once

#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>

#include <memory>
#include <utility>
#include <vector>

#include "state/ranked_rows.h"
#include "stream/operator.h"

namespace sabot {

class RankedChanges {
 public:
  // `with_rank`: the rank is the last column.
  RankedChanges(std::shared_ptr<arrow::Schema> schema, bool with_rank)
      : schema_(std::move(schema)), with_rank_(with_rank) {}

  void Add(RowId id, RowKind kind, int64_t rank) {
    ids_.push_back(id);
    kinds_.push_back(static_cast<int8_t>(kind));
    ranks_.push_back(rank);
  }

  // All that was added since the last time.
  arrow::Status Emit(const RankedRows& rows, Collector& out) {
    if (ids_.empty()) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(std::vector<ArrayPtr> columns, rows.Columns(ids_));
    if (with_rank_) {
      columns.push_back(std::make_shared<arrow::Int64Array>(std::ssize(ranks_),
                                                            arrow::Buffer::FromVector(ranks_)));
    }
    Batch batch{arrow::RecordBatch::Make(schema_, std::ssize(ids_), std::move(columns)), nullptr,
                kNoSplit};
    ARROW_ASSIGN_OR_RAISE(batch.kinds, MakeKinds(kinds_));
    ids_.clear();
    kinds_.clear();
    ranks_.clear();
    return out.Emit(std::move(batch));
  }

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  const bool with_rank_;
  std::vector<RowId> ids_;
  std::vector<int8_t> kinds_;
  std::vector<int64_t> ranks_;
};

}  // namespace sabot
