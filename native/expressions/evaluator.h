// Evaluates bound expressions over batches.
#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "batch/batch.h"
#include "expressions/kernel.h"
#include "plan/expression.h"

namespace sabot {

class BoundExpression {
 public:
  virtual ~BoundExpression() = default;
  virtual arrow::Result<Vector> Evaluate(std::span<const ArrayPtr> columns, int64_t length) = 0;
  // Whether some row can fail: branches then evaluate it on their selected rows only.
  virtual bool selective() const = 0;
};

// Resolves functions and folds constant subtrees. Columns are positions in what Evaluate is given.
arrow::Result<std::unique_ptr<BoundExpression>> Bind(const Expression& expression,
                                                     const SessionContext& session);

// A full-length array for every row (a constant is repeated).
arrow::Result<ArrayPtr> Materialize(const Vector& vector, int64_t length);

// The rows where a BOOLEAN vector is TRUE, ascending; NULL is not TRUE.
arrow::Status SelectTrue(const Vector& condition, int64_t length, std::vector<int32_t>* rows);

}  // namespace sabot
