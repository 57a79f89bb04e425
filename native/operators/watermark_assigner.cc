// watermark_assigner: tells time from rows.
//
//   watermark t - 5      in    t = 10  12 |  11 |  20
//                        out   rows W(7)  | rows | rows W(15)
//
// Emits rows unchanged and, after each batch, the greatest value of the watermark expression so
// far. With several splits it is the least over the splits that are still open, so that one split
// read ahead of another makes nothing late. Within a batch time moves as in Flink: after a row that
// brings it more than auto-watermark-interval ahead (0, or on-event: after every row); a batch is
// cut before a row that has come too late by then, so that results do not depend on batches.
//
// A split that is silent for the idle timeout holds time back no longer; time spent back-pressured
// does not count. With alignment, the source waits while it is too far ahead of its group.
//
// State: the last watermark emitted. Sources announce their splits anew after a restore.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "expressions/evaluator.h"
#include "stream/combined_time.h"
#include "stream/operator.h"

namespace sabot {
namespace {

struct WatermarkAssignerPlan {
  int time = 0;
  std::string time_name;
  int64_t interval_ms = 0;      // How far time must have moved to be told before a batch's end.
  bool each_row = false;        // Then told before the next row, not only before one that is late.
  int64_t idle_timeout_ms = 0;  // 0: a silent split holds time back for ever.
  std::string alignment_group;  // Empty: none.
  int64_t max_drift_ms = 0;
  int64_t update_interval_ms = 1'000;
};

class WatermarkAssigner final : public Operator {
 public:
  WatermarkAssigner(WatermarkAssignerPlan plan, std::unique_ptr<BoundExpression> watermark,
                    OperatorContext& context)
      : plan_(std::move(plan)), watermark_(std::move(watermark)), context_(context) {}

  arrow::Status Open() override {
    const int64_t now = context_.clock->NowMillis();
    if (plan_.idle_timeout_ms > 0) next_idle_check_ms_ = now + plan_.idle_timeout_ms;
    if (!plan_.alignment_group.empty()) {
      group_member_ = context_.alignment->Join(plan_.alignment_group, context_.waker);
      next_alignment_ms_ = now + plan_.update_interval_ms;
    }
    return arrow::Status::OK();
  }

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    const auto times = AsInt64(in.column(plan_.time));
    if (times->null_count() > 0) {
      return UserError("null-rowtime", plan_.time_name,
                       "The event time column '" + plan_.time_name +
                           "' is NULL in a row. Filter such rows out, or give the column a value "
                           "in a computed column.");
    }
    ARROW_ASSIGN_OR_RAISE(const Vector value,
                          watermark_->Evaluate(in.rows->columns(), in.num_rows()));
    ARROW_ASSIGN_OR_RAISE(const auto column, Materialize(value, in.num_rows()));
    Split& split = FindSplit(in.split);
    split.waiting = false;
    split.active_ms = ActiveMillis();
    time_.SetIdle(split.member, false);
    ARROW_RETURN_NOT_OK(EmitActive(out));
    ARROW_RETURN_NOT_OK(EmitRows(in, *times, *AsInt64(column), split, out));
    time_.Advance(split.member, split.mark);
    context_.metrics->splits.Advance(in.split, split.mark);
    ARROW_RETURN_NOT_OK(EmitTime(out));
    return Progress::kDone;
  }

  // Only the end of bounded input counts: other watermarks come from here.
  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    if (watermark.millis != kWatermarkMax) return Progress::kDone;
    if (told_idle_) ARROW_RETURN_NOT_OK(out.Emit(StreamStatus{.idle = false}));
    told_idle_ = false;
    emitted_ = kWatermarkMax;
    next_idle_check_ms_ = next_alignment_ms_ = INT64_MAX;
    ReportToGroup();
    ARROW_RETURN_NOT_OK(out.Emit(watermark));
    return Progress::kDone;
  }

  arrow::Result<Progress> OnStatus(StreamStatus status, Collector& out) override {
    if (status.split == kNoSplit) return Operator::OnStatus(status, out);
    if (status.idle) {
      if (const auto found = splits_.find(status.split); found != splits_.end()) {
        time_.End(found->second.member);
        splits_.erase(found);
        context_.metrics->splits.Remove(status.split);
      }
    } else {
      Split& split = FindSplit(status.split);
      split.waiting = status.waiting;
      if (status.name != nullptr) split.name = status.name;
      split.active_ms = ActiveMillis();
      context_.metrics->splits.Set(status.split, {split.name, split.mark, false, split.waiting});
      ARROW_RETURN_NOT_OK(EmitActive(out));
    }
    ARROW_RETURN_NOT_OK(EmitTime(out));
    return Progress::kDone;
  }

  int64_t NextTimer() const override { return std::min(next_idle_check_ms_, next_alignment_ms_); }

  arrow::Result<Progress> OnTimer(int64_t now, Collector& out) override {
    if (now >= next_alignment_ms_) {
      // Silence while we do not let the source speak is none.
      if (!wants_input()) {
        for (auto& [number, split] : splits_) split.active_ms = ActiveMillis();
      }
      next_alignment_ms_ = now + plan_.update_interval_ms;
    }
    if (now >= next_idle_check_ms_) {
      FindIdleSplits(now);
      ARROW_RETURN_NOT_OK(EmitTime(out));
    }
    return Progress::kDone;
  }

  bool wants_input() const override {
    if (plan_.alignment_group.empty() || emitted_ == kWatermarkMin) return true;
    const int64_t least = context_.alignment->Least(plan_.alignment_group);
    return least >= kWatermarkMax - plan_.max_drift_ms || emitted_ <= least + plan_.max_drift_ms;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    to.PutInt64("watermark", emitted_);
    return arrow::Status::OK();
  }

  // Of several old subtasks, whose splits are dealt out anew, the one that was furthest behind
  // counts.
  arrow::Status Restore(const SnapshotReader& from) override {
    ARROW_ASSIGN_OR_RAISE(emitted_, from.GetInt64("watermark"));
    ReportToGroup();
    return arrow::Status::OK();
  }

 private:
  struct Split {
    size_t member = 0;  // Of time_.
    int64_t mark = kWatermarkMin;
    int64_t active_ms = 0;  // When it was last not silent, by ActiveMillis.
    bool idle = false;
    bool waiting = false;
    std::shared_ptr<const std::string> name;
  };

  static std::shared_ptr<arrow::Int64Array> AsInt64(const ArrayPtr& column) {
    auto data = column->data()->Copy();
    data->type = arrow::int64();
    return std::make_shared<arrow::Int64Array>(std::move(data));
  }

  Split& FindSplit(int32_t number) {
    const auto [found, is_new] = splits_.try_emplace(number);
    Split& split = found->second;
    if (is_new) split.member = time_.Add();
    if (plan_.idle_timeout_ms > 0 && (is_new || split.idle)) {
      const int64_t check = context_.clock->NowMillis() + plan_.idle_timeout_ms;
      next_idle_check_ms_ = std::min(next_idle_check_ms_, check);
    }
    if (is_new || split.idle) {
      split.idle = false;
      context_.metrics->splits.Set(number, {split.name, split.mark, false, split.waiting});
    }
    return split;
  }

  // Processing time that goes on only while the task is not back-pressured.
  int64_t ActiveMillis() const {
    if (plan_.idle_timeout_ms == 0) return 0;
    const int64_t held = context_.task_times->Nanos(TaskTimes::State::kBackpressured,
                                                    context_.clock->MonotonicNanos());
    return context_.clock->NowMillis() - held / 1'000'000;
  }

  void FindIdleSplits(int64_t now) {
    const int64_t active_now = ActiveMillis();
    next_idle_check_ms_ = INT64_MAX;
    for (auto& [number, split] : splits_) {
      if (split.idle || split.waiting) continue;
      const int64_t left = split.active_ms + plan_.idle_timeout_ms - active_now;
      if (left > 0) {
        next_idle_check_ms_ = std::min(next_idle_check_ms_, now + left);
        continue;
      }
      split.idle = true;
      time_.SetIdle(split.member, true);
      context_.metrics->splits.Set(number, {split.name, split.mark, true, false});
    }
    nothing_yet_ = splits_.empty() && emitted_ == kWatermarkMin;
  }

  // Rows in order; time is told within them where Flink would have told it before a row that has
  // come too late by then.
  arrow::Status EmitRows(const Batch& in, const arrow::Int64Array& times,
                         const arrow::Int64Array& marks, Split& split, Collector& out) {
    const int64_t others = time_.LeastOfOthers(split.member);
    const int64_t* time = times.raw_values();
    const bool all_valid = marks.null_count() == 0;
    const int64_t* mark = marks.raw_values();
    int64_t greatest = split.mark;
    int64_t told = emitted_;
    int64_t begin = 0;
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      // <=, and one more: a session that ends exactly here must have fired before this row.
      if (told > emitted_ && (plan_.each_row || time[row] <= told + 1)) {
        if (row > begin) ARROW_RETURN_NOT_OK(out.Emit(in.Slice(begin, row - begin)));
        begin = row;
        emitted_ = told;
        ARROW_RETURN_NOT_OK(out.Emit(Watermark{told}));
      }
      if (all_valid || marks.IsValid(row)) greatest = std::max(greatest, mark[row]);
      const int64_t combined = std::min(greatest, others);
      if (combined <= told) continue;
      // Flink's assigner begins at 1970.
      if (plan_.interval_ms == 0 || combined - std::max<int64_t>(told, 0) > plan_.interval_ms)
        told = combined;
    }
    split.mark = greatest;
    return out.Emit(begin == 0 ? in : in.Slice(begin, in.num_rows() - begin));
  }

  arrow::Status EmitActive(Collector& out) {
    if (!told_idle_ || time_.idle()) return arrow::Status::OK();
    told_idle_ = nothing_yet_ = false;
    return out.Emit(StreamStatus{.idle = false});
  }

  // What has become of the combined time since the last call.
  arrow::Status EmitTime(Collector& out) {
    if (time_.watermark() > emitted_) {
      emitted_ = time_.watermark();
      ARROW_RETURN_NOT_OK(out.Emit(Watermark{emitted_}));
    }
    const bool idle = time_.idle() || nothing_yet_;
    if (idle && !told_idle_) {
      told_idle_ = true;
      ARROW_RETURN_NOT_OK(out.Emit(StreamStatus{.idle = true}));
    }
    ReportToGroup();
    return arrow::Status::OK();
  }

  void ReportToGroup() {
    if (plan_.alignment_group.empty()) return;
    context_.alignment->Report(plan_.alignment_group, group_member_,
                               told_idle_ ? kWatermarkMax : emitted_);
  }

  const WatermarkAssignerPlan plan_;
  const std::unique_ptr<BoundExpression> watermark_;
  OperatorContext& context_;
  int64_t emitted_ = kWatermarkMin;
  // Rebuilt on restore.
  std::map<int32_t, Split> splits_;
  CombinedTime time_{CombinedTime::Return::kHolds};
  bool told_idle_ = false;
  bool nothing_yet_ = false;  // No split and no row has come within the idle timeout.
  int64_t next_idle_check_ms_ = INT64_MAX;
  int64_t next_alignment_ms_ = INT64_MAX;
  size_t group_member_ = 0;
};

arrow::Status ReadAlignment(const PlanNode& node, WatermarkAssignerPlan* plan) {
  const nlohmann::json* alignment = node.Member("alignment");
  if (alignment == nullptr) return arrow::Status::OK();
  try {
    plan->alignment_group = alignment->at("group").get<std::string>();
    plan->max_drift_ms = alignment->at("maxDriftMs").get<int64_t>();
    plan->update_interval_ms = alignment->value("updateIntervalMs", plan->update_interval_ms);
  } catch (const nlohmann::json::exception& error) {
    return node.Error(std::string("alignment: ") + error.what());
  }
  if (plan->alignment_group.empty() || plan->max_drift_ms < 0 || plan->update_interval_ms < 1)
    return node.Error("alignment needs a group, a drift and an interval");
  return arrow::Status::OK();
}

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  WatermarkAssignerPlan plan;
  ARROW_ASSIGN_OR_RAISE(plan.time, node.Column("time"));
  ARROW_ASSIGN_OR_RAISE(const Expression watermark, node.Expr("watermark"));
  const Field& field = node.input_schemas[0][static_cast<size_t>(plan.time)];
  for (const Type* type : {&field.type, &watermark.type}) {
    if (!type->is_timestamp() || type->precision > 3) {
      return node.Error("event time must be TIMESTAMP(3) or TIMESTAMP_LTZ(3)");
    }
  }
  ARROW_ASSIGN_OR_RAISE(auto bound, Bind(watermark, context.session));
  plan.time_name = field.name;
  ARROW_ASSIGN_OR_RAISE(const bool on_event, node.Bool("onEvent", false));
  ARROW_ASSIGN_OR_RAISE(plan.each_row, node.Bool("eachRow", false));
  plan.interval_ms = on_event ? 0 : context.options.auto_watermark_interval_ms;
  ARROW_ASSIGN_OR_RAISE(plan.idle_timeout_ms, node.Int("idleTimeoutMs", 0));
  ARROW_RETURN_NOT_OK(ReadAlignment(node, &plan));
  return std::make_unique<WatermarkAssigner>(std::move(plan), std::move(bound), context);
}

}  // namespace

extern const OperatorSpec kWatermarkAssigner{
    .name = "watermark_assigner", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
