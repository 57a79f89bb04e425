// temporal_sort: rows in order of event time, then of further columns, in one subtask.
//
//   by t      in    t = 9  4  W(9)
//             out             t = 4  9  W(9)
//
// A row is late, and dropped, once a row of its time or a later one has been emitted; being behind
// the watermark alone does not make it late, as in Flink.
//
// State: the rows that the watermark has not reached, the watermark, the last time emitted.
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "operators/state_rows.h"
#include "state/cold_queue.h"
#include "state/row_store.h"
#include "state/sort_key.h"
#include "stream/operator.h"

namespace sabot {
namespace {

constexpr size_t kPieceRows = 8192;

class TemporalSort final : public Operator, private Resident {
 public:
  TemporalSort(std::vector<SortKey> order_by, const Schema& schema, OperatorContext& context)
      : order_by_(std::move(order_by)),
        tiers_(context.tiers != nullptr && context.tiers->limited() ? context.tiers : nullptr),
        store_(ToArrow(schema), context.tiers),
        waiting_on_disk_("waiting", context.tiers),
        metrics_(context.metrics) {
    if (tiers_ != nullptr) tiers_->Add(this);
  }
  ~TemporalSort() override {
    if (tiers_ != nullptr) tiers_->Remove(this);
  }
  TemporalSort(const TemporalSort&) = delete;
  TemporalSort& operator=(const TemporalSort&) = delete;

  arrow::Result<Progress> Process(int, const Batch& in, Collector& out) override {
    ARROW_RETURN_NOT_OK(Keep(in, store_.Append(in.rows)));
    ARROW_RETURN_NOT_OK(out.EmitLate(0, in, late_));
    return Progress::kDone;
  }

  arrow::Result<Progress> OnWatermark(Watermark watermark, Collector& out) override {
    watermark_ = watermark.millis;
    ARROW_RETURN_NOT_OK(EncodeDueEnd());
    const auto due_end =
        std::partition(waiting_.begin(), waiting_.end(),
                       [this](const Waiting& row) { return row.time <= watermark_; });
    due_.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(due_end));
    waiting_.erase(waiting_.begin(), due_end);
    std::sort(due_.begin(), due_.end(),
              [](const Waiting& a, const Waiting& b) { return a.key < b.key; });
    emitted_ = 0;
    return Resume(out);
  }

  arrow::Result<Progress> Resume(Collector& out) override {
    while (true) {
      if (!out.has_room()) return Progress::kMoreOutput;
      ARROW_RETURN_NOT_OK(TakeDue());
      if (rows_.empty()) break;
      ARROW_ASSIGN_OR_RAISE(auto sorted, store_.Gather(rows_));
      const int64_t* times = sorted->column_data(order_by_[0].column)->GetValues<int64_t>(1);
      last_emitted_ = times[sorted->num_rows() - 1];
      for (const RowId row : rows_) store_.Release(row);
      ARROW_RETURN_NOT_OK(out.Emit(Batch{std::move(sorted), nullptr, kNoSplit}));
    }
    due_.clear();
    waiting_bytes_ = 0;
    for (const Waiting& row : waiting_) waiting_bytes_ += BytesOf(row);
    // Rows are known by their numbers, which they keep.
    if (store_.WantsCompaction()) ARROW_RETURN_NOT_OK(store_.Compact().status());
    metrics_->state_bytes.Set(store_.memory_bytes() + waiting_bytes_);
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
    return
        [this, at = RowCursor(std::nullopt)](size_t rows_max) mutable -> arrow::Result<StatePiece> {
          StatePiece piece;
          const std::vector<RowId> ids = at.Next(std::as_const(store_), rows_max, &piece.last);
          ARROW_ASSIGN_OR_RAISE(const auto rows, store_.Gather(ids));
          piece.columns = rows->columns();
          return piece;
        };
  }

 private:
  struct Waiting {
    int64_t time;
    std::string key;  // Of the order, then the row's number.
  };
  static int64_t BytesOf(const Waiting& row) {
    return static_cast<int64_t>(sizeof(Waiting) + row.key.capacity() + 1);
  }

  int64_t memory_bytes() const override { return waiting_bytes_; }

  // What waits is in nobody's way until its time comes.
  arrow::Result<int64_t> Spill(int64_t) override {
    if (!tiers_->spills()) return 0;
    for (const Waiting& row : waiting_) ARROW_RETURN_NOT_OK(waiting_on_disk_.Put(row.key));
    waiting_.clear();
    waiting_.shrink_to_fit();
    return std::exchange(waiting_bytes_, 0);
  }

  // The sort key of the first time that is not due.
  arrow::Status EncodeDueEnd() {
    due_end_.assign(1, static_cast<char>(UINT8_MAX));
    if (watermark_ == kWatermarkMax) return arrow::Status::OK();
    due_end_.clear();
    const std::vector<int64_t> times = {watermark_ + 1};
    const auto& field = store_.schema()->field(order_by_[0].column);
    const auto column = arrow::MakeArray(
        arrow::ArrayData::Make(field->type(), 1, {nullptr, arrow::Buffer::FromVector(times)}, 0));
    const Batch row{arrow::RecordBatch::Make(arrow::schema({field}), 1, {column}), nullptr,
                    kNoSplit};
    return EncodeSortKey(row, 0, {{.column = 0}}, &due_end_);
  }

  // The next rows in order, of those in memory and on disk: a piece of rows_.
  arrow::Status TakeDue() {
    rows_.clear();
    while (rows_.size() < kPieceRows) {
      if (next_taken_ == taken_.size()) {
        taken_.clear();
        next_taken_ = 0;
        ARROW_RETURN_NOT_OK(waiting_on_disk_.Take(
            kPieceRows, [this](std::string_view key) { return key < due_end_; }, &taken_));
      }
      const bool any_in_memory = emitted_ < due_.size();
      const bool any_taken = next_taken_ < taken_.size();
      if (!any_in_memory && !any_taken) break;
      const bool from_disk =
          any_taken && (!any_in_memory || taken_[next_taken_] < due_[emitted_].key);
      const std::string& key = from_disk ? taken_[next_taken_++] : due_[emitted_++].key;
      rows_.push_back(store_.IdOf(SequenceIn(key)));
    }
    return arrow::Status::OK();
  }

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
      Waiting waiting{times[row], {}};
      ARROW_RETURN_NOT_OK(EncodeSortKey(in, row, order_by_, &waiting.key));
      AppendSequence(store_.sequence(id), &waiting.key);
      waiting_bytes_ += BytesOf(waiting);
      waiting_.push_back(std::move(waiting));
    }
    return arrow::Status::OK();
  }

  std::vector<SortKey> order_by_;
  StateTiers* tiers_;
  RowStore store_;
  std::vector<Waiting> waiting_;  // In memory. Rebuilt on restore, as what is on disk.
  int64_t waiting_bytes_ = 0;
  ColdQueue waiting_on_disk_;
  OperatorMetrics* metrics_;
  std::vector<int32_t> late_;  // Scratch.
  int64_t watermark_ = kWatermarkMin;
  int64_t last_emitted_ = kWatermarkMin;
  // While a watermark is worked off.
  std::vector<Waiting> due_;
  size_t emitted_ = 0;
  std::string due_end_;             // No key of a row that is due reaches it.
  std::vector<std::string> taken_;  // From disk.
  size_t next_taken_ = 0;
  std::vector<RowId> rows_;
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
