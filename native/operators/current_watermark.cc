// current_watermark: appends the event time that this operator has reached, NULL before any.
//
//   in   [a] W(5) [b]        out   [a, NULL] W(5) [b, 5]
//
// State: that time. (Flink's is NULL after a restart until a watermark comes, so that its rows tell
// of the restart.)
#include <arrow/array/util.h>
#include <arrow/scalar.h>

#include "stream/operator.h"

namespace sabot {
namespace {

class CurrentWatermark final : public Operator {
 public:
  explicit CurrentWatermark(const Schema& schema) : schema_(ToArrow(schema)) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    std::vector<ArrayPtr> columns = in.rows->columns();
    const std::shared_ptr<arrow::DataType>& type = schema_->fields().back()->type();
    const auto value = watermark_ == kWatermarkMin
                           ? arrow::MakeNullScalar(type)
                           : std::make_shared<arrow::TimestampScalar>(watermark_, type);
    ARROW_ASSIGN_OR_RAISE(auto column, arrow::MakeArrayFromScalar(*value, in.num_rows()));
    columns.push_back(std::move(column));
    ARROW_ASSIGN_OR_RAISE(Batch result, in.WithColumns(schema_, std::move(columns)));
    ARROW_RETURN_NOT_OK(out.Emit(std::move(result)));
    return Progress::kDone;
  }

  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    watermark_ = watermark.millis;
    ARROW_RETURN_NOT_OK(out.Emit(watermark));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    to.PutInt64("watermark", watermark_);
    return arrow::Status::OK();
  }
  arrow::Status Restore(const SnapshotReader& from) override {
    return from.GetInt64("watermark").Value(&watermark_);
  }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  int64_t watermark_ = kWatermarkMin;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext&) {
  if (node.schema.size() != node.input_schemas[0].size() + 1) {
    return node.Error("the schema must be the input's and the watermark");
  }
  const Type& type = node.schema.back().type;
  if (!type.is_timestamp() || type.precision != 3) {
    return node.Error("the watermark must be TIMESTAMP(3)");
  }
  return std::make_unique<CurrentWatermark>(node.schema);
}

}  // namespace

extern const OperatorSpec kCurrentWatermark{
    .name = "current_watermark", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
