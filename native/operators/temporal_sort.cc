// temporal_sort: rows in order of event time, then of further columns, in one subtask.
//
//   by t      in    t = 9  4  W(9)
//             out             t = 4  9  W(9)
//
// A row is late, and dropped, once a row of its time or a later one has been emitted; being behind
// the watermark alone does not make it late, as in Flink.
//
// State: the rows that the watermark has not reached, the watermark, the last time emitted.
#include <algorithm>
#include <numeric>

#include "operators/state_rows.h"
#include "state/row_store.h"
#include "state/sort_key.h"
#include "stream/operator.h"

namespace sabot {
namespace {

constexpr size_t kPieceRows = 8192;

class TemporalSort final : public Operator {
 public:
  TemporalSort(std::vector<SortKey> order_by, const Schema& schema, OperatorContext& context)
      : order_by_(std::move(order_by)),
        store_(ToArrow(schema), context.tiers),
        metrics_(context.metrics) {}

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    ARROW_RETURN_NOT_OK(Keep(in, store_.Append(in.rows)));
    ARROW_RETURN_NOT_OK(out.EmitLate(0, in, late_));
    return Progress::kDone;
  }

  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    watermark_ = watermark.millis;
    const auto due_end =
        std::partition(waiting_.begin(), waiting_.end(),
                       [this](const Waiting& row) { return row.time <= watermark_; });
    due_.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(due_end));
    waiting_.erase(waiting_.begin(), due_end);
    std::sort(due_.begin(), due_.end(), [](const Waiting& a, const Waiting& b) {
      return a.key != b.key ? a.key < b.key : a.row < b.row;
    });
    if (!due_.empty()) last_emitted_ = due_.back().time;
    emitted_ = 0;
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    while (emitted_ < due_.size()) {
      if (!out.has_room()) return Progress::kMoreOutput;
      const size_t count = std::min(kPieceRows, due_.size() - emitted_);
      std::vector<RowId> rows(count);
      for (size_t i = 0; i < count; ++i) rows[i] = due_[emitted_ + i].row;
      ARROW_ASSIGN_OR_RAISE(auto sorted, store_.Gather(rows));
      for (const RowId row : rows) store_.Release(row);
      emitted_ += count;
      ARROW_RETURN_NOT_OK(out.Emit(Batch{std::move(sorted), nullptr, kNoSplit}));
    }
    due_.clear();
    ARROW_RETURN_NOT_OK(Compact());
    metrics_->state_bytes.Set(store_.memory_bytes());
    ARROW_RETURN_NOT_OK(out.Emit(Watermark{watermark_}));
    return Progress::kDone;
  }

  arrow::Status Snapshot(SnapshotWriter& to) override {
    to.PutInt64("watermark", watermark_);
    to.PutInt64("last_emitted", last_emitted_);
    return store_.Snapshot("rows", to);
  }

  arrow::Status Restore(const SnapshotReader& from) override {
    if (from.Has("watermark")) {
      ARROW_ASSIGN_OR_RAISE(watermark_, from.GetInt64("watermark"));
    }
    if (from.Has("last_emitted")) {
      ARROW_ASSIGN_OR_RAISE(last_emitted_, from.GetInt64("last_emitted"));
    }
    std::vector<int32_t> rows;
    return store_.Restore("rows", from, [&](RowStore::Restored& restored) {
      rows.resize(static_cast<size_t>(restored.batch().num_rows()));
      std::iota(rows.begin(), rows.end(), 0);
      ARROW_ASSIGN_OR_RAISE(const RowId first, restored.Append(rows));
      return Keep(restored.batch(), first);
    });
  }

  StateCursor ReadState(std::optional<StateKey>) override {
    return [this,
            at = RowCursor(std::nullopt)](size_t rows_max) mutable -> arrow::Result<StatePiece> {
      StatePiece piece;
      ARROW_ASSIGN_OR_RAISE(const auto rows, store_.Gather(at.Next(store_, rows_max, &piece.last)));
      piece.columns = rows->columns();
      return piece;
    };
  }

 private:
  struct Waiting {
    int64_t time;
    RowId row;
    std::string key;
  };

  // `first`: the id of the batch's first row in the store. What is too late goes to late_.
  arrow::Status Keep(const Batch& in, RowId first) {
    const int64_t* times = in.rows->column_data(order_by_[0].column)->GetValues<int64_t>(1);
    late_.clear();
    for (int64_t row = 0; row < in.num_rows(); ++row) {
      const RowId id = first + static_cast<uint64_t>(row);
      if (times[row] <= last_emitted_) {
        late_.push_back(static_cast<int32_t>(row));
        store_.Release(id);
        continue;
      }
      Waiting waiting{times[row], id, {}};
      ARROW_RETURN_NOT_OK(EncodeSortKey(in, row, order_by_, &waiting.key));
      waiting_.push_back(std::move(waiting));
    }
    return arrow::Status::OK();
  }

  arrow::Status Compact() {
    if (!store_.WantsCompaction()) return arrow::Status::OK();
    std::vector<RowId> live;
    for (const Waiting& row : waiting_) live.push_back(row.row);
    std::sort(live.begin(), live.end());
    ARROW_ASSIGN_OR_RAISE(const RowMoves moves, store_.Compact(std::move(live)));
    for (Waiting& row : waiting_) row.row = moves.To(row.row);
    return arrow::Status::OK();
  }

  std::vector<SortKey> order_by_;
  RowStore store_;
  OperatorMetrics* metrics_;
  std::vector<int32_t> late_;  // Scratch.
  std::vector<Waiting> waiting_;
  int64_t watermark_ = kWatermarkMin;
  int64_t last_emitted_ = kWatermarkMin;
  // While a watermark is worked off.
  std::vector<Waiting> due_;
  size_t emitted_ = 0;
};

arrow::Result<std::unique_ptr<Operator>> Make(const PlanNode& node, OperatorContext& context) {
  ARROW_ASSIGN_OR_RAISE(auto order_by, node.SortKeys("orderBy"));
  if (order_by.empty()) return node.Error("orderBy must begin with the event time");
  const Type& time = node.input_schemas[0][static_cast<size_t>(order_by[0].column)].type;
  if (!time.is_timestamp() || time.precision > 3 || order_by[0].descending) {
    return node.Error("orderBy must begin with the event time, ascending");
  }
  return std::make_unique<TemporalSort>(std::move(order_by), node.schema, context);
}

}  // namespace

extern const OperatorSpec kTemporalSort{
    .name = "temporal_sort", .num_inputs = 1, .stateful = true, .make = &Make};

}  // namespace sabot
