// interval_join: inner join of two insert-only streams whose times lie within bounds of each other.
//
//   0 <= r.t - l.t <= 5     left   l@10           l@30
//                           right         r@12           r@31   r@99
//                           out           l@10,r@12      l@30,r@31
//
// A left row at t waits for right rows up to t + upper, a right row for left rows up to t - lower;
// rows beyond that are pruned as the watermark passes. The watermark it sends on is held back by
// the longest wait, as in Flink: results carry times of both sides.
//
// State: the rows of both sides that can still meet one to come, by key.
#include <algorithm>

#include "base/error.h"
#include "operators/join_output.h"
#include "operators/state_rows.h"

namespace sabot {
namespace {

struct Bounds {
  std::array<int, 2> time;  // Column of each side.
  int64_t lower_ms;         // lower <= right time - left time <= upper
  int64_t upper_ms;
};

int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? INT64_MAX : INT64_MIN;
}

class IntervalJoin final : public Operator {
 public:
  IntervalJoin(std::array<std::unique_ptr<RowLists>, 2> sides, JoinOutput output, Bounds bounds,
               OperatorMetrics* metrics)
      : sides_(std::move(sides)), output_(std::move(output)), bounds_(bounds), metrics_(metrics) {}

  arrow::Result<Progress> Process(int input, const Batch& in, Collector& out) override {
    RowLists& own = *sides_[static_cast<size_t>(input)];
    ARROW_RETURN_NOT_OK(RowLists::EncodeKeys(in, own.keys(), &keys_));
    RowsWithKeys(in, own.keys(), &rows_);
    // A row that no row to come can meet need not be kept.
    const int64_t* times = Times(*in.rows, input);
    kept_.clear();
    for (const int32_t row : rows_) {
      if (in.column(bounds_.time[static_cast<size_t>(input)])->IsNull(row)) continue;
      if (WaitsUntil(input, times[row]) > watermark_) kept_.push_back(row);
    }
    ARROW_RETURN_NOT_OK(own.Add(in, keys_, kept_));
    ARROW_RETURN_NOT_OK(sides_[static_cast<size_t>(1 - input)]->Heads(keys_, rows_, &heads_));
    metrics_->state_bytes.Set(sides_[0]->size_bytes() + sides_[1]->size_bytes());
    arriving_ = in;
    input_ = input;
    at_ = 0;
    in_list_ = false;
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    const RowLists& other = *sides_[static_cast<size_t>(1 - input_)];
    const int64_t* times = Times(*arriving_.rows, input_);
    const ArrayPtr time_column = arriving_.column(bounds_.time[static_cast<size_t>(input_)]);
    for (; at_ < rows_.size(); ++at_) {
      const int32_t row = rows_[at_];
      if (time_column->IsNull(row)) continue;
      if (!in_list_) list_ = heads_[at_];
      in_list_ = true;
      for (; list_ != kNoRow; list_ = other.store().next(list_)) {
        const int64_t stored = TimeOf(list_, 1 - input_);
        const int64_t difference = input_ == 0 ? stored - times[row] : times[row] - stored;
        if (difference < bounds_.lower_ms || difference > bounds_.upper_ms) continue;
        if (output_.size() >= kJoinPairsMax) {
          ARROW_RETURN_NOT_OK(output_.Flush(arriving_, other.store(), input_, out));
          if (!out.has_room()) return Progress::kMoreOutput;
        }
        output_.Add(row, list_);
      }
      in_list_ = false;
    }
    ARROW_RETURN_NOT_OK(output_.Flush(arriving_, other.store(), input_, out));
    arriving_ = {};
    return Progress::kDone;
  }

  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    watermark_ = watermark.millis;
    // Pruning walks all state: not at every small step of time.
    if (watermark_ >= prune_at_) {
      for (int side = 0; side < 2; ++side) {
        ARROW_RETURN_NOT_OK(sides_[static_cast<size_t>(side)]->Prune(
            [this, side](RowId id) { return WaitsUntil(side, TimeOf(id, side)) <= watermark_; }));
      }
      metrics_->state_bytes.Set(sides_[0]->size_bytes() + sides_[1]->size_bytes());
      prune_at_ = SaturatingAdd(watermark_,
                                std::max<int64_t>(1, (bounds_.upper_ms - bounds_.lower_ms) / 2));
    }
    const int64_t delay = std::max<int64_t>({0, bounds_.upper_ms, -bounds_.lower_ms});
    const int64_t held =
        watermark_ == kWatermarkMax ? kWatermarkMax : SaturatingAdd(watermark_, -delay);
    ARROW_RETURN_NOT_OK(out.Emit(Watermark{held}));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    to.PutInt64("watermark", watermark_);
    ARROW_RETURN_NOT_OK(sides_[0]->Snapshot(to));
    return sides_[1]->Snapshot(to);
  }
  arrow::Status Restore(const SnapshotReader& from) override {
    ARROW_ASSIGN_OR_RAISE(watermark_, from.GetInt64("watermark"));
    ARROW_RETURN_NOT_OK(sides_[0]->Restore(from));
    return sides_[1]->Restore(from);
  }
  StateCursor ReadState(std::optional<StateKey> only) override {
    return ReadSides(*sides_[0], *sides_[1], std::move(only));
  }

 private:
  const int64_t* Times(const arrow::RecordBatch& batch, int side) const {
    return batch.column_data(bounds_.time[static_cast<size_t>(side)])->GetValues<int64_t>(1);
  }
  int64_t TimeOf(RowId id, int side) const {
    const RowStore& store = sides_[static_cast<size_t>(side)]->store();
    const RowRef row = store.Ref(id);
    return Times(*row.batch, side)[row.row];
  }
  // The greatest time of the other side that a row of `side` at `time` can meet.
  int64_t WaitsUntil(int side, int64_t time) const {
    return side == 0 ? SaturatingAdd(time, bounds_.upper_ms)
                     : SaturatingAdd(time, -bounds_.lower_ms);
  }

  std::array<std::unique_ptr<RowLists>, 2> sides_;
  JoinOutput output_;
  Bounds bounds_;
  OperatorMetrics* metrics_;
  int64_t watermark_ = kWatermarkMin;
  int64_t prune_at_ = kWatermarkMin;  // Rebuilt on restore.
  // Only while a batch is worked off.
  Batch arriving_;
  int input_ = 0;
  EncodedKeys keys_;
  std::vector<int32_t> rows_;
  std::vector<RowId> heads_;  // For each of them the other side's list.
  std::vector<int32_t> kept_;
  size_t at_ = 0;
  RowId list_ = kNoRow;
  bool in_list_ = false;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(const std::string type, node.String("joinType"));
  if (type != "inner") {
    return UserError("unsupported-join", type,
                     "Only inner interval joins are supported as yet, this is a " + type + " join");
  }
  Bounds bounds{};
  ARROW_ASSIGN_OR_RAISE(bounds.time[0], node.Column("leftTime", 0));
  ARROW_ASSIGN_OR_RAISE(bounds.time[1], node.Column("rightTime", 1));
  ARROW_ASSIGN_OR_RAISE(bounds.lower_ms, node.Int("lowerMs"));
  ARROW_ASSIGN_OR_RAISE(bounds.upper_ms, node.Int("upperMs"));
  for (size_t side = 0; side < 2; ++side) {
    const Type& time = node.input_schemas[side][static_cast<size_t>(bounds.time[side])].type;
    if (!time.is_timestamp() || time.precision > 3) return node.Error("times must be TIMESTAMP(3)");
  }
  ARROW_ASSIGN_OR_RAISE(auto left_keys, node.Columns("leftKeys", 0));
  ARROW_ASSIGN_OR_RAISE(auto right_keys, node.Columns("rightKeys", 1));
  if (left_keys.size() != right_keys.size()) return node.Error("keys differ in number");
  ARROW_ASSIGN_OR_RAISE(auto condition, BindJoinCondition(node, context));
  std::array<std::unique_ptr<RowLists>, 2> sides = {
      std::make_unique<RowLists>("left", node.input_schemas[0], std::move(left_keys),
                                 context.tiers),
      std::make_unique<RowLists>("right", node.input_schemas[1], std::move(right_keys),
                                 context.tiers)};
  JoinOutput output(node.input_schemas[0], node.input_schemas[1], ToArrow(node.schema),
                    std::move(condition));
  return std::make_unique<IntervalJoin>(std::move(sides), std::move(output), bounds,
                                        context.metrics);
}

}  // namespace

extern const OperatorSpec kIntervalJoin{
    .name = "interval_join", .num_inputs = 2, .stateful = true, .make = &Make};

}  // namespace sabot
