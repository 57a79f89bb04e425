// Pairs of rows as output.
#include "operators/join_output.h"

#include <arrow/record_batch.h>

#include "expressions/failed_row.h"

namespace sabot {

JoinOutput::JoinOutput(const Schema& left, const Schema& right,
                       std::shared_ptr<arrow::Schema> schema,
                       std::unique_ptr<BoundExpression> condition)
    : left_(ToArrow(left)),
      right_(ToArrow(right)),
      schema_(std::move(schema)),
      condition_(std::move(condition)) {}

arrow::Status JoinOutput::Flush(const Batch& arriving, const RowStore& stored, int arriving_input,
                                Collector& out) {
  if (arriving_.empty()) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(const Batch near, Take(Batch{arriving.rows, nullptr, kNoSplit}, arriving_));
  ARROW_ASSIGN_OR_RAISE(const auto far, stored.Gather(stored_));
  arriving_.clear();
  stored_.clear();
  // Stored rows may have one more column, when they were added.
  auto far_columns = far->columns();
  far_columns.resize(static_cast<size_t>((arriving_input == 0 ? right_ : left_)->num_fields()));
  std::vector<ArrayPtr> columns = arriving_input == 0 ? near.rows->columns() : far_columns;
  const auto& rest = arriving_input == 0 ? far_columns : near.rows->columns();
  columns.insert(columns.end(), rest.begin(), rest.end());
  Batch joined{arrow::RecordBatch::Make(schema_, near.num_rows(), columns), nullptr, kNoSplit};
  if (condition_ == nullptr) return out.Emit(std::move(joined));
  const auto keep = condition_->Evaluate(columns, joined.num_rows());
  if (!keep.ok()) return AtFailedRow(keep.status(), *condition_, *joined.rows, "the condition");
  ARROW_RETURN_NOT_OK(SelectTrue(*keep, joined.num_rows(), &kept_));
  if (static_cast<int64_t>(kept_.size()) == joined.num_rows()) return out.Emit(std::move(joined));
  ARROW_ASSIGN_OR_RAISE(joined, Take(joined, kept_));
  return out.Emit(std::move(joined));
}

arrow::Result<std::unique_ptr<BoundExpression>> BindJoinCondition(const PlanNode& node,
                                                                  const OperatorContext& context) {
  if (!node.Has("condition")) return nullptr;
  ARROW_ASSIGN_OR_RAISE(const Expression condition, node.Expr("condition"));
  return Bind(condition, context.session);
}

void RowsWithKeys(const Batch& batch, const std::vector<int>& keys, std::vector<int32_t>* rows) {
  rows->clear();
  bool any_null = false;
  for (const int key : keys) any_null = any_null || batch.column(key)->null_count() > 0;
  for (int32_t row = 0; row < static_cast<int32_t>(batch.num_rows()); ++row) {
    bool complete = true;
    if (any_null) {
      for (const int key : keys) complete = complete && batch.column(key)->IsValid(row);
    }
    if (complete) rows->push_back(row);
  }
}

}  // namespace sabot
