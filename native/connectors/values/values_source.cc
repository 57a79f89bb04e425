// values_source: the rows of VALUES.
//
//   values [[1, 'a'], [2, NULL]]   ->   one batch: 1 2 | a NULL
//
// Subtask 0 alone has rows. State: how many have been emitted.
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/table_builder.h>
#include <arrow/type.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "stream/operator.h"

namespace sabot {
namespace {

class ValuesSource final : public Operator {
 public:
  ValuesSource(RecordBatchPtr rows, OperatorContext& context)
      : rows_(std::move(rows)), context_(context) {}

  arrow::Result<Progress> Produce(Collector& out) override {
    if (context_.subtask != 0) return Progress::kDone;
    const int64_t length = std::min(context_.options.batch_max_rows, rows_->num_rows() - next_row_);
    if (length > 0) {
      Batch batch;
      batch.rows = rows_->Slice(next_row_, length);
      next_row_ += length;
      ARROW_RETURN_NOT_OK(out.Emit(std::move(batch)));
    }
    return next_row_ == rows_->num_rows() ? Progress::kDone : Progress::kMoreOutput;
  }

  arrow::Result<Progress> Process(int, const Batch&, Collector&) override {
    SABOT_CHECK(false);  // A source has no inputs.
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    if (context_.subtask == 0) to.PutInt64("next_row", next_row_);
    return arrow::Status::OK();
  }
  arrow::Status Restore(const SnapshotReader& from) override {
    ARROW_ASSIGN_OR_RAISE(next_row_, from.GetInt64("next_row"));
    return next_row_ <= rows_->num_rows()
               ? arrow::Status::OK()
               : arrow::Status::Invalid("values_source: a snapshot of more rows");
  }

 private:
  const RecordBatchPtr rows_;
  OperatorContext& context_;
  int64_t next_row_ = 0;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  const nlohmann::json* values = node.Member("values");
  if (values == nullptr || !values->is_array()) return node.Error("its values are missing");
  const auto schema = ToArrow(node.schema);
  ARROW_ASSIGN_OR_RAISE(auto builder,
                        arrow::RecordBatchBuilder::Make(schema, arrow::default_memory_pool()));
  for (const auto& row : *values) {
    if (!row.is_array() || row.size() != node.schema.size())
      return node.Error("a row has not one value per column");
    for (size_t i = 0; i < row.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(const Expression value, DecodeExpression(row[i]));
      if (value.form != Expression::Form::kLiteral) return node.Error("a value is not a literal");
      arrow::ArrayBuilder* column = builder->GetField(static_cast<int>(i));
      if (!value.literal->is_valid) {
        ARROW_RETURN_NOT_OK(column->AppendNull());
      } else if (value.literal->type->Equals(*column->type())) {
        ARROW_RETURN_NOT_OK(column->AppendScalar(*value.literal));
      } else {
        return node.Error("a value of column '" + node.schema[i].name + "' is " +
                          value.literal->type->ToString() + ", not " + column->type()->ToString());
      }
    }
  }
  ARROW_ASSIGN_OR_RAISE(auto columns, builder->Flush());
  // The builder drops field flags; the plan's schema stands.
  auto rows =
      arrow::RecordBatch::Make(schema, static_cast<int64_t>(values->size()), columns->columns());
  return std::make_unique<ValuesSource>(std::move(rows), context);
}

}  // namespace

extern const OperatorSpec kValuesSource{
    .name = "values_source", .num_inputs = 0, .stateful = true, .make = &Make};

}  // namespace sabot
