// project: computes new columns for every row.
//
//   expressions [k, v * 2]     in   +I[a, 1]  -U[b, 3]
//                              out  +I[a, 2]  -U[b, 6]
//
// No state. A plain column reference costs nothing: columns are shared.
#include "expressions/evaluator.h"
#include "expressions/failed_row.h"
#include "stream/operator.h"

namespace sabot {
namespace {

class Project final : public StatelessOperator {
 public:
  Project(std::vector<std::unique_ptr<BoundExpression>> expressions, const Schema& schema)
      : expressions_(std::move(expressions)), schema_(ToArrow(schema)) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    const auto& columns = in.rows->columns();
    std::vector<ArrayPtr> results;
    results.reserve(expressions_.size());
    for (size_t i = 0; i < expressions_.size(); ++i) {
      const auto value = expressions_[i]->Evaluate(columns, in.num_rows());
      if (!value.ok()) {
        return AtFailedRow(value.status(), *expressions_[i], *in.rows,
                           "column '" + schema_->field(static_cast<int>(i))->name() + "'");
      }
      ARROW_ASSIGN_OR_RAISE(auto column, Materialize(*value, in.num_rows()));
      results.push_back(std::move(column));
    }
    ARROW_ASSIGN_OR_RAISE(Batch projected, in.WithColumns(schema_, std::move(results)));
    ARROW_RETURN_NOT_OK(out.Emit(std::move(projected)));
    return Progress::kDone;
  }

 private:
  std::vector<std::unique_ptr<BoundExpression>> expressions_;
  std::shared_ptr<arrow::Schema> schema_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const auto expressions, node.Exprs("expressions"));
  if (expressions.size() != node.schema.size())
    return node.Error("expressions do not fit the schema");
  std::vector<std::unique_ptr<BoundExpression>> bound;
  for (const Expression& expression : expressions) {
    ARROW_ASSIGN_OR_RAISE(auto each, Bind(expression, context.session));
    bound.push_back(std::move(each));
  }
  return std::make_unique<Project>(std::move(bound), node.schema);
}

}  // namespace

extern const OperatorSpec kProject{.name = "project", .num_inputs = 1, .make = &Make};

}  // namespace sabot
