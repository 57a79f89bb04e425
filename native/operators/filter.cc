// filter: keeps the rows whose condition is TRUE.
//
//   condition v > 2      in   +I[a, 1]  -U[b, 3]  +U[b, 5]  +I[c, NULL]
//                        out  -U[b, 3]  +U[b, 5]
//
// No state. Each row of an update is judged alone, so a lone half may leave, as in Flink. `columns`
// (optional) names the input columns that go on: what only the condition needs is dropped before
// rows are copied.
#include <numeric>

#include "expressions/evaluator.h"
#include "expressions/failed_row.h"
#include "stream/operator.h"

namespace sabot {
namespace {

class Filter final : public StatelessOperator {
 public:
  Filter(std::unique_ptr<BoundExpression> condition, std::vector<int> columns, const Schema& schema)
      : condition_(std::move(condition)), columns_(std::move(columns)), schema_(ToArrow(schema)) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    const auto keep = condition_->Evaluate(in.rows->columns(), in.num_rows());
    if (!keep.ok()) return AtFailedRow(keep.status(), *condition_, *in.rows, "the condition");
    ARROW_RETURN_NOT_OK(SelectTrue(*keep, in.num_rows(), &rows_));
    if (rows_.empty()) return Progress::kDone;
    std::vector<ArrayPtr> kept;
    kept.reserve(columns_.size());
    for (const int column : columns_) kept.push_back(in.column(column));
    ARROW_ASSIGN_OR_RAISE(Batch narrow, in.WithColumns(schema_, std::move(kept)));
    if (static_cast<int64_t>(rows_.size()) != in.num_rows()) {
      ARROW_ASSIGN_OR_RAISE(narrow, Take(narrow, rows_));
    }
    ARROW_RETURN_NOT_OK(out.Emit(std::move(narrow)));
    return Progress::kDone;
  }

 private:
  std::unique_ptr<BoundExpression> condition_;
  std::vector<int> columns_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<int32_t> rows_;  // Scratch.
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const Expression condition, node.Expr("condition"));
  if (condition.type.kind != TypeKind::kBoolean) return node.Error("condition must be BOOLEAN");
  ARROW_ASSIGN_OR_RAISE(auto bound, Bind(condition, context.session));
  ARROW_ASSIGN_OR_RAISE(std::vector<int> columns, node.Columns("columns"));
  if (!node.Has("columns")) {
    columns.resize(node.input_schemas[0].size());
    std::iota(columns.begin(), columns.end(), 0);
  }
  if (columns.size() != node.schema.size()) return node.Error("columns do not fit the schema");
  return std::make_unique<Filter>(std::move(bound), std::move(columns), node.schema);
}

}  // namespace

extern const OperatorSpec kFilter{.name = "filter", .num_inputs = 1, .make = &Make};

}  // namespace sabot
