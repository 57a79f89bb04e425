// ProcessOutputs: rows of a keyed process function's outputs as rows of the operator.
//
//   outputs (k, s) and (note)     rows  [which output, k, s, note, time]
//   reply  (time 1, a, 5)   ->   [0, a, 5, NULL, 1]        (time 2, 'late')   ->   [1, NULL, NULL,
//   late, 2]
//
// Of a single output which one is left out, and so is the time where there is none.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <vector>

#include "batch/batch.h"
#include "batch/type.h"

namespace sabot {

class ProcessOutputs {
 public:
  // `sizes`: how many columns each output has.
  ProcessOutputs(std::vector<int> sizes, bool timed, const Schema& schema)
      : sizes_(std::move(sizes)), timed_(timed), schema_(ToArrow(schema)) {}

  size_t count() const { return sizes_.size(); }
  // What a reply holds of each: [time,] columns.
  std::vector<std::shared_ptr<arrow::Schema>> ReplySchemas() const;
  arrow::Result<Batch> ToBatch(size_t output, const arrow::RecordBatch& reply) const;

 private:
  bool tagged() const { return sizes_.size() > 1; }

  const std::vector<int> sizes_;
  const bool timed_;
  const std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace sabot
