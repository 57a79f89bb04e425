// expand: every row once per projection, in order. GROUPING SETS are a group aggregate above it.
//
//   projections [k, v, 0] [NULL, v, 1]     in    +I[a, 1]
//                                          out   +I[a, 1, 0]  +I[NULL, 1, 1]
//
// No state.
#include <nlohmann/json.hpp>
#include <numeric>

#include "expressions/evaluator.h"
#include "expressions/failed_row.h"
#include "stream/operator.h"

namespace sabot {
namespace {

using Projection = std::vector<std::unique_ptr<BoundExpression>>;

class Expand final : public StatelessOperator {
 public:
  Expand(std::vector<Projection> projections, std::shared_ptr<arrow::Schema> schema)
      : projections_(std::move(projections)), schema_(std::move(schema)) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    std::vector<Batch> copies;
    for (const Projection& projection : projections_) {
      std::vector<ArrayPtr> columns;
      for (const auto& expression : projection) {
        const auto value = expression->Evaluate(in.rows->columns(), in.num_rows());
        if (!value.ok()) {
          const auto& name = schema_->field(static_cast<int>(columns.size()))->name();
          return AtFailedRow(value.status(), *expression, *in.rows, "column '" + name + "'");
        }
        ARROW_ASSIGN_OR_RAISE(auto column, Materialize(*value, in.num_rows()));
        columns.push_back(std::move(column));
      }
      ARROW_ASSIGN_OR_RAISE(Batch copy, in.WithColumns(schema_, std::move(columns)));
      copies.push_back(std::move(copy));
    }
    ARROW_ASSIGN_OR_RAISE(const Batch all, Concatenate(copies));
    // Row by row, not copy by copy: changes must keep the order of their rows.
    order_.clear();
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      for (size_t copy = 0; copy < copies.size(); ++copy) {
        order_.push_back(static_cast<int32_t>(static_cast<int64_t>(copy) * in.num_rows() + row));
      }
    }
    ARROW_ASSIGN_OR_RAISE(Batch ordered, Take(all, order_));
    ARROW_RETURN_NOT_OK(out.Emit(std::move(ordered)));
    return Progress::kDone;
  }

 private:
  std::vector<Projection> projections_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<int32_t> order_;  // Scratch.
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  const nlohmann::json* lists = node.Member("projections");
  if (lists == nullptr || !lists->is_array() || lists->empty())
    return node.Error("config needs 'projections'");
  std::vector<Projection> projections;
  for (const nlohmann::json& list : *lists) {
    Projection projection;
    for (const nlohmann::json& each : list) {
      ARROW_ASSIGN_OR_RAISE(const Expression expression, DecodeExpression(each));
      ARROW_ASSIGN_OR_RAISE(auto bound, Bind(expression, context.session));
      projection.push_back(std::move(bound));
    }
    if (projection.size() != node.schema.size())
      return node.Error("a projection does not fit the schema");
    projections.push_back(std::move(projection));
  }
  return std::make_unique<Expand>(std::move(projections), ToArrow(node.schema));
}

}  // namespace

extern const OperatorSpec kExpand{.name = "expand", .num_inputs = 1, .make = &Make};

}  // namespace sabot
