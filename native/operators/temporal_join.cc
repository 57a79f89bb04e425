// temporal_join: every row of a stream with the version of its key that was valid at the row's
// event time (FOR SYSTEM_TIME AS OF).
//
//   left   [a, 7]  [a, 3]                       W(9)     the version at 7 is the one of 5;
//   right  [a, 5, x]  [a, 9, y]                          of LEFT joins: there is none at 3
//   out                   [a, 7, a, 5, x] [a, 3, NULL, NULL, NULL]  W(8)
//
// A row waits until the watermark of both inputs has passed its time. Rows of the watermark's own
// time may have siblings to come (WATERMARK FOR ts AS ts says t with the first row of t), so what
// is sent on is a millisecond less, and no result depends on where batches end. A version is valid
// from its own time until the next one's; one that was deleted stands for none. NULL is a key as
// any other, as in Flink. The rows of a key come out in order of arrival, with their own kinds.
//
// State: the left rows that wait, the versions that rows to come can meet, the watermark.
#include <arrow/record_batch.h>

#include <utility>

#include "base/error.h"
#include "expressions/failed_row.h"
#include "operators/join_output.h"
#include "operators/state_rows.h"
#include "operators/temporal_rows.h"

namespace sabot {
namespace {

// Pairs of stored rows as output: left columns, then those of the version or NULL.
class VersionOutput {
 public:
  VersionOutput(bool outer, std::shared_ptr<arrow::Schema> schema,
                std::unique_ptr<BoundExpression> condition)
      : outer_(outer), schema_(std::move(schema)), condition_(std::move(condition)) {}

  void Add(RowId left, RowId version) {
    if (version == kNoRow && !outer_) return;
    left_.push_back(left);
    versions_.push_back(version);
  }
  size_t size() const { return left_.size(); }

  arrow::Status Flush(const TemporalRows& rows, Collector& out);

 private:
  arrow::Status GatherSide(const TemporalRows& rows, TemporalRows::Side side,
                           std::span<const RowId> ids, std::vector<ArrayPtr>* columns);
  // Leaves out the versions, or of inner joins the pairs, for which the condition is not TRUE.
  arrow::Status Judge(const TemporalRows& rows);

  bool outer_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<BoundExpression> condition_;  // nullptr: every version.
  std::vector<RowId> left_;
  std::vector<RowId> versions_;
  // Scratch.
  std::vector<RowRef> refs_;
  std::vector<int32_t> true_;
  std::vector<int8_t> kinds_;
};

arrow::Status VersionOutput::GatherSide(const TemporalRows& rows, TemporalRows::Side side,
                                        std::span<const RowId> ids,
                                        std::vector<ArrayPtr>* columns) {
  refs_.clear();
  for (const RowId id : ids)
    refs_.push_back(id == kNoRow ? RowRef{nullptr, 0} : rows.store(side).Ref(id));
  const arrow::Schema& schema = *rows.schema(side);
  for (int column = 0; column < schema.num_fields(); ++column) {
    ARROW_ASSIGN_OR_RAISE(auto array, GatherColumn(refs_, column, schema.field(column)->type()));
    columns->push_back(std::move(array));
  }
  return arrow::Status::OK();
}

arrow::Status VersionOutput::Judge(const TemporalRows& rows) {
  std::vector<size_t> with_version;
  std::vector<RowId> left;
  std::vector<RowId> versions;
  for (size_t i = 0; i < left_.size(); ++i) {
    if (versions_[i] == kNoRow) continue;
    with_version.push_back(i);
    left.push_back(left_[i]);
    versions.push_back(versions_[i]);
  }
  const auto count = static_cast<int64_t>(left.size());
  if (count == 0) return arrow::Status::OK();
  std::vector<ArrayPtr> columns;
  ARROW_RETURN_NOT_OK(GatherSide(rows, TemporalRows::kLeft, left, &columns));
  ARROW_RETURN_NOT_OK(GatherSide(rows, TemporalRows::kRight, versions, &columns));
  const auto keep = condition_->Evaluate(columns, count);
  if (!keep.ok()) {
    const auto pairs = arrow::RecordBatch::Make(schema_, count, std::move(columns));
    return AtFailedRow(keep.status(), *condition_, *pairs, "the condition");
  }
  ARROW_RETURN_NOT_OK(SelectTrue(*keep, count, &true_));
  if (!outer_) {
    left_.clear();
    versions_.clear();
    for (const int32_t i : true_)
      Add(left[static_cast<size_t>(i)], versions[static_cast<size_t>(i)]);
    return arrow::Status::OK();
  }
  for (const size_t i : with_version) versions_[i] = kNoRow;
  for (const int32_t i : true_)
    versions_[with_version[static_cast<size_t>(i)]] = versions[static_cast<size_t>(i)];
  return arrow::Status::OK();
}

arrow::Status VersionOutput::Flush(const TemporalRows& rows, Collector& out) {
  if (condition_ != nullptr) ARROW_RETURN_NOT_OK(Judge(rows));
  if (left_.empty()) return arrow::Status::OK();
  std::vector<ArrayPtr> columns;
  ARROW_RETURN_NOT_OK(GatherSide(rows, TemporalRows::kLeft, left_, &columns));
  bool insert_only = true;
  kinds_.clear();
  for (const RowId id : left_) {
    const RowKind kind = rows.KindOf(TemporalRows::kLeft, id);
    insert_only = insert_only && kind == RowKind::kInsert;
    kinds_.push_back(static_cast<int8_t>(kind));
  }
  ARROW_RETURN_NOT_OK(GatherSide(rows, TemporalRows::kRight, versions_, &columns));
  Batch joined{arrow::RecordBatch::Make(schema_, static_cast<int64_t>(left_.size()), columns),
               nullptr, kNoSplit};
  left_.clear();
  versions_.clear();
  if (!insert_only) {
    ARROW_ASSIGN_OR_RAISE(joined.kinds, MakeKinds(kinds_));
  }
  return out.Emit(std::move(joined));
}

class TemporalJoin final : public Operator {
 public:
  TemporalJoin(const std::array<TemporalSide, 2>& sides, VersionOutput output,
               bool takes_update_before, OperatorContext& context)
      : times_({sides[0].time, sides[1].time}),
        time_names_({sides[0].time_name(), sides[1].time_name()}),
        rows_(sides, context.tiers, context.options.state_ttl_ms),
        output_(std::move(output)),
        takes_update_before_(takes_update_before),
        clock_(context.clock),
        metrics_(context.metrics) {}

  arrow::Result<Progress> Process(int input, const Batch& in, Collector&) override {
    const auto side = static_cast<TemporalRows::Side>(input);
    if (in.column(times_[side])->null_count() > 0) {
      return UserError("null-rowtime", time_names_[side],
                       "A row of a temporal join has no event time: '" + time_names_[side] +
                           "' is NULL. Leave such rows out in a WHERE clause.");
    }
    ARROW_RETURN_NOT_OK(rows_.Begin(clock_->NowMillis()));
    if (side == TemporalRows::kRight && !in.insert_only() && !takes_update_before_) {
      ARROW_ASSIGN_OR_RAISE(const Batch versions, WithoutUpdateBefore(in));
      ARROW_RETURN_NOT_OK(rows_.Add(side, versions));
    } else {
      ARROW_RETURN_NOT_OK(rows_.Add(side, in));
    }
    metrics_->state_bytes.Set(rows_.size_bytes());
    return Progress::kDone;
  }

  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    const int64_t told = watermark.millis;
    watermark_ = told == kWatermarkMax || told == kWatermarkMin ? told : told - 1;
    ARROW_RETURN_NOT_OK(rows_.Begin(clock_->NowMillis()));
    num_settled_ = 0;
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    while (true) {
      for (; at_ < due_.size(); ++at_) {
        if (output_.size() >= kJoinPairsMax) {
          ARROW_RETURN_NOT_OK(output_.Flush(rows_, out));
          if (!out.has_room()) return Progress::kMoreOutput;
        }
        const RowId row = due_[at_];
        output_.Add(row, rows_.VersionAt(key_, rows_.TimeOf(TemporalRows::kLeft, row)));
      }
      if (key_ != kNoSlot) rows_.Settle(std::exchange(key_, kNoSlot), watermark_);
      due_.clear();
      at_ = 0;
      if (output_.size() >= kJoinPairsMax || num_settled_ >= kJoinPairsMax) {
        ARROW_RETURN_NOT_OK(FlushBetweenKeys(out));
        if (!out.has_room()) return Progress::kMoreOutput;
      }
      ARROW_ASSIGN_OR_RAISE(key_, rows_.NextDue(watermark_));
      if (key_ == kNoSlot) break;
      ++num_settled_;
      rows_.TakeDue(key_, watermark_, &due_);
    }
    ARROW_RETURN_NOT_OK(FlushBetweenKeys(out));
    metrics_->state_bytes.Set(rows_.size_bytes());
    ARROW_RETURN_NOT_OK(out.Emit(Watermark{watermark_}));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    to.PutInt64("watermark", watermark_);
    return rows_.Snapshot(to);
  }
  arrow::Status Restore(const SnapshotReader& from) override {
    ARROW_ASSIGN_OR_RAISE(watermark_, from.GetInt64("watermark"));
    ARROW_RETURN_NOT_OK(rows_.Begin(clock_->NowMillis()));
    return rows_.Restore(from, watermark_);
  }

  StateCursor ReadState(std::optional<StateKey> only) override {
    return [this, side = size_t{0},
            at = RowCursor(std::move(only))](size_t rows_max) mutable -> arrow::Result<StatePiece> {
      StatePiece piece;
      bool side_last = false;
      OneSide own{rows_, static_cast<TemporalRows::Side>(side)};
      ARROW_ASSIGN_OR_RAISE(auto ids, at.Next(own, rows_max, &side_last));
      std::erase_if(ids, [&](RowId id) { return IsRetract(rows_.KindOf(own.side, id)); });
      ARROW_ASSIGN_OR_RAISE(const auto rows, own.store().Gather(ids));
      ARROW_ASSIGN_OR_RAISE(piece.columns, SideColumns(side, rows,
                                                       {rows_.schema(TemporalRows::kLeft),
                                                        rows_.schema(TemporalRows::kRight)}));
      if (side_last) {
        ++side;
        at.Rewind();
      }
      piece.last = side == 2;
      return piece;
    };
  }

 private:
  struct OneSide {
    TemporalRows& rows;
    TemporalRows::Side side;
    const RowStore& store() const { return rows.store(side); }
    arrow::Result<std::vector<RowId>> RowsOf(std::string_view key, uint64_t hash) {
      return rows.RowsOf(side, key, hash);
    }
  };

  // A version ends where the next one begins, not at its own time.
  arrow::Result<Batch> WithoutUpdateBefore(const Batch& in) {
    kept_.clear();
    for (int32_t row = 0; row < static_cast<int32_t>(in.num_rows()); ++row) {
      if (in.kind(row) != RowKind::kUpdateBefore) kept_.push_back(row);
    }
    return Take(in, kept_);
  }

  arrow::Status FlushBetweenKeys(Collector& out) {
    ARROW_RETURN_NOT_OK(output_.Flush(rows_, out));
    rows_.Release();
    num_settled_ = 0;
    return rows_.MakeRoom();
  }

  std::array<int, 2> times_;
  std::array<std::string, 2> time_names_;
  TemporalRows rows_;
  VersionOutput output_;
  bool takes_update_before_;  // Of versions.
  Clock* clock_;
  OperatorMetrics* metrics_;
  int64_t watermark_ = kWatermarkMin;  // That was sent on.
  // Only while a watermark is worked off.
  Slot key_ = kNoSlot;
  std::vector<RowId> due_;  // Its left rows.
  size_t at_ = 0;
  size_t num_settled_ = 0;     // Since the last flush between keys.
  std::vector<int32_t> kept_;  // Scratch.
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const std::string type, node.String("joinType"));
  if (type != "inner" && type != "left") return node.Error("joinType must be 'inner' or 'left'");
  std::array<TemporalSide, 2> sides;
  sides[0].schema = node.input_schemas[0];
  sides[1].schema = node.input_schemas[1];
  ARROW_ASSIGN_OR_RAISE(sides[0].keys, node.Columns("leftKeys", 0));
  ARROW_ASSIGN_OR_RAISE(sides[1].keys, node.Columns("rightKeys", 1));
  if (sides[0].keys.empty() || sides[0].keys.size() != sides[1].keys.size()) {
    return node.Error("both sides must have as many keys, at least one");
  }
  ARROW_ASSIGN_OR_RAISE(sides[0].time, node.Column("leftTime", 0));
  ARROW_ASSIGN_OR_RAISE(sides[1].time, node.Column("rightTime", 1));
  for (const TemporalSide& side : sides) {
    const Type& time = side.schema[static_cast<size_t>(side.time)].type;
    if (!time.is_timestamp() || time.precision > 3) return node.Error("times must be TIMESTAMP(3)");
  }
  ARROW_ASSIGN_OR_RAISE(auto condition, BindJoinCondition(node, context));
  ARROW_ASSIGN_OR_RAISE(const bool update_before, node.Bool("rightUpdateBefore", false));
  VersionOutput output(type == "left", ToArrow(node.schema), std::move(condition));
  return std::make_unique<TemporalJoin>(sides, std::move(output), update_before, context);
}

}  // namespace

extern const OperatorSpec kTemporalJoin{
    .name = "temporal_join", .num_inputs = 2, .stateful = true, .make = &Make};

}  // namespace sabot
