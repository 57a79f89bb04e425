// not_null: rows for a table some of whose columns must not be NULL.
//
//   column k      in    +I[a, 1]  +I[NULL, 2]
//                 out   +I[a, 1]  and fails; or leaves the other one out
//
// No state.
#include <numeric>

#include "base/error.h"
#include "expressions/failed_row.h"
#include "stream/operator.h"

namespace sabot {
namespace {

class NotNull final : public StatelessOperator {
 public:
  NotNull(std::vector<int> columns, bool drops, std::shared_ptr<arrow::Schema> schema)
      : columns_(std::move(columns)), drops_(drops), schema_(std::move(schema)) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    rows_.clear();
    bool any_null = false;
    for (const int column : columns_) any_null = any_null || in.column(column)->null_count() > 0;
    if (!any_null) {
      ARROW_ASSIGN_OR_RAISE(Batch all, in.WithColumns(schema_, in.rows->columns()));
      ARROW_RETURN_NOT_OK(out.Emit(std::move(all)));
      return Progress::kDone;
    }
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      const int column = NullIn(in, row);
      if (column < 0) {
        rows_.push_back(static_cast<int32_t>(row));
      } else if (!drops_) {
        const std::string& name = schema_->field(column)->name();
        return UserError("null-value", name,
                         "Column '" + name + "' is NOT NULL, and a row for it has NULL there (" +
                             DescribeRow(*in.rows, row) +
                             "). SET 'table.exec.sink.not-null-enforcer' = 'DROP' leaves such "
                             "rows out");
      }
    }
    if (rows_.empty()) return Progress::kDone;
    ARROW_ASSIGN_OR_RAISE(const Batch kept, Take(in, rows_));
    ARROW_ASSIGN_OR_RAISE(Batch typed, kept.WithColumns(schema_, kept.rows->columns()));
    ARROW_RETURN_NOT_OK(out.Emit(std::move(typed)));
    return Progress::kDone;
  }

 private:
  int NullIn(const Batch& in, int64_t row) const {
    for (const int column : columns_) {
      if (in.column(column)->IsNull(row)) return column;
    }
    return -1;
  }

  const std::vector<int> columns_;
  const bool drops_;
  const std::shared_ptr<arrow::Schema> schema_;
  std::vector<int32_t> rows_;  // Scratch.
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext&) {
  ARROW_ASSIGN_OR_RAISE(std::vector<int> columns, node.Columns("required"));
  ARROW_ASSIGN_OR_RAISE(const bool drops, node.Bool("drops", false));
  if (node.schema.size() != node.input_schemas[0].size())
    return node.Error("the schema must be the input's");
  return std::make_unique<NotNull>(std::move(columns), drops, ToArrow(node.schema));
}

}  // namespace

extern const OperatorSpec kNotNull{.name = "not_null", .num_inputs = 1, .make = &Make};

}  // namespace sabot
