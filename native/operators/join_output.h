// How pairs of rows become a join's output.
#pragma once

#include <arrow/result.h>

#include <memory>
#include <vector>

#include "expressions/evaluator.h"
#include "plan/plan.h"
#include "state/row_lists.h"
#include "stream/operator.h"

namespace sabot {

// Turns pairs of (a row of the arriving batch, a stored row of the other side) into output batches
// in the order they were added, left columns first, filtered by the residual condition.
class JoinOutput {
 public:
  JoinOutput(const Schema& left, const Schema& right, std::shared_ptr<arrow::Schema> schema,
             std::unique_ptr<BoundExpression> condition);

  void Add(int32_t arriving_row, RowId stored_row) {
    arriving_.push_back(arriving_row);
    stored_.push_back(stored_row);
  }
  size_t size() const { return arriving_.size(); }
  // Emits what was added; `arriving_input` is 0 if the batch came from the left.
  arrow::Status Flush(const Batch& arriving, const RowStore& stored, int arriving_input,
                      Collector& out);

 private:
  std::shared_ptr<arrow::Schema> left_;
  std::shared_ptr<arrow::Schema> right_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<BoundExpression> condition_;  // nullptr: every pair.
  std::vector<int32_t> arriving_;
  std::vector<RowId> stored_;
  std::vector<int32_t> kept_;
};

// The condition of config, bound, or nullptr.
arrow::Result<std::unique_ptr<BoundExpression>> BindJoinCondition(const PlanNode& node,
                                                                  const OperatorContext& context);

// Rows in which every key column has a value: NULL equals nothing. No keys: every row.
void RowsWithKeys(const Batch& batch, const std::vector<int>& keys, std::vector<int32_t>* rows);

// The bound on pairs that are put together at once.
inline constexpr size_t kJoinPairsMax = 8192;

}  // namespace sabot
