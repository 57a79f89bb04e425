// watermark_assigner: tells time from rows.
//
//   watermark t - 5      in    t = 10  12 |  11 |  20
//                        out   rows W(7)  | rows | rows W(15)
//
// Emits rows unchanged and, after each batch, the greatest value of the watermark expression so
// far. With several splits it is the least over the splits that are still open, so that one split
// read ahead of another makes nothing late. With auto-watermark-interval 0 time moves after every
// row: a batch is cut before each row that the watermark would have passed by then.
//
// State: the last watermark emitted. Sources announce their splits anew after a restore.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "expressions/evaluator.h"
#include "stream/operator.h"

namespace sabot {
namespace {

class WatermarkAssigner final : public Operator {
 public:
  WatermarkAssigner(std::unique_ptr<BoundExpression> watermark, int time, std::string time_name,
                    bool every_row)
      : watermark_(std::move(watermark)),
        time_(time),
        time_name_(std::move(time_name)),
        every_row_(every_row) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    const auto times = AsInt64(in.column(time_));
    if (times->null_count() > 0) {
      return UserError("null-rowtime", time_name_,
                       "The event time column '" + time_name_ +
                           "' is NULL in a row. Filter such rows out, or give the column a value "
                           "in a computed column.");
    }
    ARROW_ASSIGN_OR_RAISE(const Vector value,
                          watermark_->Evaluate(in.rows->columns(), in.num_rows()));
    ARROW_ASSIGN_OR_RAISE(const auto column, Materialize(value, in.num_rows()));
    const auto marks = AsInt64(column);
    int64_t& split = splits_.try_emplace(in.split, kWatermarkMin).first->second;
    if (every_row_) {
      ARROW_RETURN_NOT_OK(EmitRowByRow(in, *times, *marks, &split, out));
    } else {
      for (int64_t row = 0; row < in.num_rows(); ++row) {
        if (marks->IsValid(row)) split = std::max(split, marks->Value(row));
      }
      ARROW_RETURN_NOT_OK(out.Emit(in));
    }
    ARROW_RETURN_NOT_OK(EmitWatermark(out));
    return Progress::kDone;
  }

  // Only the end of bounded input counts: other watermarks come from here.
  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    if (watermark.millis == kWatermarkMax) {
      emitted_ = kWatermarkMax;
      ARROW_RETURN_NOT_OK(out.Emit(watermark));
    }
    return Progress::kDone;
  }

  arrow::Result<Progress> OnStatus(StreamStatus status, Collector& out) override {
    if (status.split == kNoSplit) return Operator::OnStatus(status, out);
    if (status.idle) {
      splits_.erase(status.split);
    } else {
      splits_.try_emplace(status.split, kWatermarkMin);
    }
    ARROW_RETURN_NOT_OK(EmitWatermark(out));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    to.PutInt64("watermark", emitted_);
    return arrow::Status::OK();
  }

  // Of several old subtasks, whose splits are dealt out anew, the one that was furthest behind
  // counts.
  arrow::Status Restore(const SnapshotReader& from) override {
    ARROW_ASSIGN_OR_RAISE(emitted_, from.GetInt64("watermark"));
    return arrow::Status::OK();
  }

 private:
  static std::shared_ptr<arrow::Int64Array> AsInt64(const ArrayPtr& column) {
    auto data = column->data()->Copy();
    data->type = arrow::int64();
    return std::make_shared<arrow::Int64Array>(std::move(data));
  }

  arrow::Status EmitRowByRow(const Batch& in, const arrow::Int64Array& times,
                             const arrow::Int64Array& marks, int64_t* split, Collector& out) {
    int64_t begin = 0;
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      // <=, and one more: a session that ends exactly here must have fired before this row.
      if (row > begin && Combined() != kWatermarkMin && times.Value(row) <= Combined() + 1) {
        ARROW_RETURN_NOT_OK(out.Emit(in.Slice(begin, row - begin)));
        ARROW_RETURN_NOT_OK(EmitWatermark(out));
        begin = row;
      }
      if (marks.IsValid(row)) *split = std::max(*split, marks.Value(row));
    }
    return out.Emit(in.Slice(begin, in.num_rows() - begin));
  }

  int64_t Combined() const {
    int64_t least = kWatermarkMax;
    for (const auto& [split, mark] : splits_) least = std::min(least, mark);
    return splits_.empty() ? kWatermarkMin : least;
  }

  arrow::Status EmitWatermark(Collector& out) {
    const int64_t combined = Combined();
    if (combined <= emitted_) return arrow::Status::OK();
    emitted_ = combined;
    return out.Emit(Watermark{combined});
  }

  std::unique_ptr<BoundExpression> watermark_;
  int time_;
  std::string time_name_;
  bool every_row_;
  std::map<int32_t, int64_t> splits_;  // Rebuilt on restore.
  int64_t emitted_ = kWatermarkMin;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const int time, node.Column("time"));
  ARROW_ASSIGN_OR_RAISE(const Expression watermark, node.Expr("watermark"));
  const Field& field = node.input_schemas[0][static_cast<size_t>(time)];
  for (const Type* type : {&field.type, &watermark.type}) {
    if (!type->is_timestamp() || type->precision > 3) {
      return node.Error("event time must be TIMESTAMP(3) or TIMESTAMP_LTZ(3)");
    }
  }
  ARROW_ASSIGN_OR_RAISE(auto bound, Bind(watermark, context.session));
  return std::make_unique<WatermarkAssigner>(std::move(bound), time, field.name,
                                             context.options.auto_watermark_interval_ms == 0);
}

}  // namespace

extern const OperatorSpec kWatermarkAssigner{
    .name = "watermark_assigner", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
