// late_rows: the rows that came too late for another operator, as they were before it.
//
//   window_aggregate (keys k, v)   -- late rows -->   late_rows columns [1]     in   +I[a, 7]
//                                                                              out  +I[7]
//
// Its input edge says `late`: the operator that it reads decides what is late. No state.
#include "stream/operator.h"

namespace sabot {
namespace {

class LateRows final : public StatelessOperator {
 public:
  LateRows(std::vector<int> columns, const Schema& schema)
      : columns_(std::move(columns)), schema_(ToArrow(schema)) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    std::vector<ArrayPtr> columns;
    columns.reserve(columns_.size());
    for (const int column : columns_) columns.push_back(in.column(column));
    ARROW_ASSIGN_OR_RAISE(Batch rows, in.WithColumns(schema_, std::move(columns)));
    ARROW_RETURN_NOT_OK(out.Emit(std::move(rows)));
    return Progress::kDone;
  }

 private:
  const std::vector<int> columns_;
  const std::shared_ptr<arrow::Schema> schema_;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext&) {
  ARROW_ASSIGN_OR_RAISE(auto columns, node.Columns("columns"));
  if (columns.size() != node.schema.size()) return node.Error("columns do not fit the schema");
  return std::make_unique<LateRows>(std::move(columns), node.schema);
}

}  // namespace

extern const OperatorSpec kLateRows{.name = "late_rows", .num_inputs = 1, .make = &Make};

}  // namespace sabot
